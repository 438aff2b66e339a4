// SPDX-License-Identifier: Apache-2.0
//
// Sessions written by hand from the exchanges' documents (testdata/), so that a clone alone shows every kind of frame.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

// Each feed's documented session, replayed into a naive book: "bids | asks | trades", best first.
std::string replayed(std::string_view feed_name, const std::string& folder) {
  FeedUnderTest feed(feed_name);
  NaiveBook book;
  std::string trades;
  std::ifstream file(std::filesystem::path(CROSSBOOK_SOURCE_DIR) / "testdata" / folder / "documented.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto record = nlohmann::json::parse(line);
    const std::string direction = record.at("dir");
    const std::string raw = record.value("raw", "");
    if (direction == "out") feed.sent(raw);
    if (direction != "in" && direction != "http") continue;
    EXPECT_TRUE(direction == "in" ? feed.decode(raw) : feed.decode_http(record.at("url").get<std::string>(), raw))
        << raw;
    EXPECT_NE(feed.batch.kind, FrameKind::unknown) << raw;
    EXPECT_NE(feed.batch.kind, FrameKind::error) << raw;
    for (const BookEvent& event : feed.batch.books) book.apply(feed, event, feed.batch);
    for (std::size_t i = 0; i < feed.batch.trades.size(); ++i) trades += feed.trade(i);
  }
  EXPECT_EQ(book.counts.checksums_bad, 0);
  EXPECT_EQ(book.counts.checksums_ok > 0, feed.row.checksum != nullptr);
  return book.top(Side::bid, 2).dump() + " | " + book.top(Side::ask, 1).dump() + " | " + trades;
}

TEST(Testdata, DocumentedSessionsGiveTheBooksThatTheyDescribe) {
  EXPECT_EQ(replayed("coinbase", "coinbase"),
            R"([["21921.73","0.06317902"]] | [["21922.1","0.25"]] | buy 21922.1 x 0.01)");
  EXPECT_EQ(replayed("coinbase-exchange", "coinbase_exchange"),
            R"([["22356.27","1.5"]] | [["22356.4","1"]] | buy 22356.3 x 0.5)");
  EXPECT_EQ(replayed("kraken", "kraken"),
            R"([["45283.5","0.1"],["45283.4","1.54582015"]] | [["45285.2","0.001"]] | buy 45285.2 x 0.001)");
  EXPECT_EQ(replayed("kraken-v1", "kraken_v1"),
            R"([["0.05","0.000005"],["0.04995","0.000005"]] | [["0.05005","0.000005"]] | sell 0.05005 x 0.000005)");
  EXPECT_EQ(replayed("bitstamp", "bitstamp"), R"([["77035","2.4571"]] | [["77410","2"]] | buy 77410 x 0.1)");
}

}  // namespace
}  // namespace crossbook::venue
