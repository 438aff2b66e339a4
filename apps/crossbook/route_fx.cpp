// SPDX-License-Identifier: Apache-2.0
#include "route_fx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "book_text.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook::app {
namespace {

constexpr int rate_scale = 12;  // of rates; finer digits of an inverse are rounded against the taker

std::optional<Nanos> parse_age(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units = {
      {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto found = std::find_if(units.begin(), units.end(), [&](const auto& row) { return row.first == unit; });
  if (error != std::errc() || found == units.end() || !(number >= 0) || !(number <= 1e6)) return {};
  return Nanos(static_cast<std::int64_t>(number * static_cast<double>(found->second)));
}

// How old the price is: the youngest of the books that quote it.
std::optional<Nanos> age_of(const shard::Player& player, const engine::Group& group, Side side) {
  const auto& best = group.consolidated.best(side);
  const auto books = player.engine().books(group);
  std::optional<Nanos> youngest;
  for (std::size_t m = 0; best && m < books.size(); ++m) {
    if ((best->members >> m & 1) == 0) continue;
    const auto heard = books[m]->last_applied_wall();
    if (heard && (!youngest || player.last_t() - *heard < *youngest)) youngest = player.last_t() - *heard;
  }
  return youngest;
}

sys::Outcome<FxRate> captured_rate(const FxLeg& leg, const shard::Player& player) {
  const auto id = group_of(player.engine(), leg.pair());
  if (!id)
    return sys::fault(
        fmt::format("no book of {} in these captures; declare the rate: --fx {}=BID:ASK@AGE", leg.pair(), leg.pair()));
  const engine::Group& group = player.engine().group(*id);
  const auto& bid = group.consolidated.best(Side::bid);
  const auto& ask = group.consolidated.best(Side::ask);
  const auto bid_age = age_of(player, group, Side::bid);
  const auto ask_age = age_of(player, group, Side::ask);
  if (!bid || !ask || bid->price > ask->price || !bid_age || !ask_age)
    return sys::fault(fmt::format("the book of {} has no usable best at that time", leg.pair()));
  return FxRate{bid->price, ask->price, group.consolidated.price_scale(), std::max(*bid_age, *ask_age)};
}

FxRate inverse(const FxRate& rate) {
  const Wide one = static_cast<Wide>(power_of_ten(rate_scale)) * power_of_ten(rate.scale);
  const Wide bid = one / rate.ask.count();
  const Wide ask = (one + rate.bid.count() - 1) / rate.bid.count();
  return {Price(narrow(bid).value_or(0)), Price(narrow(ask).value_or(0)), rate_scale, rate.age};
}

}  // namespace

sys::Outcome<FxLeg> parse_fx(const std::string& text) {
  const auto wrong = [&] {
    return sys::fault(
        fmt::format("--fx {} is not BASE/QUOTE=BID:ASK@AGE (USDC/USDT=0.9998:1.0001@200ms) with 0 < BID <= ASK, nor "
                    "BASE/QUOTE of a "
                    "pair in the captures",
                    text));
  };
  const std::size_t slash = text.find('/');
  const std::size_t equals = text.find('=');
  if (slash == std::string::npos || slash == 0) return wrong();
  FxLeg leg{
      text.substr(0, slash), text.substr(slash + 1, equals == std::string::npos ? equals : equals - slash - 1), {}};
  if (leg.quote.empty() || leg.quote == leg.base) return wrong();
  if (equals == std::string::npos) return leg;
  const std::string_view rest = std::string_view(text).substr(equals + 1);
  const std::size_t colon = rest.find(':');
  const std::size_t at = rest.find('@');
  if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return wrong();
  const auto bid = parse_decimal(rest.substr(0, colon), rate_scale);
  const auto ask = parse_decimal(rest.substr(colon + 1, at - colon - 1), rate_scale);
  const auto age = parse_age(rest.substr(at + 1));
  if (!bid || !ask || !age || *bid <= 0 || *ask < *bid) return wrong();
  leg.declared = FxRate{Price(*bid), Price(*ask), rate_scale, *age};
  return leg;
}

bool joins(const FxLeg& leg, const std::string& from, const std::string& into) {
  return (leg.base == from && leg.quote == into) || (leg.base == into && leg.quote == from);
}

sys::Outcome<FxRate> rate_between(const FxLeg& leg, const std::string& from, const std::string& into,
                                  const shard::Player& player) {
  if (!joins(leg, from, into)) return sys::fault(fmt::format("{} does not turn {} into {}", leg.pair(), from, into));
  sys::Outcome<FxRate> rate = leg.declared ? sys::Outcome<FxRate>(*leg.declared) : captured_rate(leg, player);
  if (!rate || leg.base == from) return rate;
  rate = inverse(*rate);
  if (rate->bid.count() <= 0 || rate->ask.count() <= 0)
    return sys::fault(fmt::format("the inverse of {} is beyond {} decimals", leg.pair(), rate_scale));
  return rate;
}

void convert_levels(Side side, const FxRate& rate, std::vector<Level>& levels, bool& clipped) {
  std::size_t kept = 0;
  for (const Level& level : levels) {
    const auto price = converted(side, level.price, rate);
    const bool same = price && kept > 0 && levels[kept - 1].price == *price;
    const auto sum = same ? narrow(Wide{levels[kept - 1].quantity.count()} + level.quantity.count())
                          : std::optional(level.quantity.count());
    if (!price || price->count() <= 0 || !sum) {
      clipped = true;
      break;
    }
    if (!same) levels[kept++].price = *price;
    levels[kept - 1].quantity = Quantity(*sum);
  }
  levels.resize(kept);
}

}  // namespace crossbook::app
