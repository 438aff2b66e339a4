// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/symbols.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/fair_price.hpp"

namespace crossbook::market {
namespace {

struct Known {
  std::string_view base;
  std::int64_t price_ppm;  // in 10^-6 quote
};
// Prices are plausible, no more.
constexpr std::array known{
    Known{"BTC", 64'250'000'000}, Known{"ETH", 2'480'000'000}, Known{"SOL", 148'300'000}, Known{"XRP", 2'310'000},
    Known{"BNB", 612'400'000},    Known{"DOGE", 214'500},      Known{"ADA", 782'000},     Known{"TRX", 268'000},
    Known{"LINK", 16'420'000},    Known{"AVAX", 24'730'000},   Known{"XLM", 331'000},     Known{"LTC", 97'150'000},
    Known{"DOT", 4'870'000},      Known{"BCH", 486'900'000},   Known{"UNI", 8'960'000},   Known{"NEAR", 3'120'000},
    Known{"ICP", 5'740'000},      Known{"AAVE", 271'300'000},  Known{"ETC", 21'480'000},  Known{"ATOM", 4'390'000},
    Known{"FIL", 2'660'000},      Known{"ALGO", 246'000},      Known{"ARB", 402'000},     Known{"OP", 713'000}};
constexpr std::int64_t made_up_price = 10'000'000;
constexpr std::int64_t touch_notional = 25'000;  // quote, at a best price

InstrumentOptions instrument(std::string symbol, std::int64_t price_ppm) {
  const std::int64_t base_e8 = touch_notional * 1'000'000 * 10'000 / price_ppm * 10'000;
  return {.symbol = std::move(symbol), .fair = {.start = price_ppm}, .touch_quantity = base_e8};
}

InstrumentOptions instrument_of(const std::string& symbol) {
  for (const InstrumentOptions& one : default_instruments())
    if (one.symbol == symbol) return one;
  const std::string_view base = std::string_view(symbol).substr(0, symbol.find('/'));
  const auto found = std::ranges::find(known, base, &Known::base);
  return instrument(symbol, found == known.end() ? made_up_price : found->price_ppm);
}

// Six digits of the price: 64250.0, 148.300, 0.214500.
int price_scale_of(std::int64_t price_ppm) {
  int digits = 0;
  for (std::int64_t rest = price_ppm; rest > 0; rest /= 10) ++digits;
  return std::clamp(fair_scale - (digits - 6), 0, fair_scale);
}

std::optional<VenueOptions> like(std::string_view feed) {
  const std::string_view model = feed == "binance-us" ? "binance" : feed == "coinbase-exchange" ? "coinbase" : feed;
  for (VenueOptions& venue : default_venues())
    if (venue.feed == model) {
      venue.feed = feed;
      return venue;
    }
  return {};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::vector<InstrumentOptions> first_instruments(std::size_t n) {
  std::vector<InstrumentOptions> instruments;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string base = i < known.size()
                                 ? std::string(known[i].base)
                                 : "C" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
    instruments.push_back(instrument_of(base + "/USDT"));
  }
  return instruments;
}

std::vector<InstrumentOptions> named_instruments(std::span<const std::string> symbols) {
  std::vector<InstrumentOptions> instruments;
  for (const std::string& symbol : symbols) instruments.push_back(instrument_of(upper(symbol)));
  return instruments;
}

std::string raw_symbol_of(std::string_view feed, std::string_view symbol) {
  std::string raw(symbol);
  if (feed == "kraken") return raw;
  if (feed == "okx" || feed.starts_with("coinbase")) {
    std::ranges::replace(raw, '/', '-');
    return raw;
  }
  std::erase(raw, '/');
  if (feed == "bitstamp")
    for (char& c : raw) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return raw;
}

std::optional<VenueOptions> venue_listing(std::string_view feed, std::span<const InstrumentOptions> instruments) {
  auto venue = like(feed);
  if (!venue) return {};
  const std::vector<ListingOptions> tuned = venue->listings;
  venue->listings.clear();
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    const std::string raw = raw_symbol_of(feed, instruments[i].symbol);
    const auto same = std::ranges::find(tuned, raw, &ListingOptions::raw_symbol);
    ListingOptions listing = same != tuned.end() ? *same : ListingOptions{.raw_symbol = raw};
    if (same == tuned.end()) listing.price_scale = price_scale_of(instruments[i].fair.start);
    listing.instrument = i;
    venue->listings.push_back(listing);
  }
  return venue;
}

}  // namespace crossbook::market
