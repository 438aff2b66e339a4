// SPDX-License-Identifier: Apache-2.0
//
// What a venue does to us over hours, in virtual time: limits are never exceeded and no subscription is forgotten.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>

#include "crossbook/shard/session_test_tools.hpp"

namespace crossbook::shard {
namespace {

constexpr std::array<const char*, 19> feeds{"binance", "binance-us",   "coinbase",     "coinbase-exchange", "kraken",
                                            "okx",     "bybit-spot",   "bitstamp",     "bitfinex",          "gemini",
                                            "kucoin",  "gateio",       "bitget",       "cryptocom",         "htx",
                                            "deribit", "binance-usdm", "bybit-linear", "binance-coinm"};

ConnectorOptions options_of(std::uint64_t seed) {
  ConnectorOptions options;
  options.seed = seed;
  return options;
}

class Outage : public testing::TestWithParam<const char*> {};

TEST_P(Outage, AfterThirtyMinutesAllOfTwoHundredSymbolsComeBackWithinTheLimits) {
  VirtualVenue venue(GetParam(), options_of(7));
  venue.watch_many(200);
  venue.start();
  venue.run(seconds(180));
  EXPECT_EQ(venue.unserved(), 0U) << "after the start";
  const std::size_t before = venue.connects().size() + venue.fetches().size();

  venue.faults.down = true;
  venue.close_all();
  venue.run(seconds(1800));
  EXPECT_EQ(venue.unserved(), venue.connector().dialect().kinds[1] ? 400U : 200U);
  EXPECT_GT(venue.connects().size() + venue.fetches().size(), before + 10) << "it keeps trying";

  venue.faults.down = false;
  venue.run(seconds(240));
  EXPECT_EQ(venue.unserved(), 0U) << "after the return";
  EXPECT_EQ(venue.exceeded(), "");
  EXPECT_LT(venue.ticks(), 100'000U);
}

INSTANTIATE_TEST_SUITE_P(Venues, Outage, testing::ValuesIn(feeds), [](const auto& tested) {
  std::string name = tested.param;
  std::erase(name, '-');
  return name;
});

// One thing that goes wrong, drawn at random.
void disturb(VirtualVenue& venue) {
  const auto symbol = [] { return static_cast<std::uint32_t>(*rc::gen::inRange(0, 40)); };
  switch (*rc::gen::inRange(0, 14)) {
    case 0: venue.faults.down = !venue.faults.down; break;
    case 1: venue.faults.mute = !venue.faults.mute; break;
    case 2: venue.close_all(); break;
    case 3: venue.close_one(); break;
    case 4: venue.faults.lost_answers_percent = *rc::gen::inRange(0, 100); break;
    case 5: venue.faults.lost_books_percent = *rc::gen::inRange(0, 100); break;
    case 6: venue.faults.failed_fetches_percent = *rc::gen::inRange(0, 100); break;
    case 7: venue.faults.http_status = *rc::gen::element<std::uint16_t>(0, 0, 418, 429, 503, 403); break;
    case 8: venue.faults.refusals_name = !venue.faults.refusals_name; break;
    case 9: venue.refuse(ListingId{symbol()}); break;
    case 10: venue.silence(ListingId{symbol()}); break;
    case 11:
      for (int i = 0; i < 5; ++i) venue.toggle(ListingId{symbol()});
      break;
    case 12: venue.ask_to_reconnect(); break;
    default:
      for (int i = 0; i < 20; ++i) venue.resync(ListingId{symbol()});
  }
}

RC_GTEST_PROP(Disturbed, NoLimitIsExceededAndNoSubscriptionForgotten, ()) {
  const std::string feed = *rc::gen::elementOf(feeds);
  RC_TAG(feed);
  VirtualVenue venue(feed, options_of(*rc::gen::arbitrary<std::uint64_t>()));
  venue.watch_many(40);
  venue.start();
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    disturb(venue);
    venue.run(milliseconds(*rc::gen::inRange(0, 120'000)));
    RC_ASSERT(venue.exceeded() == "");
  }
  venue.forgive();
  venue.run(seconds(2400));  // a refusal or a ban is tried again after ten minutes
  RC_ASSERT(venue.exceeded() == "");
  RC_ASSERT(venue.unserved() == 0U);
  RC_ASSERT(venue.ticks() < 300'000U);
}

}  // namespace
}  // namespace crossbook::shard
