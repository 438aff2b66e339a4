// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/fault_plan.hpp"

#include <gmock/gmock.h>

#include <array>

namespace crossbook::market {
namespace {

constexpr Wall start{1'767'225'600'000'000'000};
constexpr std::array<FaultSymbol, 2> symbols{{{"BTC/USDT", "BTCUSDT"}, {"ETH/USDT", "ETHUSDT"}}};

FaultPlan plan(std::string_view text, std::string_view feed = "bybit-spot") {
  const std::array rules{parse_fault(text).value()};
  return {rules, feed, symbols, 1, start};
}

int strikes_in(FaultPlan& plan, FaultName fault, int times, std::size_t book = 0, Wall now = start) {
  int strikes = 0;
  for (int i = 0; i < times; ++i) strikes += plan.strikes(fault, book, now) ? 1 : 0;
  return strikes;
}

TEST(FaultPlan, ReadsAFaultWithAllItsKeys) {
  const FaultRule rule =
      parse_fault("delay:rate=0.25:venue=okx:symbol=BTC/USDT:from=10s:for=1.5m:by=250ms:count=3").value();
  EXPECT_EQ(rule.fault, FaultName::delay);
  EXPECT_EQ(rule.rate_ppm, 250'000);
  EXPECT_EQ(rule.venue, "okx");
  EXPECT_EQ(rule.symbol, "BTC/USDT");
  EXPECT_EQ(rule.from, seconds(10));
  EXPECT_EQ(rule.lasts, seconds(90));
  EXPECT_EQ(rule.by, milliseconds(250));
  EXPECT_EQ(rule.strikes_max, 3);
  EXPECT_EQ(parse_fault("clock_step:by=-3").value().by, seconds(-3));
}

TEST(FaultPlan, ReadsAContractWhoseNameHasAColon) {
  const FaultRule rule = parse_fault("drop:symbol=BTC/USDT:USDT:rate=0.25").value();
  EXPECT_EQ(rule.symbol, "BTC/USDT:USDT");
  EXPECT_EQ(rule.rate_ppm, 250'000);
  EXPECT_EQ(parse_fault("drop:symbol=BTC/USDT:USDT").value().symbol, "BTC/USDT:USDT");
  EXPECT_FALSE(parse_fault("drop:symbol=BTC/USDT:USDT:USDT").has_value());
  EXPECT_FALSE(parse_fault("drop:venue=okx:USDT").has_value());
}

TEST(FaultPlan, SaysWhereATextIsWrong) {
  const auto offset = [](std::string_view text) { return parse_fault(text).error().offset; };
  EXPECT_EQ(parse_fault("dorp").error().code, Errc::unknown);
  EXPECT_EQ(offset("drop:rate=2"), 5u);
  EXPECT_EQ(offset("drop:rate=0.1:form=3s"), 14u);
  EXPECT_EQ(offset("drop:rate=0.1:from=-3s"), 14u);
  EXPECT_EQ(offset("drop:from"), 5u);
  EXPECT_FALSE(parse_fault("drop:").has_value());
  EXPECT_FALSE(parse_fault("drop:count=0").has_value());
}

TEST(FaultPlan, KnowsEachFaultByItsNumber) {
  for (std::size_t i = 0; i < fault_kinds().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(fault_kinds()[i].fault), i);
    EXPECT_EQ(parse_fault(fault_kinds()[i].name).value().fault, fault_kinds()[i].fault);
  }
}

TEST(FaultPlan, StrikesAtItsRateInItsTimeAndSymbol) {
  FaultPlan some = plan("drop:rate=0.1:symbol=ETH/USDT:from=10s:for=10s");
  EXPECT_EQ(strikes_in(some, FaultName::drop, 1'000, 1, start + seconds(9)), 0);
  EXPECT_EQ(strikes_in(some, FaultName::drop, 1'000, 0, start + seconds(12)), 0);
  EXPECT_EQ(strikes_in(some, FaultName::duplicate, 1'000, 1, start + seconds(12)), 0);
  EXPECT_NEAR(strikes_in(some, FaultName::drop, 10'000, 1, start + seconds(12)), 1'000, 100);
  EXPECT_EQ(strikes_in(some, FaultName::drop, 1'000, 1, start + seconds(20)), 0);
}

TEST(FaultPlan, IsUsedUpAfterItsCount) {
  FaultPlan twice = plan("drop:count=2");
  EXPECT_EQ(strikes_in(twice, FaultName::drop, 10), 2);
  EXPECT_EQ(twice.struck()[static_cast<std::size_t>(FaultName::drop)], 2);
}

TEST(FaultPlan, MeansAFeedOrAnExchange) {
  EXPECT_FALSE(plan("drop:venue=bybit").empty());
  EXPECT_FALSE(plan("drop:venue=bybit-spot").empty());
  EXPECT_TRUE(plan("drop:venue=okx").empty());
  EXPECT_TRUE(plan("drop:venue=coinbase", "coinbase-exchange").empty());
  EXPECT_TRUE(plan("drop:symbol=XYZ/USDT").empty());
}

TEST(FaultPlan, TurnsAtTheEdgesOfItsTimes) {
  const FaultPlan halt = plan("symbol_halt:from=5s:for=2s");
  EXPECT_EQ(halt.next_turn(start), start + seconds(5));
  EXPECT_EQ(halt.next_turn(start + seconds(5)), start + seconds(7));
  EXPECT_EQ(halt.next_turn(start + seconds(7)), std::nullopt);
  EXPECT_FALSE(halt.in_force(FaultName::symbol_halt, 0, start + seconds(4)));
  EXPECT_TRUE(halt.in_force(FaultName::symbol_halt, 0, start + seconds(6)));
}

TEST(FaultPlan, AnotherRuleChangesNoDrawsOfTheFirst) {
  const std::array one{parse_fault("drop:rate=0.5").value()};
  const std::array two{parse_fault("drop:rate=0.5").value(), parse_fault("duplicate:rate=0.5").value()};
  FaultPlan alone(one, "okx", symbols, 7, start);
  FaultPlan both(two, "okx", symbols, 7, start);
  for (int i = 0; i < 200; ++i) {
    const bool struck = alone.strikes(FaultName::drop, 0, start).has_value();
    ASSERT_EQ(struck, both.strikes(FaultName::drop, 0, start).has_value());
    static_cast<void>(both.strikes(FaultName::duplicate, 0, start));
  }
}

}  // namespace
}  // namespace crossbook::market
