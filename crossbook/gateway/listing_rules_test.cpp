// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/listing_rules.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace crossbook::gateway {
namespace {

OrderTerms buy(std::int64_t quantity, int quantity_scale, std::int64_t price, int price_scale) {
  OrderTerms terms;
  terms.quantity = Quantity(quantity);
  terms.quantity_scale = quantity_scale;
  terms.price = Price(price);
  terms.price_scale = price_scale;
  return terms;
}

TEST(ListingRules, AreReadAsTheVenueWritesThem) {
  Instrument instrument;
  instrument.tick_size = "0.0100";
  instrument.lot_size = "1e-8";
  instrument.min_quantity = "0";
  const ListingRules rules = rules_of(instrument).value();
  EXPECT_EQ(rules.tick, (Amount{.count = 1, .scale = 2}));
  EXPECT_EQ(rules.lot, (Amount{.count = 1, .scale = 8}));
  EXPECT_FALSE(rules.quantity_min);
  EXPECT_FALSE(rules.notional_min);
  instrument.min_notional = "ten";
  EXPECT_EQ(rules_of(instrument).error().code, Errc::malformed);
}

TEST(ListingRules, AreNotKnownForContractsOfAnotherSize) {
  Instrument instrument;
  instrument.quantity_unit = QuantityUnit::contract;
  EXPECT_EQ(rules_of(instrument).error().code, Errc::unknown);
  instrument.contract_size = "0.01";
  EXPECT_EQ(rules_of(instrument).error().code, Errc::unknown);
  instrument.contract_size = "1.0";
  EXPECT_TRUE(rules_of(instrument));
  instrument.inverse = true;
  EXPECT_EQ(rules_of(instrument).error().code, Errc::unknown);
}

TEST(ListingRules, CompareAcrossScalesExactly) {
  ListingRules rules;
  rules.tick = Amount{.count = 25, .scale = 2};
  rules.lot = Amount{.count = 1, .scale = 18};
  rules.notional_min = Amount{.count = 5, .scale = 0};
  EXPECT_EQ(refusal(buy(20, 1, 250'000, 5), rules), std::nullopt);  // 2 at 2.5 are 5
  EXPECT_EQ(refusal(buy(2, 0, 225, 2), rules), OrderReason::invalid_notional);
  EXPECT_EQ(refusal(buy(2, 0, 251, 2), rules), OrderReason::invalid_price);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(refusal(buy(most, 18, most - most % 25, 2), rules), std::nullopt);
  rules.tick.reset();
  EXPECT_EQ(refusal(buy(most, 18, most, 18), rules), std::nullopt);  // 9.2 at 9.2
  EXPECT_EQ(refusal(buy(1, 18, 1, 18), rules), OrderReason::invalid_notional);
  rules.notional_min = Amount{.count = most, .scale = 0};
  EXPECT_EQ(refusal(buy(most, 18, most, 18), rules), OrderReason::invalid_notional);
  rules.notional_min = Amount{.count = most, .scale = 18};
  EXPECT_EQ(refusal(buy(most, 0, most, 0), rules), std::nullopt);
}

TEST(ListingRules, CheckNothingThatIsNotKnown) {
  EXPECT_EQ(refusal(buy(1, 18, 1, 18), {}), std::nullopt);
  EXPECT_EQ(refusal(buy(1, 19, 1, 0), {}), OrderReason::invalid_quantity);
  EXPECT_EQ(refusal(buy(1, 0, 1, -1), {}), OrderReason::invalid_price);
}

}  // namespace
}  // namespace crossbook::gateway
