// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "crossbook/capture/reader.hpp"

namespace crossbook::capture {
namespace {

using testing::ElementsAre;

struct Read {
  std::vector<std::string> records;  // "t feed payload"
  std::vector<std::string> errors;
};

Read read(const std::string& text) {
  Reader reader(sys::memory_source("day.csv", text));
  Read read;
  while (const Record* record = reader.next())
    read.records.push_back(std::to_string(record->t.nanos()) + " " + std::string(record->feed) + " " +
                           std::string(record->payload));
  for (const ReadError& error : reader.errors())
    read.errors.push_back(std::to_string(error.line) + ": " + error.reason);
  return read;
}

constexpr const char* updates = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";

TEST(TardisRows, RowsOfOneArrivalAreOneMessage) {
  const Read found = read(std::string(updates) +
                          "binance,BTCUSDT,1,10,true,bid,99,1\n"
                          "binance,BTCUSDT,1,10,true,ask,101,1\n"
                          "binance,BTCUSDT,2,20,false,bid,99,2\n"
                          "binance,BTCUSDT,2,20,false,ask,101,0\n"
                          "binance,BTCUSDT,2,30,false,bid,98,2\n");
  EXPECT_THAT(found.records, ElementsAre("10000 tardis-binance binance,BTCUSDT,1,10,true,bid,99,1\n"
                                         "binance,BTCUSDT,1,10,true,ask,101,1",
                                         "20000 tardis-binance binance,BTCUSDT,2,20,false,bid,99,2\n"
                                         "binance,BTCUSDT,2,20,false,ask,101,0",
                                         "30000 tardis-binance binance,BTCUSDT,2,30,false,bid,98,2"));
  EXPECT_THAT(found.errors, ElementsAre());
}

TEST(TardisRows, ASnapshotOverSeveralArrivalsIsOneMessageAsOfItsLast) {
  const Read found = read(std::string(updates) +
                          "binance,A,1,10,true,bid,99,1\n"
                          "binance,A,1,11,true,ask,101,1\n");
  EXPECT_THAT(found.records, ElementsAre("11000 tardis-binance binance,A,1,10,true,bid,99,1\n"
                                         "binance,A,1,11,true,ask,101,1"));
}

TEST(TardisRows, EachRowOfSnapshotsIsAMessage) {
  const Read found = read(
      "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n"
      "kraken,XBT/USD,1,10,101,1,99,2\n"
      "kraken,XBT/USD,1,10,102,1,99,2\n");
  EXPECT_THAT(found.records, ElementsAre("10000 tardis-kraken kraken,XBT/USD,1,10,101,1,99,2",
                                         "10000 tardis-kraken kraken,XBT/USD,1,10,102,1,99,2"));
}

TEST(TardisRows, ARowThatIsNoneIsNamedAndTheRestGoesOn) {
  const Read found = read(std::string(updates) + "binance,A\nbinance,A,1,10,false,bid,1,1\n");
  EXPECT_THAT(found.records, ElementsAre("10000 tardis-binance binance,A,1,10,false,bid,1,1"));
  EXPECT_THAT(found.errors, ElementsAre("2: a row of tardis.dev: exchange,symbol,timestamp,local_timestamp,..."));
}

TEST(TardisRows, ARowThatTheFileCutsIsLeftOut) {
  const Read found = read(std::string(updates) + "binance,A,1,10,false,bid,99,1\nbinance,A,1,20,false,bid,9");
  EXPECT_THAT(found.records, ElementsAre("10000 tardis-binance binance,A,1,10,false,bid,99,1"));
  EXPECT_THAT(found.errors, ElementsAre("3: the file ends in the middle of this line"));
}

TEST(TardisRows, AnotherOfTheirFilesIsRefusedAsAWhole) {
  const Read found = read("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nbinance,A,1,10,7,buy,1,1\n");
  EXPECT_THAT(found.records, ElementsAre());
  EXPECT_THAT(found.errors, ElementsAre("1: a CSV of tardis.dev that holds no books: incremental_book_L2 and "
                                        "book_snapshot_N are read"));
}

}  // namespace
}  // namespace crossbook::capture
