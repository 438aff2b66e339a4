// SPDX-License-Identifier: Apache-2.0
//
// The recordings of Coinbase, Kraken and Bitstamp, decoded and kept in books made of two maps, against their oracles.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

TEST(Recordings, CoinbaseAdvancedBooksAndTradesAreAsTheOracleHasThem) {
  const std::string recording = "captures/coinbase_advanced/btcusd_ethusd_20260809";
  CROSSBOOK_NEEDS_RECORDING(recording);
  const Replay replay("coinbase", recording);
  replay.expect_as_the_oracle();
  std::vector<std::int64_t> all(1030);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  EXPECT_EQ(replay.connection_sequences, all);
  EXPECT_EQ(replay.quotes, 160);
}

TEST(Recordings, CoinbaseExchangeBooksAndTradesAreAsTheOracleHasThem) {
  const std::string recording = "captures/coinbase_exchange/multi_20210417";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Replay("coinbase-exchange", recording).expect_as_the_oracle();
}

TEST(Recordings, EveryChecksumOfKrakenV1Holds) {
  const std::string recording = "captures/kraken_v1/multi_20210405";
  CROSSBOOK_NEEDS_RECORDING(recording);
  const Replay replay("kraken-v1", recording);
  replay.expect_as_the_oracle();
  EXPECT_EQ(replay.checksums_ok(), 14'496);
}

TEST(Recordings, EveryChecksumOfKrakenV2Holds) {
  const std::string recording = "captures/kraken_v2/minagbp_d25_20260816";
  CROSSBOOK_NEEDS_RECORDING(recording);
  const Replay replay("kraken", recording);
  replay.expect_as_the_oracle();
  EXPECT_EQ(replay.checksums_ok(), 30);
}

TEST(Recordings, EveryChecksumOfKrakenV1RewrittenAsV2Holds) {
  const std::string recording = "derived/kraken_v2_from_v1_20210405";
  CROSSBOOK_NEEDS_RECORDING(recording);
  const Replay replay("kraken", recording);
  replay.expect_as_the_oracle();
  EXPECT_EQ(replay.checksums_ok(), 14'506);  // snapshots have one here
}

TEST(Recordings, BitstampBooksBridgeTheFetchedSnapshotAsTheOracleHasThem) {
  const std::string recording = "captures/bitstamp_v2/multi_20210417";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Replay("bitstamp", recording).expect_as_the_oracle();
}

}  // namespace
}  // namespace crossbook::venue
