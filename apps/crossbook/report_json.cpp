// SPDX-License-Identifier: Apache-2.0
#include "report_json.hpp"

#include <cmath>

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json reason_json(Reason reason) { return reason == Reason::none ? Json(nullptr) : Json(to_string(reason)); }

Json levels_json(const std::vector<shard::LevelText>& levels) {
  Json rows = Json::array();
  for (const auto& [price, size] : levels) rows.push_back({price, size});
  return rows;
}

Json book_json(const shard::BookReport& book) {
  const book::BookCounters& counters = book.counters;
  return {{"state", to_string(book.state)},
          {"reason", reason_json(book.reason)},
          {"verified", to_string(book.verified)},
          {"levels", {book.bid_levels, book.ask_levels}},
          {"bids", levels_json(book.bids)},
          {"asks", levels_json(book.asks)},
          {"bbo_sha256", book.bbo_sha256},
          {"bbo_changes", book.bbo_changes},
          {"quantity_unit", book.quantity_unit == QuantityUnit::base ? "base" : "contract"},
          {"contract_size", or_null(book.contract_size)},
          {"snapshots", counters.snapshots},
          {"deltas", counters.deltas},
          {"stale_dropped", counters.stale_dropped},
          {"buffered", counters.buffered},
          {"gaps", counters.gaps},
          {"checksum_ok", counters.checksum_ok},
          {"checksum_failed", counters.checksum_failed},
          {"crossed", counters.crossed},
          {"rejected", counters.rejected},
          {"first_seq", or_null(book.first_seq)},
          {"last_seq", or_null(book.last_seq)}};
}

Json consolidated_levels_json(const std::vector<shard::ConsolidatedLevel>& levels) {
  Json rows = Json::array();
  for (const shard::ConsolidatedLevel& level : levels) {
    Json venues = Json::array();
    for (const auto& [name, size] : level.venues) venues.push_back({name, size});
    rows.push_back({level.price, level.size, std::move(venues)});
  }
  return rows;
}

Json consolidated_json(const shard::ConsolidatedReport& book) {
  Json excluded = Json::object();
  for (const auto& [venue, reason] : book.excluded) excluded[venue] = to_string(reason);
  const std::int64_t crossed_us = (book.crossed_time.count() + 500) / 1000;
  return {{"bids", consolidated_levels_json(book.bids)},
          {"asks", consolidated_levels_json(book.asks)},
          {"spread_bps", or_null(book.spread_bps)},
          {"crossed", book.crossed},
          {"locked", book.locked},
          {"excluded", std::move(excluded)},
          {"nbbo_sha256", book.nbbo_sha256},
          {"nbbo_changes", book.nbbo_changes},
          {"changes_leaving_crossed", book.changes_leaving_crossed},
          {"crossed_ms", static_cast<double>(crossed_us) / 1000.0}};
}

template <class Value, class Encode>
Json by_feed_json(const std::map<std::string, std::map<std::string, Value>>& feeds, Encode encode) {
  Json result = Json::object();
  for (const auto& [feed, symbols] : feeds) {
    Json inner = Json::object();
    for (const auto& [symbol, value] : symbols) inner[symbol] = encode(value);
    result[feed] = std::move(inner);
  }
  return result;
}

Json trades_json(const shard::TradeReport& trades) {
  return {{"count", trades.count},
          {"taker_buy", trades.taker_buy},
          {"taker_sell", trades.taker_sell},
          {"volume", trades.volume}};
}

}  // namespace

Json to_json(const shard::ReplayReport& report) {
  Json result = {{"frames", report.frames}};
  result["books"] = by_feed_json(report.books, book_json);
  result["consolidated"] = Json::object();
  for (const auto& [name, book] : report.consolidated) result["consolidated"][name] = consolidated_json(book);
  result["trades"] = by_feed_json(report.trades, trades_json);
  result["venues"] = Json::object();
  for (const auto& [feed, counters] : report.venues)
    result["venues"][feed] = {{"frames", counters.frames},
                              {"unknown", counters.unknown},
                              {"malformed", counters.malformed},
                              {"connection_gaps", counters.connection_gaps}};
  result["errors"] = Json::array();
  for (const shard::ReplayError& error : report.errors)
    result["errors"].push_back({{"file", error.file},
                                {"line", error.line},
                                {"feed", error.feed},
                                {"symbol", or_null(error.symbol)},
                                {"reason", error.reason}});
  return result;
}

}  // namespace crossbook::app
