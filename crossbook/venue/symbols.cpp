// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/symbols.hpp"

#include <algorithm>
#include <array>

namespace crossbook::venue {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

// Joined spellings that the longest known quote would split in the wrong place.
struct KnownPair {
  std::string_view raw, base, quote;
};
constexpr std::array known_pairs{
    KnownPair{"YFIHUSD", "YFI", "HUSD"},   KnownPair{"BTCHUSD", "BTC", "HUSD"},
    KnownPair{"ETHHUSD", "ETH", "HUSD"},   KnownPair{"GUSDUSD", "GUSD", "USD"},
    KnownPair{"TUSDUSDT", "TUSD", "USDT"}, KnownPair{"BUSDUSDT", "BUSD", "USDT"},
    KnownPair{"USDCUSDT", "USDC", "USDT"}, KnownPair{"FDUSDUSDT", "FDUSD", "USDT"},
};

constexpr std::array<std::string_view, 32> known_quotes{
    "FDUSD", "USDT", "USDC", "USDD", "BUSD", "TUSD", "HUSD", "GUSD", "BIDR", "IDRT", "RLUSD",
    "USD",   "EUR",  "GBP",  "JPY",  "TRY",  "BRL",  "AUD",  "CAD",  "CHF",  "SGD",  "MXN",
    "DAI",   "PAX",  "BTC",  "ETH",  "BNB",  "LTC",  "BCH",  "TRX",  "FIL",  "HT"};

// Currencies that end where a quote could begin: ETHUSD is ETH/USD, not ET/HUSD. A base of this table wins over the
// longest quote.
constexpr std::array<std::string_view, 64> known_bases{
    "AAVE",  "ADA",   "ALGO", "ANKR", "APT",  "ARB",  "ATOM", "AVAX", "BAT",  "BCH", "BNB", "BNT",  "BSV",
    "BTC",   "BTG",   "COMP", "CRV",  "DASH", "DOGE", "DOT",  "ENG",  "ENJ",  "EOS", "ETC", "ETH",  "EUR",
    "FET",   "FIL",   "FLR",  "FTT",  "GBP",  "GRT",  "HBAR", "ICP",  "KNC",  "KSM", "LDO", "LINK", "LRC",
    "LTC",   "MATIC", "NEAR", "OMG",  "PEPE", "PYTH", "RNDR", "SAND", "SHIB", "SNT", "SNX", "SOL",  "SUI",
    "SUSHI", "TRX",   "UMA",  "UNI",  "USDC", "USDT", "XLM",  "XRP",  "XTZ",  "YFI", "ZEC", "ZRX"};

bool is_known_base(std::string_view currency) { return std::ranges::find(known_bases, currency) != known_bases.end(); }

}  // namespace

std::optional<Pair> split_joined(std::string_view raw) {
  const std::string text = upper(raw);
  for (const KnownPair& pair : known_pairs)
    if (pair.raw == text) return Pair{std::string(pair.base), std::string(pair.quote)};
  std::string_view best;
  bool best_known = false;
  for (const std::string_view quote : known_quotes) {
    if (text.size() <= quote.size() || !text.ends_with(quote)) continue;
    const bool known = is_known_base(std::string_view(text).substr(0, text.size() - quote.size()));
    if (known < best_known || (known == best_known && quote.size() <= best.size())) continue;
    best = quote;
    best_known = known;
  }
  if (best.empty()) return {};
  return Pair{text.substr(0, text.size() - best.size()), std::string(best)};
}

std::optional<Pair> split_at(std::string_view raw, char separator) {
  const std::size_t at = raw.find(separator);
  if (at == 0 || at == std::string_view::npos || at + 1 == raw.size()) return {};
  return Pair{upper(raw.substr(0, at)), upper(raw.substr(at + 1))};
}

std::string unified(const Pair& pair) {
  const auto alias = [](const std::string& currency) -> std::string {
    if (currency == "XBT" || currency == "XXBT") return "BTC";
    if (currency == "XDG" || currency == "XXDG") return "DOGE";
    return currency;
  };
  return alias(pair.base) + "/" + alias(pair.quote);
}

}  // namespace crossbook::venue
