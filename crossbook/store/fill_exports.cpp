// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <limits>

#include "crossbook/core/decimal.hpp"
#include "crossbook/store/fill_row.hpp"

// Files that venues and recordings give: none has bps or, but for ledgers, latencies.
namespace crossbook::store {
namespace {

sys::Outcome<double> read_price(std::string_view text) {
  return read_number(text, std::numeric_limits<double>::min(), std::numeric_limits<double>::max());
}

std::string without_commas(std::string_view text) {
  std::string plain;
  for (const char byte : text)
    if (byte != ',') plain.push_back(byte);
  return plain;
}

sys::Outcome<std::string> read_symbol(std::string_view text, const FillFileOptions& options) {
  if (!text.empty() && options.unified_symbol) {
    if (auto symbol = options.unified_symbol(text)) return *symbol;
  }
  return sys::fault("no known pair");
}

// price * quantity in 1e-6 of the quote currency.
sys::Outcome<std::int64_t> notional_of(std::string_view price, std::string_view quantity) {
  std::int64_t price_units = 0;
  std::int64_t quantity_units = 0;
  CROSSBOOK_READ(price_units, "price", price, read_units(price));
  CROSSBOOK_READ(quantity_units, "quantity", quantity, read_units(quantity));
  if (price_units <= 0 || quantity_units <= 0) return sys::fault("price and quantity must be above zero");
  const Wide notional = wide_product(price_units, quantity_units) / power_of_ten(10);
  return notional > notional_max ? notional_max : static_cast<std::int64_t>(notional);
}

struct Amount {
  std::string number;
  std::string currency;
};

// "0.00100000BTC", "1,234.5 USDT". `known` are currencies that the row names otherwise; some begin with a digit.
sys::Outcome<Amount> read_amount(std::string_view text, std::initializer_list<std::string_view> known) {
  const std::string plain = without_commas(text);
  const auto split = [&](std::size_t at) {
    Amount amount{.number = plain.substr(0, at), .currency = plain.substr(at)};
    while (!amount.number.empty() && amount.number.back() == ' ') amount.number.pop_back();
    return amount;
  };
  for (const std::string_view currency : known) {
    if (!currency.empty() && plain.size() > currency.size() && plain.ends_with(currency))
      return split(plain.size() - currency.size());
  }
  std::size_t at = plain.size();
  while (at > 0 && std::isalpha(static_cast<unsigned char>(plain[at - 1])) != 0) --at;
  if (at == 0 || at == plain.size()) return sys::fault("a number and its currency are expected");
  return split(at);
}

// Kraken's long names: XXBTZUSD is XBTUSD.
std::string short_kraken_pair(std::string_view pair) {
  const auto marked = [](char mark) { return mark == 'X' || mark == 'Z'; };
  if (pair.size() == 8 && marked(pair[0]) && marked(pair[4])) {
    return std::string(pair.substr(1, 3)).append(pair.substr(5));
  }
  return std::string(pair);
}

}  // namespace

// Its trade ids are the venue's, which many count per symbol, so the symbol goes before them.
sys::Outcome<Fill> parse_ledger(const FillRow& row, const FillFileOptions& options) {
  Fill fill;
  Execution& execution = fill.execution;
  CROSSBOOK_READ(execution.at, "t_recv_ns", row[Column::filled], read_time(row[Column::filled]));
  Wall sent;
  Wall acknowledged;
  CROSSBOOK_READ(sent, "t_sent_ns", row[Column::sent], read_time(row[Column::sent]));
  CROSSBOOK_READ(acknowledged, "t_ack_ns", row[Column::acknowledged], read_time(row[Column::acknowledged]));
  if (execution.at < sent) return sys::fault("t_recv_ns is before t_sent_ns");
  if (row[Column::exchange].empty()) return sys::fault("venue is empty");
  fill.exchange = row[Column::exchange];
  CROSSBOOK_READ(fill.symbol, "symbol", row[Column::symbol], read_symbol(row[Column::symbol], options));
  CROSSBOOK_READ(execution.role, "liquidity", row[Column::role], read_role(row[Column::role]));
  CROSSBOOK_READ(fill.price, "price", row[Column::price], read_price(row[Column::price]));
  const auto notional = notional_of(row[Column::price], row[Column::quantity]);
  if (!notional) return sys::fault(notional.error());
  execution.notional = *notional;
  execution.latency = execution.at - sent;
  execution.order_to_ack = acknowledged - sent;
  execution.ack_to_fill = execution.at - acknowledged;
  const auto booked = book_fee(fill, {.fee = row[Column::fee], .currency = row[Column::fee_currency]});
  if (!booked) return sys::fault(booked.error());
  fill.order_id = row[Column::order_id];
  if (!row[Column::trade_id].empty()) fill.trade_id = fill.symbol + ":" + std::string(row[Column::trade_id]);
  return fill;
}

// Spot trade history, both layouts: "Executed" and "Fee" carry their currency, or "Fee Coin" names it. Times are UTC;
// the year has two or four digits. No trade ids, and no word on maker or taker.
sys::Outcome<Fill> parse_binance(const FillRow& row, const FillFileOptions& options) {
  Fill fill{.exchange = "binance"};
  Execution& execution = fill.execution;
  execution.role = options.role;
  std::string time(row[Column::time]);
  if (time.size() > 2 && time[2] == '-') time.insert(0, "20");
  CROSSBOOK_READ(execution.at, "Date(UTC)", time, read_time(time));
  CROSSBOOK_READ(fill.symbol, "Pair", row[Column::symbol], read_symbol(row[Column::symbol], options));
  const std::size_t slash = fill.symbol.find('/');
  const std::string base = fill.symbol.substr(0, slash);
  const std::string quote = fill.symbol.substr(slash + 1);
  const std::string price = without_commas(row[Column::price]);
  CROSSBOOK_READ(fill.price, "Price", price, read_price(price));
  Amount executed{.number = without_commas(row[Column::quantity]), .currency = {}};
  Amount fee{.number = without_commas(row[Column::fee]), .currency = std::string(row[Column::fee_currency])};
  if (fee.currency.empty()) {
    CROSSBOOK_READ(executed, "Executed", row[Column::quantity], read_amount(row[Column::quantity], {base}));
    CROSSBOOK_READ(fee, "Fee", row[Column::fee], read_amount(row[Column::fee], {quote, base}));
  }
  const auto notional = notional_of(price, executed.number);
  if (!notional) return sys::fault(notional.error());
  execution.notional = *notional;
  const auto booked = book_fee(fill, {.fee = fee.number, .currency = fee.currency});
  if (!booked) return sys::fault(booked.error());
  return fill;
}

// "Trades" export: fees in the quote currency, booked to 5 places. A market order takes; a limit order does not say.
sys::Outcome<Fill> parse_kraken(const FillRow& row, const FillFileOptions& options) {
  Fill fill{.exchange = "kraken"};
  Execution& execution = fill.execution;
  execution.role = row[Column::order_kind] == "market" ? Role::taker : options.role;
  CROSSBOOK_READ(execution.at, "time", row[Column::time], read_time(row[Column::time]));
  const std::string pair = short_kraken_pair(row[Column::symbol]);
  CROSSBOOK_READ(fill.symbol, "pair", row[Column::symbol], read_symbol(pair, options));
  CROSSBOOK_READ(fill.price, "price", row[Column::price], read_price(row[Column::price]));
  CROSSBOOK_READ(execution.notional, "cost", row[Column::notional], read_notional(row[Column::notional]));
  const auto booked = book_fee(fill, {.fee = row[Column::fee], .currency = {}, .rate = {}, .unit = 1'000});
  if (!booked) return sys::fault(booked.error());
  fill.order_id = row[Column::order_id];
  fill.trade_id = row[Column::trade_id];
  return fill;
}

// "Fills" export. Its trade ids count per product, so the symbol goes before them.
sys::Outcome<Fill> parse_coinbase(const FillRow& row, const FillFileOptions& options) {
  Fill fill{.exchange = "coinbase"};
  Execution& execution = fill.execution;
  execution.role = options.role;
  CROSSBOOK_READ(execution.at, "created at", row[Column::time], read_time(row[Column::time]));
  CROSSBOOK_READ(fill.symbol, "product", row[Column::symbol], read_symbol(row[Column::symbol], options));
  CROSSBOOK_READ(fill.price, "price", row[Column::price], read_price(row[Column::price]));
  const auto notional = notional_of(row[Column::price], row[Column::quantity]);
  if (!notional) return sys::fault(notional.error());
  execution.notional = *notional;
  const auto booked = book_fee(fill, {.fee = row[Column::fee], .currency = row[Column::fee_currency]});
  if (!booked) return sys::fault(booked.error());
  fill.order_id = row[Column::order_id];
  if (!row[Column::trade_id].empty()) fill.trade_id = fill.symbol + ":" + std::string(row[Column::trade_id]);
  return fill;
}

}  // namespace crossbook::store
