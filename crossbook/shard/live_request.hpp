// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/sys/outcome.hpp"
#include "crossbook/venue/streams.hpp"

// What to connect to, as people say it: venues, symbols, and what is special about each.
namespace crossbook::shard {

struct LiveOptions;

struct LiveVenue {
  std::vector<std::string> symbols;  // beside those of all venues: BTC/USD, or as the venue spells it
  std::uint32_t depth = 0;           // levels a side; 0: the feed's own choice
  std::optional<bool> trades;
  std::optional<bool> bbo;
  std::string endpoint;           // host:port to dial instead of the venue's own
  std::string ca_file;            // whom to trust instead of this machine's authorities
  bool deflate = false;           // permessage-deflate
  std::uint32_t streams_max = 0;  // on one connection; 0: the feed's limit
};

struct LiveRequest {
  std::vector<std::string> symbols;         // at every venue whose market has it: BTC/USDT, BTC/USDT:USDT
  std::map<std::string, LiveVenue> venues;  // by feed or venue: kraken, bybit-spot
  std::int32_t shares = 1;                  // processes behind one address that share the venues' limits
};

struct LiveMistake {
  std::string venue;  // as it was asked for; empty: of the whole request
  std::string what;   // a sentence
};

struct LiveRow {
  FeedId feed{};
  const venue::StreamDialect* dialect = nullptr;
};

// A feed by its own name (bybit-spot), or the first live feed of a venue (bybit). Errors name what there is.
[[nodiscard]] sys::Outcome<LiveRow> find_live_feed(std::string_view name);

// Some symbol of the feed's market: BTC/USDT, BTC/USDT:USDT or BTC/USD:BTC.
[[nodiscard]] std::string example_symbol(const LiveRow& row);

// A symbol as the feed spells it: BTC/USDT is translated; other text is taken for the venue's own where `own` allows
// it.
[[nodiscard]] sys::Outcome<std::string> raw_symbol_at(const LiveRow& row, const std::string& symbol, bool own);

// All of them: feeds that are not known or have no live session, symbols that are none, no symbols or no venues at all,
// an endpoint that is no host and port, a CA file that cannot be read.
[[nodiscard]] std::vector<LiveMistake> mistakes_of(const LiveRequest& request);

// REQUIRES: mistakes_of(request) is empty. Errors: certificates that cannot be read.
[[nodiscard]] sys::Outcome<LiveOptions> live_options(const LiveRequest& request);

}  // namespace crossbook::shard
