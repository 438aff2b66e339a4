// SPDX-License-Identifier: Apache-2.0
#include "live_feeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "crossbook/venue/registry.hpp"

namespace crossbook::app {

sys::Outcome<LiveRow> find_live_feed(std::string_view name) {
  const auto row_of = [](std::string_view feed) -> LiveRow {
    return {venue::find_feed(feed).value(), venue::find_streams(feed)};
  };
  if (venue::find_streams(name) != nullptr) return row_of(name);
  std::string known;
  for (const venue::StreamDialect* row : venue::stream_dialects()) {
    if (venue::feed(venue::find_feed(row->feed).value()).venue == name) return row_of(row->feed);
    known += fmt::format(" {}", row->feed);
  }
  const bool recorded_only = venue::find_feed(name).has_value();
  return sys::fault(fmt::format("\"{}\" is {}; there are{}", name,
                                recorded_only ? "read from captures only" : "no venue that is known", known));
}

sys::Outcome<std::string> raw_symbol_at(const LiveRow& row, const std::string& symbol, bool own) {
  if (const auto raw = venue::raw_symbol(*row.dialect, symbol)) return *raw;
  if (own && !symbol.empty()) return symbol;
  return sys::fault(fmt::format("\"{}\" is no spot pair; write BASE/QUOTE as in BTC/USDT", symbol));
}

sys::Outcome<shard::LiveOptions> live_options(const LiveConfig& config) {
  shard::LiveOptions options;
  std::shared_ptr<sys::TlsContext> of_machine;
  for (const auto& [name, venue] : config.venues) {
    const auto row = find_live_feed(name);
    if (!row) return sys::fault(row.error());
    shard::LiveFeed& feed = options.feeds.emplace_back();
    feed.feed = row->feed;
    for (const auto* symbols : {&config.symbols, &venue.symbols}) {
      for (const std::string& symbol : *symbols) {
        const auto raw = raw_symbol_at(*row, symbol, symbols == &venue.symbols);
        if (!raw) return sys::fault(raw.error());
        if (std::ranges::find(feed.raw_symbols, *raw) == feed.raw_symbols.end()) feed.raw_symbols.push_back(*raw);
      }
    }
    feed.connector.depth = venue.depth;
    feed.connector.streams_max = venue.streams_max;
    feed.connector.shares = config.shares;
    feed.connector.seed = std::random_device()();
    using enum venue::StreamKind;
    feed.connector.kinds[static_cast<std::size_t>(trades)] = venue.trades.value_or(true);
    feed.connector.kinds[static_cast<std::size_t>(bbo)] = venue.bbo.value_or(false);
    feed.deflate = venue.deflate;
    if (!venue.endpoint.empty()) feed.dial = sys::parse_endpoint(venue.endpoint, 443).value();
    if (!venue.ca_file.empty() || of_machine == nullptr) {
      auto tls =
          venue.ca_file.empty() ? sys::TlsContext::client() : sys::TlsContext::client_trusting_file(venue.ca_file);
      if (!tls) return sys::fault(fmt::format("{}: {}", name, tls.error()));
      feed.tls = *tls;
      if (venue.ca_file.empty()) of_machine = *tls;
    } else {
      feed.tls = of_machine;
    }
  }
  return options;
}

}  // namespace crossbook::app
