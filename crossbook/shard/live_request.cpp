// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_request.hpp"

#include <algorithm>
#include <memory>
#include <random>

#include "crossbook/shard/live.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/url.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// Whether the market of one of the venues has it: spot pairs or contracts.
bool is_traded(const LiveRequest& request, const std::string& symbol) {
  return std::ranges::any_of(request.venues, [&](const auto& named) {
    const auto row = find_live_feed(named.first);
    return row && venue::raw_symbol(*row->dialect, symbol);
  });
}

// The symbols of all venues are unified ones, and each venue takes those of its market; its own may be in its spelling.
template <class Take>
sys::Status for_each_raw_symbol(const LiveRequest& request, const LiveVenue& venue, const LiveRow& row, Take&& take) {
  for (const auto* symbols : {&request.symbols, &venue.symbols})
    for (const std::string& symbol : *symbols) {
      const bool own = symbols == &venue.symbols;
      const auto raw = raw_symbol_at(row, symbol, own);
      if (!raw && !own && is_traded(request, symbol)) continue;
      if (auto done = take(raw); !done) return done;
    }
  return {};
}

// What a feed lists, for people.
struct Kind {
  std::string_view name;
  std::string_view spelling;
  std::string_view example;
};
Kind kind_of(const LiveRow& row) {
  switch (row.dialect->spelling.contract) {
    case venue::Contract::none: return {"spot pair", "BASE/QUOTE", "BTC/USDT"};
    case venue::Contract::linear: return {"linear contract", "BASE/QUOTE:SETTLE", "BTC/USDT:USDT"};
    case venue::Contract::inverse: return {"inverse contract", "BASE/QUOTE:BASE", "BTC/USD:BTC"};
  }
  return {};
}

sys::Outcome<std::shared_ptr<sys::TlsContext>> whom_to_trust(const LiveVenue& venue) {
  return venue.ca_file.empty() ? sys::TlsContext::client() : sys::TlsContext::client_trusting_file(venue.ca_file);
}

ConnectorOptions connector_of(const LiveRequest& request, const LiveVenue& venue) {
  ConnectorOptions connector;
  connector.depth = venue.depth;
  connector.streams_max = venue.streams_max;
  connector.shares = request.shares;
  connector.seed = std::random_device()();
  using enum venue::StreamKind;
  connector.kinds[static_cast<std::size_t>(trades)] = venue.trades.value_or(true);
  connector.kinds[static_cast<std::size_t>(bbo)] = venue.bbo.value_or(false);
  return connector;
}

}  // namespace

sys::Outcome<LiveRow> find_live_feed(std::string_view name) {
  const auto row_of = [](std::string_view feed) -> LiveRow {
    return {venue::find_feed(feed).value(), venue::find_streams(feed)};
  };
  if (venue::find_streams(name) != nullptr) return row_of(name);
  std::string known;
  for (const venue::StreamDialect* row : venue::stream_dialects()) {
    if (venue::feed(venue::find_feed(row->feed).value()).venue == name) return row_of(row->feed);
    known.append(" ").append(row->feed);
  }
  const bool recorded_only = venue::find_feed(name).has_value();
  return sys::fault(quoted(name) + " is " + (recorded_only ? "read from captures only" : "no venue that is known") +
                    "; there are" + known);
}

std::string example_symbol(const LiveRow& row) { return std::string(kind_of(row).example); }

sys::Outcome<std::string> raw_symbol_at(const LiveRow& row, const std::string& symbol, bool own) {
  if (const auto raw = venue::raw_symbol(*row.dialect, symbol)) return *raw;
  if (own && !symbol.empty()) return symbol;
  const auto [name, spelling, example] = kind_of(row);
  return sys::fault(quoted(symbol)
                        .append(" is no ")
                        .append(name)
                        .append("; write ")
                        .append(spelling)
                        .append(" as in ")
                        .append(example));
}

std::vector<LiveMistake> mistakes_of(const LiveRequest& request) {
  std::vector<LiveMistake> mistakes;
  for (const auto& [name, venue] : request.venues) {
    const auto note = [&](std::string what) { mistakes.push_back({name, std::move(what)}); };
    const auto row = find_live_feed(name);
    if (!row) {
      note(row.error());
      continue;
    }
    if (request.symbols.empty() && venue.symbols.empty()) note("no symbols, neither here nor for all venues");
    std::size_t asked = 0;
    (void)for_each_raw_symbol(request, venue, *row, [&](const sys::Outcome<std::string>& raw) -> sys::Status {
      ++asked;
      if (!raw) note(raw.error());
      return {};
    });
    if (asked == 0 && !request.symbols.empty())
      note("none of the symbols is of its market: its are like " + std::string(kind_of(*row).example));
    if (!venue.endpoint.empty())
      if (const auto endpoint = sys::parse_endpoint(venue.endpoint, 443); !endpoint)
        note("endpoint " + endpoint.error());
    if (!venue.ca_file.empty())
      if (const auto tls = whom_to_trust(venue); !tls) note("ca_file " + tls.error());
  }
  if (request.venues.empty()) mistakes.push_back({"", "no venue"});
  return mistakes;
}

sys::Outcome<LiveOptions> live_options(const LiveRequest& request) {
  LiveOptions options;
  std::shared_ptr<sys::TlsContext> of_machine;
  for (const auto& [name, venue] : request.venues) {
    const auto row = find_live_feed(name);
    if (!row) return sys::fault(row.error());
    LiveFeed& feed = options.feeds.emplace_back();
    feed.feed = row->feed;
    const auto taken = for_each_raw_symbol(request, venue, *row, [&](const sys::Outcome<std::string>& raw) {
      if (!raw) return sys::Status(sys::fault(raw.error()));
      if (std::ranges::find(feed.raw_symbols, *raw) == feed.raw_symbols.end()) feed.raw_symbols.push_back(*raw);
      return sys::Status();
    });
    if (!taken) return sys::fault(taken.error());
    feed.connector = connector_of(request, venue);
    feed.deflate = venue.deflate;
    if (!venue.endpoint.empty()) feed.dial = sys::parse_endpoint(venue.endpoint, 443).value();
    // Reading this machine's authorities takes a while: once is enough.
    if (venue.ca_file.empty() && of_machine != nullptr) {
      feed.tls = of_machine;
      continue;
    }
    auto tls = whom_to_trust(venue);
    if (!tls) return sys::fault(name + ": " + tls.error());
    feed.tls = *tls;
    if (venue.ca_file.empty()) of_machine = *tls;
  }
  return options;
}

}  // namespace crossbook::shard
