// SPDX-License-Identifier: Apache-2.0
//
// Kraken (docs.kraken.com/api, "Get Tradable Asset Pairs"; 2026-06). wsname spells XBT and XDG where the socket spells
// BTC and DOGE:
//   {"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,
//    "ordermin":"0.0001","costmin":"0.5","tick_size":"0.1","status":"online"}}}
// Bitstamp (www.bitstamp.net/api, "Markets"; read 2026-09-15). Steps are numbers of decimals:
//   [{"name":"BTC/USD","market_symbol":"btcusd","base_decimals":8,"counter_decimals":0,"minimum_order_value":"10",
//    "trading":"Enabled","market_type":"SPOT"}]
#include "crossbook/venue/instrument_lists.hpp"

#include "crossbook/venue/instrument_texts.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

// The field's digits; empty where it is absent.
Result<std::string_view> digits_or_none(ondemand::object& object, std::string_view key) {
  CROSSBOOK_TRY(field, optional_field(object, key));
  if (!field) return std::string_view();
  return number_text(*field);
}

Result<std::string> step_of(ondemand::object& object, std::string_view key) {
  CROSSBOOK_TRY(decimals, optional_integer(object, key));
  if (!decimals) return std::string();
  if (*decimals < 0 || *decimals > scale_max) return failure(Errc::malformed, "a number of decimals");
  return decimal_step(static_cast<int>(*decimals));
}

Result<void> read_pair(Context& context, ondemand::object pair) {
  CROSSBOOK_TRY(name, optional_text(pair, "wsname"));
  if (!name) return {};  // dark pools have none
  const auto split = split_at(*name, '/');
  if (!split) return failure(Errc::malformed, "wsname as BASE/QUOTE");
  const std::string symbol = unified(*split);
  CROSSBOOK_TRY(lot, step_of(pair, "lot_decimals"));
  InstrumentTexts texts;
  texts.raw_symbol = symbol;
  texts.lot_size = lot;
  CROSSBOOK_TRY(tick, digits_or_none(pair, "tick_size"));
  texts.tick_size = tick;
  CROSSBOOK_TRY(least, digits_or_none(pair, "ordermin"));
  texts.min_quantity = least;
  CROSSBOOK_TRY(cost, digits_or_none(pair, "costmin"));
  texts.min_notional = cost;
  return fill_instrument(context, texts);
}

Result<void> read_market(Context& context, ondemand::object market) {
  CROSSBOOK_JSON(symbol, market.find_field_unordered("market_symbol").get_string(), "market_symbol");
  CROSSBOOK_TRY(tick, step_of(market, "counter_decimals"));
  CROSSBOOK_TRY(lot, step_of(market, "base_decimals"));
  InstrumentTexts texts;
  texts.raw_symbol = symbol;
  texts.tick_size = tick;
  texts.lot_size = lot;
  CROSSBOOK_TRY(value, digits_or_none(market, "minimum_order_value"));
  texts.min_notional = value;
  return fill_instrument(context, texts);
}

}  // namespace

Result<void> decode_kraken_pairs(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  if (url.find("/AssetPairs") == std::string_view::npos) return {};
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, whole_object(document));
  CROSSBOOK_TRY(pairs, optional_field(body, "result"));
  batch.kind = pairs ? FrameKind::status : FrameKind::error;
  if (!pairs) return {};
  CROSSBOOK_JSON(all, pairs->get_object(), "result");
  for (auto field : all) {
    CROSSBOOK_JSON(pair, field.value().get_object(), "a pair");
    CROSSBOOK_CHECKED(read_pair(context, pair));
  }
  return {};
}

Result<void> decode_bitstamp_markets(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(markets, whole_array(document));
  batch.kind = FrameKind::status;
  for (auto element : markets) {
    CROSSBOOK_JSON(market, element.get_object(), "a market");
    CROSSBOOK_CHECKED(read_market(context, market));
  }
  return {};
}

}  // namespace crossbook::venue
