// SPDX-License-Identifier: Apache-2.0
// What each fault of docs/fakex.md does to an honest client: the table there is what is compared with.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "client.hpp"
#include "crossbook/market/symbols.hpp"

namespace crossbook::fakex {
namespace {

constexpr std::size_t faulted = 0;
constexpr std::size_t symbols = 3;

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> parts;
  for (std::size_t at = row.find('|'); at != std::string::npos;) {
    const std::size_t end = row.find('|', at + 1);
    if (end == std::string::npos) break;
    std::string cell = row.substr(at + 1, end - at - 1);
    std::erase(cell, '`');
    const std::size_t first = cell.find_first_not_of(' ');
    parts.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
    at = end;
  }
  return parts;
}

// The table of docs/fakex.md: by fault, by feed. Its first row names the feeds.
using Table = std::map<std::string, std::map<std::string, std::string>>;

Table documented() {
  std::ifstream file(CROSSBOOK_SOURCE_DIR "/docs/fakex.md");
  Table table;
  std::vector<std::string> feeds;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> row = cells(line);
    if (row.empty()) {
      feeds.clear();
    } else if (row[0] == "fault" && row.size() > 5) {
      feeds = row;
    } else if (!feeds.empty() && row.size() == feeds.size() && !row[0].starts_with("-")) {
      for (std::size_t i = 1; i < row.size(); ++i) table[row[0]][feeds[i]] = row[i];
    }
  }
  return table;
}

// One strike of the fault, or a few seconds of it, while the books are ready.
std::string rule_of(const market::FaultKindRow& kind, const std::string& symbol) {
  const std::string one = ":symbol=" + symbol;
  std::string rule(kind.name);
  using enum market::FaultScope;
  using enum market::FaultName;
  switch (kind.scope) {
    case message: rule += one + ":from=10s:rate=1:count=1"; break;
    case subscription: rule += one + ":rate=1:count=1"; break;
    case request:
      rule += kind.fault == stale_snapshot || kind.fault == wrong_snapshot ? one + ":count=1" : ":count=2";
      break;
    case handshake: rule += ":count=2"; break;
    case period:
      rule += kind.fault == symbol_halt || kind.fault == tick_change || kind.fault == delisting ? one + ":from=10s"
                                                                                                : ":from=10s";
      break;
  }
  if (kind.fault == maintenance || kind.fault == symbol_halt || kind.fault == clock_step) rule += ":for=5s";
  return rule;
}

struct Outcome {
  std::string faulted;
  std::string others;
  bool healed = false;
  std::int64_t struck = 0;
};

std::string text_of(const Client& client, std::size_t listing) {
  std::string text;
  for (const std::string& state : client.history(listing)) text += (text.empty() ? "" : ", ") + state;
  if (text.empty()) text = "ready";
  const bool wrong_now = client.state(listing) == "ready" && !client.is_right(listing);
  return client.was_wrong(listing) || wrong_now ? text + ", wrong" : text;
}

Outcome play(std::string_view feed, const market::FaultKindRow& kind) {
  market::EndpointOptions options;
  options.instruments = market::first_instruments(symbols, market::contract_of(feed));
  options.venue = market::venue_listing(feed, options.instruments).value();
  options.truths = true;
  options.faults = {market::parse_fault(rule_of(kind, options.instruments[faulted].symbol)).value()};
  Client client(options);
  client.run(seconds(45));
  if (kind.fault == market::FaultName::half_open) client.run(seconds(210));
  if (kind.fault == market::FaultName::delisting) client.run(seconds(130));
  Outcome outcome{.faulted = text_of(client, faulted), .others = {}};
  for (std::size_t i = 0; i < symbols; ++i) {
    if (i != faulted) outcome.others += (outcome.others.empty() ? "" : "; ") + text_of(client, i);
    outcome.healed = (i == 0 || outcome.healed) && client.is_right(i);
  }
  outcome.struck = client.endpoint.struck()[static_cast<std::size_t>(kind.fault)];
  EXPECT_GT(client.compared(), 50) << feed << " " << kind.name;
  return outcome;
}

// Faults that reach a whole connection or a whole venue.
bool reaches_all(std::string_view feed, const market::FaultKindRow& kind) {
  using enum market::FaultName;
  for (const market::FaultName fault : {delay, slow_drip, reset, half_open, tls_failure, maintenance, clock_skew,
                                        clock_step, http_429, http_5xx, html_body})
    if (kind.fault == fault) return true;
  // A cut message may name no book: then all of its connection that can prove nothing are in doubt.
  if (kind.fault == truncate && (feed == "bitstamp" || feed == "coinbase-exchange")) return true;
  // Whoever fetches by REST cannot ask for one stream again: the test's client connects anew.
  if (kind.fault == ack_then_silence && market::find_protocol(feed)->rest) return true;
  return market::find_protocol(feed)->counts_connection;
}

class EachFault : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Fakex, EachFault, testing::Range(std::size_t{0}, market::fault_kinds().size()),
                         [](const auto& which) { return std::string(market::fault_kinds()[which.param].name); });

TEST_P(EachFault, EndsAsTheDocumentsSayAndLeavesTheOtherSymbolsAlone) {
  const market::FaultKindRow& kind = market::fault_kinds()[GetParam()];
  Table table = documented();
  for (const std::string_view feed : market::endpoint_feeds()) {
    if (feed == "binance-us") continue;  // Binance's words
    const Outcome outcome = play(feed, kind);
    const std::string promised = table[std::string(kind.name)][std::string(feed)];
    const bool for_good = !outcome.healed && !outcome.faulted.ends_with("wrong");
    const std::string said = outcome.struck == 0 ? "-" : outcome.faulted + (for_good ? ", for good" : "");
    EXPECT_EQ(said, promised) << feed << " " << kind.name;
    if (reaches_all(feed, kind)) continue;
    EXPECT_EQ(outcome.others, "ready; ready") << feed << " " << kind.name;
  }
}

}  // namespace
}  // namespace crossbook::fakex
