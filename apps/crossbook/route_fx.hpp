// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crossbook/cost/all_in.hpp"
#include "crossbook/cost/router.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/sys/outcome.hpp"

// Exchange rates between quote currencies: declared by the user, or the best of a pair that the captures hold.
namespace crossbook::app {

// "USDC/USDT=0.9998:1.0001@200ms": 1 USDC is sold for 0.9998 USDT and bought for 1.0001, known since 200 ms.
// "USDC/USDT": the rate is the consolidated best of that pair in the captures.
struct FxLeg {
  std::string base;
  std::string quote;
  std::optional<FxRate> declared;
  [[nodiscard]] std::string pair() const { return base + "/" + quote; }
};

// Errors, in a sentence that shows the form: no pair, no rate above zero, bid above ask, no age.
[[nodiscard]] sys::Outcome<FxLeg> parse_fx(const std::string& text);

// One unit of `from` in `into`, by that leg or by its inverse (1 / ask rounded down, 1 / bid up).
// Errors, in a sentence: the leg is of other currencies, or of a captured pair that has no usable best.
[[nodiscard]] sys::Outcome<FxRate> rate_between(const FxLeg& leg, const std::string& from, const std::string& into,
                                                const shard::Player& player);
[[nodiscard]] bool joins(const FxLeg& leg, const std::string& from, const std::string& into);

// Levels in the plan's currency, rounded against the taker, and levels that become equal
// are one. Stops at the first that leaves its range.
void convert_levels(Side side, const FxRate& rate, std::vector<Level>& levels, bool& clipped);

}  // namespace crossbook::app
