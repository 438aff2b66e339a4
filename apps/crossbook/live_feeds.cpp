// SPDX-License-Identifier: Apache-2.0
#include "live_feeds.hpp"

namespace crossbook::app {

shard::LiveRequest request_of(const LiveConfig& config) {
  return {.symbols = config.symbols, .venues = config.venues, .shares = config.shares};
}

sys::Outcome<shard::LiveOptions> live_options(const LiveConfig& config) {
  return shard::live_options(request_of(config));
}

}  // namespace crossbook::app
