// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/symbols.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "crossbook/core/check.hpp"
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

// A contract costs what its pair does.
InstrumentOptions instrument_of(const std::string& symbol) {
  for (InstrumentOptions& one : default_instruments()) {
    if (one.symbol != symbol.substr(0, symbol.find(':'))) continue;
    one.symbol = symbol;
    return one;
  }
  const auto found = std::ranges::find(known, currencies_of(symbol).base, &Known::base);
  return instrument(symbol, found == known.end() ? made_up_price : found->price_ppm);
}

int digits_of(std::int64_t number) {
  int digits = 0;
  for (; number > 0; number /= 10) ++digits;
  return digits;
}

// Six digits of the price: 64250.0, 148.300, 0.214500.
int price_scale_of(std::int64_t price_ppm) {
  return std::clamp(fair_scale - (digits_of(price_ppm) - 6), 0, fair_scale);
}

// Contracts are sold in steps of a few quote units: 0.001 BTC, 0.1 SOL, 1 XRP.
int contract_scale_of(std::int64_t price_ppm) { return std::max(digits_of(price_ppm) - 8, 0); }

// Linear contracts count base units. Inverse ones are of 100 USD for BTC, else of 10, and counted whole.
void size_contracts(Contract contract, const InstrumentOptions& traded, ListingOptions& listing) {
  if (contract == Contract::linear) listing.quantity_scale = contract_scale_of(traded.fair.start);
  if (contract != Contract::inverse) return;
  listing.quantity_scale = 0;
  listing.contract_size = currencies_of(traded.symbol).base == "BTC" ? 100 : 10;
}

// A feed that has no row of its own in default_venues(), and whose row it borrows.
struct Alike {
  std::string_view feed;
  std::string_view model;
};
constexpr std::array alike{Alike{"binance-us", "binance"}, Alike{"binance-usdm", "binance"},
                           Alike{"binance-coinm", "binance"}, Alike{"bybit-linear", "bybit-spot"},
                           Alike{"coinbase-exchange", "coinbase"}};

std::optional<VenueOptions> like(std::string_view feed) {
  const auto found = std::ranges::find(alike, feed, &Alike::feed);
  for (VenueOptions& venue : default_venues()) {
    if (venue.feed != (found == alike.end() ? feed : found->model)) continue;
    venue.feed = feed;
    if (contract_of(feed) != Contract::none) venue.listings.clear();
    return venue;
  }
  return {};
}

std::string listed_as(Contract contract, const std::string& base) {
  switch (contract) {
    case Contract::none: return base + "/USDT";
    case Contract::linear: return base + "/USDT:USDT";
    case Contract::inverse: return base + "/USD:" + base;
  }
  return {};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

Currencies currencies_of(std::string_view symbol) {
  const auto split = [](std::string_view text, char at) {
    const std::size_t mark = std::min(text.find(at), text.size());
    return std::pair(text.substr(0, mark), text.substr(std::min(mark + 1, text.size())));
  };
  const auto [base, rest] = split(symbol, '/');
  const auto [quote, settle] = split(rest, ':');
  return {.base = base, .quote = quote, .settle = settle};
}

Contract contract_of(std::string_view feed) {
  const venue::StreamDialect* row = venue::find_streams(feed);
  return row != nullptr ? row->spelling.contract : Contract::none;
}

std::vector<InstrumentOptions> first_instruments(std::size_t n, Contract contract) {
  std::vector<InstrumentOptions> instruments;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string base = i < known.size()
                                 ? std::string(known[i].base)
                                 : "C" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
    instruments.push_back(instrument_of(listed_as(contract, base)));
  }
  return instruments;
}

std::vector<InstrumentOptions> named_instruments(std::span<const std::string> symbols) {
  std::vector<InstrumentOptions> instruments;
  for (const std::string& symbol : symbols) instruments.push_back(instrument_of(upper(symbol)));
  return instruments;
}

std::optional<VenueOptions> venue_listing(std::string_view feed, std::span<const InstrumentOptions> instruments) {
  auto venue = like(feed);
  if (!venue) return {};
  const venue::StreamDialect* spoken = venue::find_streams(feed);
  CROSSBOOK_ASSERT(spoken != nullptr);
  const std::vector<ListingOptions> tuned = std::exchange(venue->listings, {});
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    const auto raw = venue::raw_symbol(*spoken, instruments[i].symbol);
    if (!raw) continue;
    const auto same = std::ranges::find(tuned, *raw, &ListingOptions::raw_symbol);
    ListingOptions listing = same != tuned.end() ? *same : ListingOptions{.raw_symbol = *raw};
    if (same == tuned.end()) listing.price_scale = price_scale_of(instruments[i].fair.start);
    size_contracts(contract_of(feed), instruments[i], listing);
    listing.instrument = i;
    venue->listings.push_back(listing);
  }
  return venue;
}

}  // namespace crossbook::market
