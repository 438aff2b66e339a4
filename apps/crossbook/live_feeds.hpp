// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "crossbook/shard/live.hpp"
#include "crossbook/sys/outcome.hpp"
#include "crossbook/venue/streams.hpp"
#include "live_config.hpp"

namespace crossbook::app {

struct LiveRow {
  FeedId feed{};
  const venue::StreamDialect* dialect = nullptr;
};

// A feed by its own name (bybit-spot), or the first live feed of a venue (bybit). Errors name what there is.
[[nodiscard]] sys::Outcome<LiveRow> find_live_feed(std::string_view name);

// A symbol as the feed spells it: BTC/USDT is translated; other text is taken for the venue's own where `own` allows
// it.
[[nodiscard]] sys::Outcome<std::string> raw_symbol_at(const LiveRow& row, const std::string& symbol, bool own);

// REQUIRES: mistakes_of(config) is empty. Errors: certificates that cannot be read.
[[nodiscard]] sys::Outcome<shard::LiveOptions> live_options(const LiveConfig& config);

}  // namespace crossbook::app
