// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of codecs share: a feed with everything that decode() needs, a book that is nothing but two maps, and
// the recordings where they are found. Only for tests.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/core/decimal.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::venue {

// One feed and one connection of it. Rescales as the engine does: a number that does not fit is decoded again.
class FeedUnderTest {
 public:
  explicit FeedUnderTest(std::string_view name) : row(venue::feed(find_feed(name).value())) {
    context.feed = find_feed(name).value();
    context.connection = &connection;
  }

  Result<void> decode(std::string_view frame) {
    return repeat(frame, [&](std::string_view bytes) { return row.decode(context, bytes, batch); });
  }
  Result<void> decode_http(std::string_view url, std::string_view body) {
    return repeat(body, [&](std::string_view bytes) { return row.decode_http(context, url, bytes, batch); });
  }
  void sent(std::string_view message) {
    const std::string bytes = padded(message);
    if (row.decode_sent != nullptr) row.decode_sent(context, std::string_view(bytes).substr(0, message.size()));
  }

  // "100.5 x 2, 100.4 x 0": the levels of a side as canonical decimals.
  [[nodiscard]] std::string levels(Side side, std::size_t event = 0) const {
    const BookEvent& book = batch.books.at(event);
    std::string text;
    for (const Level& level : side == Side::bid ? batch.bids_of(book) : batch.asks_of(book))
      text += (text.empty() ? "" : ", ") + this->text(book.listing, level);
    return text;
  }
  [[nodiscard]] std::string text(ListingId id, const Level& level) const {
    return price(id, level.price) + " x " + quantity(id, WideQuantity(level.quantity.count()));
  }
  [[nodiscard]] std::string price(ListingId id, Price count) const {
    return format_decimal(count.count(), listings[id].price_scale);
  }
  [[nodiscard]] std::string quantity(ListingId id, WideQuantity count) const {
    return format_decimal(count.count(), listings[id].quantity_scale);
  }
  // "buy 100.5 x 2": a print as its taker did it.
  [[nodiscard]] std::string trade(std::size_t i = 0) const {
    const Trade& print = batch.trades.at(i);
    return (print.taker == Side::bid ? "buy " : "sell ") + price(print.listing, print.price) + " x " +
           quantity(print.listing, print.quantity);
  }
  [[nodiscard]] const std::string& raw_symbol(ListingId id) const { return listings[id].raw_symbol; }

  const Feed& row;
  Listings listings;
  Context context{listings};
  Connection connection;
  EventBatch batch;

 private:
  static std::string padded(std::string_view text) { return std::string(text) + std::string(frame_padding, '}'); }

  Result<void> repeat(std::string_view text, const std::function<Result<void>(std::string_view)>& once) {
    const std::string bytes = padded(text);
    for (;;) {
      batch.clear();
      context.needed.clear();
      context.named.reset();
      const Result<void> result = once(std::string_view(bytes).substr(0, text.size()));
      if (result || result.error().code == Errc::malformed) return result;
      for (const Context::Need& need : context.needed) {
        Listing& listing = listings[need.listing];
        listing.price_scale = need.price_scale;
        listing.quantity_scale = need.quantity_scale;
        listing.wide |= need.wide;
      }
    }
  }
};

// Cut at every byte, a frame must be malformed; only with all of its bytes is it a success.
inline void expect_every_cut_malformed(FeedUnderTest& feed, std::string_view frame) {
  ASSERT_TRUE(feed.decode(frame)) << feed.decode(frame).error().what;
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_FALSE(feed.decode(frame.substr(0, size))) << "read as whole: " << frame.substr(0, size);
  EXPECT_FALSE(feed.decode(std::string(frame) + "}")) << "something behind the end";
  EXPECT_FALSE(feed.decode(std::string(frame) + "{}")) << "something behind the end";
}

// A blank in front sends a frame past the scanner: both ways of reading must give the same event.
inline void expect_scanned_as_parsed(FeedUnderTest& feed, std::string_view frame) {
  const auto seen = [&](const std::string& text) {
    EXPECT_TRUE(feed.decode(text)) << text;
    const BookEvent& event = feed.batch.books.at(0);
    return std::tuple(feed.levels(Side::bid), feed.levels(Side::ask), event.kind, event.checksum, event.ts_event,
                      event.sequence.last, event.depth, int{event.price_decimals}, int{event.quantity_decimals},
                      feed.batch.connection_sequence, feed.batch.kind, feed.context.named);
  };
  const auto parsed = seen(std::string(1, ' ').append(frame));
  EXPECT_EQ(seen(std::string(frame)), parsed);
}

// Two maps and the rules of the venues of this room, as simply as they can be written. Numbers at scale 18.
class NaiveBook {
 public:
  static constexpr int scale = 18;
  struct Counts {
    int snapshots = 0, deltas = 0, dropped = 0, checksums_ok = 0, checksums_bad = 0;
  };

  void apply(const FeedUnderTest& feed, const BookEvent& event, const EventBatch& batch) {
    const Listing& listing = feed.listings[event.listing];
    const bool snapshot = event.kind == BookEventKind::snapshot;
    if (feed.row.rule == SequenceRule::newer && last && event.sequence.last <= last) {
      ++counts.dropped;
      return;
    }
    if (!snapshot && counts.snapshots == 0) {
      waiting.push_back([this, &feed, event, copy = batch] { apply(feed, event, copy); });
      return;
    }
    if (snapshot) {
      bids.clear();
      asks.clear();
    }
    change(bids, batch.bids_of(event), listing);
    change(asks, batch.asks_of(event), listing);
    truncate(event.depth);
    last = event.sequence.last;
    if (snapshot) first = last;
    ++(snapshot ? counts.snapshots : counts.deltas);
    price_decimals = std::max<int>(price_decimals, event.price_decimals);
    quantity_decimals = std::max<int>(quantity_decimals, event.quantity_decimals);
    if (event.checksum) ++(checksum(feed, listing) == *event.checksum ? counts.checksums_ok : counts.checksums_bad);
    for (const auto& apply_now : std::exchange(waiting, {})) apply_now();
  }

  [[nodiscard]] nlohmann::json top(Side side, std::size_t n) const {
    nlohmann::json rows = nlohmann::json::array();
    const auto add = [&](const auto& level) {
      if (rows.size() < n) rows.push_back({format_decimal(level.first, scale), format_decimal(level.second, scale)});
    };
    if (side == Side::bid) std::for_each(bids.rbegin(), bids.rend(), add);
    else std::for_each(asks.begin(), asks.end(), add);
    return rows;
  }

  Counts counts;
  std::map<Wide, Wide> bids, asks;
  std::optional<std::int64_t> first, last;
  int price_decimals = 0, quantity_decimals = 0;
  std::vector<std::function<void()>> waiting;  // deltas before a fetched snapshot

 private:
  static void change(std::map<Wide, Wide>& side, std::span<const Level> levels, const Listing& listing) {
    for (const Level& level : levels) {
      const Wide price = rescale_wide(level.price.count(), listing.price_scale, scale).value();
      const Wide quantity = rescale_wide(level.quantity.count(), listing.quantity_scale, scale).value();
      if (quantity == 0) side.erase(price);
      else side[price] = quantity;
    }
  }
  void truncate(std::size_t depth) {
    if (depth == 0) return;
    while (bids.size() > depth) bids.erase(bids.begin());
    while (asks.size() > depth) asks.erase(std::prev(asks.end()));
  }
  [[nodiscard]] std::uint32_t checksum(const FeedUnderTest& feed, const Listing& listing) const {
    std::vector<Level> best_bids, best_asks;
    const auto level = [&](const auto& entry) {
      return Level{Price(rescale(entry.first, listing.price_scale)),
                   Quantity(rescale(entry.second, listing.quantity_scale))};
    };
    for (auto at = bids.rbegin(); at != bids.rend() && best_bids.size() < 25; ++at) best_bids.push_back(level(*at));
    for (auto at = asks.begin(); at != asks.end() && best_asks.size() < 25; ++at) best_asks.push_back(level(*at));
    ChecksumInput input;
    input.bids = best_bids;
    input.asks = best_asks;
    input.price_scale = listing.price_scale;
    input.quantity_scale = listing.quantity_scale;
    input.price_decimals = price_decimals;
    input.quantity_decimals = quantity_decimals;
    return feed.row.checksum(input);
  }
  static std::int64_t rescale(Wide count, int to) {
    return static_cast<std::int64_t>(rescale_wide(count, scale, to).value());
  }
};

// CROSSBOOK_RECORDINGS, else ../shared/data beside the source.
inline std::filesystem::path recordings_folder() {
  if (const char* folder = std::getenv("CROSSBOOK_RECORDINGS")) return folder;
  return std::filesystem::path(CROSSBOOK_SOURCE_DIR).parent_path() / "shared" / "data";
}

inline std::string inflated(const std::filesystem::path& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  std::vector<char> chunk(1 << 20);
  for (int n = 0; (n = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

// Replays one feed of a recording into naive books and compares them with the oracle beside it.
class Replay {
 public:
  Replay(std::string_view feed_name, const std::string& recording) : feed(feed_name) {
    const auto folder = recordings_folder();
    std::ifstream oracle(folder / (recording + ".expected.json"));
    expected = nlohmann::json::parse(oracle).at("venues").at(std::string(feed_name));
    const std::string lines = inflated(folder / (recording + ".jsonl.gz"));
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size());
      on_record(nlohmann::json::parse(std::string_view(lines).substr(at, end - at)));
      at = end + 1;
    }
  }

  void expect_as_the_oracle() const {
    for (const auto& [symbol, of_symbol] : expected.at("symbols").items()) {
      SCOPED_TRACE(symbol);
      if (of_symbol.contains("book") && !of_symbol["book"].is_null()) expect_book(symbol, of_symbol["book"]);
      if (of_symbol.contains("trades") && !of_symbol["trades"].is_null()) expect_trades(symbol, of_symbol["trades"]);
    }
    EXPECT_EQ(malformed, 0);
    EXPECT_EQ(unknown, 0);
  }
  // Over all books.
  [[nodiscard]] int checksums_ok() const {
    int sum = 0;
    for (const auto& [symbol, book] : books) sum += book.counts.checksums_ok;
    return sum;
  }

  FeedUnderTest feed;
  nlohmann::json expected;
  std::map<std::string, NaiveBook> books;
  struct Prints {
    int buys = 0, sells = 0;
    Wide quantity = 0;
  };
  std::map<std::string, Prints> prints;
  int malformed = 0;
  int unknown = 0;
  int quotes = 0;
  std::vector<std::int64_t> connection_sequences;

 private:
  void on_record(const nlohmann::json& record) {
    if (record.at("venue") != std::string(feed.row.name)) return;
    const std::string direction = record.at("dir");
    if (direction == "open") feed.connection = {};
    if (direction == "out") feed.sent(record.at("raw").get_ref<const std::string&>());
    if (direction == "in") after(feed.decode(record.at("raw").get_ref<const std::string&>()));
    if (direction == "http" && feed.row.decode_http != nullptr)
      after(feed.decode_http(record.at("url").get_ref<const std::string&>(),
                             record.at("raw").get_ref<const std::string&>()));
  }
  void after(const Result<void>& result) {
    if (!result) {
      ++malformed;
      ADD_FAILURE() << result.error().what;
      return;
    }
    unknown += feed.batch.kind == FrameKind::unknown;
    quotes += static_cast<int>(feed.batch.bbos.size());
    if (feed.batch.connection_sequence) connection_sequences.push_back(*feed.batch.connection_sequence);
    for (const BookEvent& event : feed.batch.books)
      books[feed.raw_symbol(event.listing)].apply(feed, event, feed.batch);
    for (const Trade& trade : feed.batch.trades) {
      if (trade.history) continue;
      Prints& sum = prints[feed.raw_symbol(trade.listing)];
      ++(trade.taker == Side::bid ? sum.buys : sum.sells);
      sum.quantity +=
          rescale_wide(trade.quantity.count(), feed.listings[trade.listing].quantity_scale, NaiveBook::scale).value();
    }
  }
  void expect_book(const std::string& symbol, const nlohmann::json& oracle) const {
    const NaiveBook& book = books.at(symbol);
    const auto& counts = oracle.at("counts");
    EXPECT_EQ(book.counts.snapshots, counts.value("snapshots", 0));
    EXPECT_EQ(book.counts.deltas, counts.value("deltas_applied", 0));
    EXPECT_EQ(book.counts.dropped, counts.value("stale_dropped", 0));
    EXPECT_EQ(book.counts.checksums_ok, counts.value("checksum_ok", 0));
    EXPECT_EQ(book.counts.checksums_bad, counts.value("checksum_bad", 0));
    EXPECT_EQ(nlohmann::json({book.bids.size(), book.asks.size()}), oracle.at("levels"));
    EXPECT_EQ(book.top(Side::bid, 5), oracle.at("final_bids_top5"));
    EXPECT_EQ(book.top(Side::ask, 5), oracle.at("final_asks_top5"));
    EXPECT_EQ(book.first ? nlohmann::json(*book.first) : nlohmann::json(), oracle.at("first_seq"));
    EXPECT_EQ(book.last ? nlohmann::json(*book.last) : nlohmann::json(), oracle.at("last_seq"));
  }
  void expect_trades(const std::string& symbol, const nlohmann::json& oracle) const {
    const auto found = prints.find(symbol);
    const Prints sum = found == prints.end() ? Prints() : found->second;
    EXPECT_EQ(sum.buys, oracle.at("taker_buy").get<int>());
    EXPECT_EQ(sum.sells, oracle.at("taker_sell").get<int>());
    EXPECT_EQ(format_decimal(sum.quantity, NaiveBook::scale), oracle.at("base_qty").get<std::string>());
  }
};

#define CROSSBOOK_NEEDS_RECORDING(recording)                                                                      \
  if (!std::filesystem::exists(::crossbook::venue::recordings_folder() / (std::string(recording) + ".jsonl.gz"))) \
  GTEST_SKIP() << "no recording " << (recording) << " in " << ::crossbook::venue::recordings_folder()

}  // namespace crossbook::venue
