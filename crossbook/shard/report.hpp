// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/book/venue_book.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/engine/engine.hpp"

// What a replay found, in text and counts: the payload of `crossbook replay --json`, before any encoder.
namespace crossbook::shard {

// Price and size as canonical decimal text.
using LevelText = std::pair<std::string, std::string>;

struct BookReport {
  book::BookState state = book::BookState::empty;
  Reason reason = Reason::none;
  book::Verified verified = book::Verified::unverifiable;
  std::size_t bid_levels = 0;  // held, whatever the depth of `bids`
  std::size_t ask_levels = 0;
  std::vector<LevelText> bids;  // best first
  std::vector<LevelText> asks;
  std::string bbo_sha256;  // empty where the best never changed
  std::uint64_t bbo_changes = 0;
  QuantityUnit quantity_unit = QuantityUnit::base;
  std::optional<std::string> contract_size;
  book::BookCounters counters;
  std::optional<std::int64_t> first_seq;
  std::optional<std::int64_t> last_seq;
};

// One price of a consolidated book and who shows how much there.
struct ConsolidatedLevel {
  std::string price;
  std::string size;
  std::vector<std::pair<std::string, std::string>> venues;  // name and size, in alphabetical order
};

struct ConsolidatedReport {
  std::vector<ConsolidatedLevel> bids;
  std::vector<ConsolidatedLevel> asks;
  std::optional<double> spread_bps;  // absent where a side is missing
  bool crossed = false;
  bool locked = false;
  std::map<std::string, Reason> excluded;
  std::string nbbo_sha256;
  std::uint64_t nbbo_changes = 0;
  std::uint64_t changes_leaving_crossed = 0;
  Nanos crossed_time;  // an open crossing runs to the last record
};

struct TradeReport {
  std::uint64_t count = 0;
  std::uint64_t taker_buy = 0;
  std::uint64_t taker_sell = 0;
  std::string volume = "0";  // in the book's quantity unit
};

struct ReplayError {
  std::string file;
  std::uint64_t line = 0;  // from 1
  std::string feed;        // empty where the line itself could not be read
  std::optional<std::string> symbol;
  std::string reason;
};

struct ReplayReport {
  std::uint64_t frames = 0;
  std::map<std::string, std::map<std::string, BookReport>> books;    // feed, symbol
  std::map<std::string, ConsolidatedReport> consolidated;            // symbol or name
  std::map<std::string, std::map<std::string, TradeReport>> trades;  // feed, symbol
  std::map<std::string, engine::FeedCounters> venues;                // feed
  std::vector<ReplayError> errors;
  bool cut = false;  // a file ended in mid-line or a line was not JSON
};

}  // namespace crossbook::shard
