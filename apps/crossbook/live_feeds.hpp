// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/shard/live.hpp"
#include "crossbook/shard/live_request.hpp"
#include "crossbook/sys/outcome.hpp"
#include "live_config.hpp"

namespace crossbook::app {

// The part of the configuration that says what to connect to.
[[nodiscard]] shard::LiveRequest request_of(const LiveConfig& config);

// REQUIRES: mistakes_of(config) is empty. Errors: certificates that cannot be read.
[[nodiscard]] sys::Outcome<shard::LiveOptions> live_options(const LiveConfig& config);

}  // namespace crossbook::app
