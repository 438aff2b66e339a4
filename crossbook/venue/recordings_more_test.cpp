// SPDX-License-Identifier: Apache-2.0
//
// The recordings of Bitfinex, Gemini, KuCoin, Gate, Bitget, Crypto.com, HTX and Deribit, decoded and kept in books made
// of two maps, against their oracles. Bases fetched by REST, sequences by row, digits as written and 128-bit sizes are
// what these books need beside those of feed_test_tools.hpp.
#include <zlib.h>

#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

constexpr int scale = 18;

std::string from_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

struct Size {
  Wide quantity = 0;
  WrittenDigits written;
};

struct Book {
  std::map<Wide, Size> bids, asks;
  std::optional<std::int64_t> first_seq, last_seq;
  int snapshots = 0, deltas = 0, dropped = 0, gaps = 0, checksums_ok = 0, checksums_bad = 0;
  std::vector<std::function<void()>> waiting;
};

class Session {
 public:
  Session(std::string_view feed_name, const std::string& recording) : feed_(feed_name) {
    std::ifstream oracle(recordings_folder() / (recording + ".expected.json"));
    const auto expected = nlohmann::json::parse(oracle);
    expected_ = expected.at("venues").at(std::string(feed_name)).at("symbols");
    const std::string lines = inflated(recordings_folder() / (recording + ".jsonl.gz"));
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size());
      const auto record = nlohmann::json::parse(std::string_view(lines).substr(at, end - at));
      if (record.at("venue") == std::string(feed_name)) on_record(record);
      at = end + 1;
    }
  }

  // `numbered`: the oracle's sequence fields are numbers of the wire (Crypto.com v2 has only times there).
  void expect_as_the_oracle(bool numbered = true) {
    EXPECT_EQ(malformed_, 0);
    EXPECT_EQ(unknown_, 0);
    for (const auto& [symbol, of_symbol] : expected_.items()) {
      SCOPED_TRACE(symbol);
      if (!of_symbol.at("book").is_null()) expect_book(books_[symbol], of_symbol["book"], numbered);
      if (!of_symbol.at("trades").is_null()) expect_trades(symbol, of_symbol["trades"]);
    }
  }
  [[nodiscard]] int checksums_ok() const {
    int sum = 0;
    for (const auto& [symbol, book] : books_) sum += book.checksums_ok;
    return sum;
  }
  [[nodiscard]] std::optional<std::int64_t> connection_sequence() const { return connection_sequence_; }
  [[nodiscard]] bool connection_gap() const { return connection_gap_; }
  [[nodiscard]] int histories() const { return histories_; }
  [[nodiscard]] int bbos() const { return bbos_; }
  [[nodiscard]] std::size_t wide_listings() const {
    return static_cast<std::size_t>(
        std::count_if(feed_.listings.begin(), feed_.listings.end(), [](const Listing& l) { return l.wide; }));
  }

 private:
  void on_record(const nlohmann::json& record) {
    const std::string direction = record.at("dir");
    const std::string connection = record.at("conn");
    if (direction == "open") connections_[connection] = {};
    const std::string raw = record.contains("raw_b64") ? from_base64(record["raw_b64"].get<std::string>())
                                                       : record.value("raw", std::string());
    std::swap(feed_.connection, connections_[connection]);
    if (direction == "out") feed_.sent(raw);
    if (direction == "in") after(feed_.decode(raw));
    if (direction == "http") after(feed_.decode_http(record.at("url").get<std::string>(), raw));
    std::swap(feed_.connection, connections_[connection]);
  }

  void after(const Result<void>& result) {
    if (!result) {
      ++malformed_;
      ADD_FAILURE() << result.error().what;
      return;
    }
    unknown_ += feed_.batch.kind == FrameKind::unknown;
    bbos_ += static_cast<int>(feed_.batch.bbos.size());
    if (const auto sequence = feed_.batch.connection_sequence) {
      connection_gap_ |= sequence != connection_sequence_.value_or(0) + 1;
      connection_sequence_ = sequence;
    }
    for (const BookEvent& event : feed_.batch.books) on_book(event, feed_.batch);
    for (const Trade& trade : feed_.batch.trades) on_trade(trade);
  }

  void on_trade(const Trade& trade) {
    histories_ += trade.history;
    if (trade.history) return;
    auto& sum = prints_[feed_.raw_symbol(trade.listing)];
    ++sum.count[trade.taker == Side::bid ? 0 : 1];
    sum.quantity += rescale_wide(trade.quantity.count(), feed_.listings[trade.listing].quantity_scale, scale).value();
  }

  void on_book(const BookEvent& event, const EventBatch& batch) {
    Book& book = books_[feed_.raw_symbol(event.listing)];
    const bool snapshot = event.kind == BookEventKind::snapshot;
    if (!snapshot && book.snapshots == 0) {
      book.waiting.push_back([this, event, copy = batch] { on_book(event, copy); });
      return;
    }
    if (!snapshot && !in_order(book, event.sequence)) return;
    if (snapshot) {
      book.bids.clear();
      book.asks.clear();
      if (book.snapshots == 0) book.first_seq = event.sequence.last;
    }
    change(book.bids, Side::bid, event, batch, book.last_seq);
    change(book.asks, Side::ask, event, batch, book.last_seq);
    book.last_seq = event.sequence.last;
    ++(snapshot ? book.snapshots : book.deltas);
    if (event.checksum)
      ++(checksum(book, feed_.listings[event.listing]) == *event.checksum ? book.checksums_ok : book.checksums_bad);
    for (const auto& apply_now : std::exchange(book.waiting, {})) apply_now();
  }

  // The rule of the feed, as data/README.md has it.
  bool in_order(Book& book, const SequenceSpan& sequence) const {
    if (feed_.row.rule == SequenceRule::connection || !book.last_seq || !sequence.last) return true;
    if (*sequence.last <= *book.last_seq) {
      ++book.dropped;
      return false;
    }
    const bool next = feed_.row.rule == SequenceRule::range ? *sequence.first <= *book.last_seq + 1
                                                            : sequence.previous == book.last_seq;
    book.gaps += !next;
    return next;
  }

  void change(std::map<Wide, Size>& side, Side which, const BookEvent& event, const EventBatch& batch,
              std::optional<std::int64_t> last) const {
    const Listing& listing = feed_.listings[event.listing];
    const Run run = which == Side::bid ? event.bids : event.asks;
    const auto& wide = which == Side::bid ? batch.wide_bids : batch.wide_asks;
    const auto& written = which == Side::bid ? batch.written_bids : batch.written_asks;
    const auto& rows = which == Side::bid ? batch.sequence_bids : batch.sequence_asks;
    for (std::size_t i = run.begin; i < run.end; ++i) {
      if (!rows.empty() && last && rows[i] <= *last) continue;
      const Level level = batch.levels(which)[i];
      const Wide count = wide.empty() ? level.quantity.count() : wide[i].count();
      const Wide price = rescale_wide(level.price.count(), listing.price_scale, scale).value();
      if (count == 0) side.erase(price);
      else
        side[price] = {rescale_wide(count, listing.quantity_scale, scale).value(),
                       written.empty() ? WrittenDigits() : written[i]};
    }
  }

  std::uint32_t checksum(const Book& book, const Listing& listing) const {
    std::vector<Level> levels[2];
    std::vector<WrittenDigits> written[2];
    const auto add = [&](std::size_t side, const auto& entry) {
      if (levels[side].size() == feed_.row.checksum_levels) return;
      const Wide price = rescale_wide(entry.first, scale, listing.price_scale).value();
      const Wide quantity = rescale_wide(entry.second.quantity, scale, listing.quantity_scale).value();
      levels[side].push_back({Price(narrow(price).value()), Quantity(narrow(quantity).value())});
      written[side].push_back(entry.second.written);
    };
    std::for_each(book.bids.rbegin(), book.bids.rend(), [&](const auto& entry) { add(0, entry); });
    for (const auto& entry : book.asks) add(1, entry);
    ChecksumInput input;
    input.bids = levels[0];
    input.asks = levels[1];
    input.written_bids = written[0];
    input.written_asks = written[1];
    input.price_scale = listing.price_scale;
    input.quantity_scale = listing.quantity_scale;
    return feed_.row.checksum(input);
  }

  template <class Begin, class End>
  static nlohmann::json top5(Begin begin, const End& end) {
    nlohmann::json rows = nlohmann::json::array();
    for (; begin != end && rows.size() < 5; ++begin)
      rows.push_back({format_decimal(begin->first, scale), format_decimal(begin->second.quantity, scale)});
    return rows;
  }

  static void expect_book(const Book& book, const nlohmann::json& oracle, bool numbered) {
    const auto& counts = oracle.at("counts");
    EXPECT_EQ(book.snapshots, counts.value("snapshots", 0));
    EXPECT_EQ(book.deltas, counts.value("deltas_applied", 0));
    EXPECT_EQ(book.dropped, counts.value("stale_dropped", 0));
    EXPECT_EQ(book.gaps, 0);
    EXPECT_EQ(book.checksums_ok, counts.value("checksum_ok", 0));
    EXPECT_EQ(book.checksums_bad, 0);
    EXPECT_EQ(nlohmann::json({book.bids.size(), book.asks.size()}), oracle.at("levels"));
    EXPECT_EQ(top5(book.bids.rbegin(), book.bids.rend()), oracle.at("final_bids_top5"));
    EXPECT_EQ(top5(book.asks.begin(), book.asks.end()), oracle.at("final_asks_top5"));
    const auto json = [](std::optional<std::int64_t> number) {
      return number ? nlohmann::json(*number) : nlohmann::json();
    };
    EXPECT_EQ(json(book.first_seq), oracle.at("first_seq"));
    EXPECT_TRUE(!numbered || json(book.last_seq) == oracle.at("last_seq"));
  }

  void expect_trades(const std::string& symbol, const nlohmann::json& oracle) {
    const Prints& sum = prints_[symbol];
    EXPECT_EQ(sum.count[0], oracle.at("taker_buy"));
    EXPECT_EQ(sum.count[1], oracle.at("taker_sell"));
    EXPECT_EQ(format_decimal(sum.quantity, scale), oracle.at("base_qty").get<std::string>());
  }

  struct Prints {
    int count[2] = {0, 0};
    Wide quantity = 0;
  };
  FeedUnderTest feed_;
  nlohmann::json expected_;
  std::map<std::string, Connection> connections_;
  std::map<std::string, Book> books_;
  std::map<std::string, Prints> prints_;
  std::optional<std::int64_t> connection_sequence_;
  bool connection_gap_ = false;
  int malformed_ = 0, unknown_ = 0, histories_ = 0, bbos_ = 0;
};

TEST(MoreRecordings, BitfinexBooksAndItsCounterAreAsTheOracleHasThem) {
  const std::string recording = "captures/bitfinex_v2/multi_20210417";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("bitfinex", recording);
  session.expect_as_the_oracle();
  EXPECT_EQ(session.connection_sequence(), 1670);
  EXPECT_FALSE(session.connection_gap());
}

TEST(MoreRecordings, ALostBitfinexFrameShowsInTheCounter) {
  const std::string recording = "derived/faults/bitfinex_v2_multi_20210417.drop";
  CROSSBOOK_NEEDS_RECORDING(recording);
  EXPECT_TRUE(Session("bitfinex", recording).connection_gap());
}

TEST(MoreRecordings, GeminiOf2021) {
  const std::string recording = "captures/gemini_v2/multi_20210624";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("gemini", recording);
  session.expect_as_the_oracle();
  EXPECT_EQ(session.histories(), 500);
}

TEST(MoreRecordings, GeminiOf2026) {
  const std::string recording = "captures/gemini_v2/multi_20260809";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("gemini", recording);
  session.expect_as_the_oracle();
  EXPECT_EQ(session.histories(), 810);
}

TEST(MoreRecordings, KucoinBridgesTheFetchedSnapshots) {
  const std::string recording = "captures/kucoin_v2/multi_20210425";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("kucoin", recording);
  session.expect_as_the_oracle();
  EXPECT_GT(session.bbos(), 0);
}

TEST(MoreRecordings, GateBridgesTheFetchedSnapshots) {
  const std::string recording = "captures/gateio_v4/multi_20210422";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session("gateio", recording).expect_as_the_oracle();
}

TEST(MoreRecordings, EveryChecksumOfBitgetHolds) {
  const std::string recording = "captures/bitget_v1/multi_20220407";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("bitget", recording);
  session.expect_as_the_oracle();
  EXPECT_EQ(session.checksums_ok(), 637);
  EXPECT_EQ(session.histories(), 500);
}

TEST(MoreRecordings, CryptocomWindowsAndTheHistoryThatOnlyItsLengthShows) {
  const std::string recording = "captures/cryptocom_v2/multi_20211123_a";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("cryptocom", recording);
  session.expect_as_the_oracle(false);
  EXPECT_EQ(session.histories(), 1000);
}

TEST(MoreRecordings, HtxSizesBeyondSixtyThreeBitsStayExact) {
  const std::string recording = "captures/htx_v1/multi_20210417";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("htx", recording);
  session.expect_as_the_oracle();
  EXPECT_GT(session.wide_listings(), 0U);
}

TEST(MoreRecordings, DeribitOptionsChainByTheirPreviousChange) {
  const std::string recording = "captures/deribit_v2/options_20210722";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Session session("deribit", recording);
  session.expect_as_the_oracle();
  EXPECT_GT(session.bbos(), 0);
}

}  // namespace
}  // namespace crossbook::venue
