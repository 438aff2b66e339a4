// SPDX-License-Identifier: Apache-2.0
//
// HTX (Huobi) spot and perpetual swaps (huobiapi.github.io/docs, "Market By Price" and "Market Depth"; recording of
// 2021). Every frame is one gzip member; inside:
//   {"ch":"market.btcusdt.depth.step0","ts":1618678069870,"tick":{"bids":[[9.121E-7,92730.24]],"asks":[],
//    "version":100182534697,"ts":1618678069868}}                                  the whole window, once a second
//   {"ch":"market.btcusdt.mbp.150","ts":1573199608679,"tick":{"seqNum":46795,"prevSeqNum":46794,"asks":[[645.14,2.7]]}}
//   {"id":"2","rep":"market.btcusdt.mbp.150","status":"ok","data":{"seqNum":46790,"bids":[],"asks":[]}}
//   {"ping":1492420473027}                                                        answered with the same number
// mbp updates chain by prevSeqNum onto a base that is asked for with "req" on the same socket; they are held until it
// comes, as for a base by REST. step0 replaces the book, so its version proves nothing. Numbers are float sums with up
// to 18 digits behind the point, beside sizes of many millions: such a listing turns wide. Swaps add
// market.X.depth.size_150.high_freq, whose versions count by one, and their trades count `amount`, in contracts.
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/inflate.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

void describe(Listing& listing) {
  if (const auto pair = split_joined(listing.raw_symbol)) listing.instrument.symbol = unified(*pair);
}

// BTC-USDT is linear; BTC-USD is inverse, a contract of 100 USD for BTC and of 10 USD for every other coin.
void describe_swap(Listing& listing) {
  const auto pair = split_at(listing.raw_symbol, '-');
  if (!pair) return;
  Instrument& instrument = listing.instrument;
  instrument.quantity_unit = QuantityUnit::contract;
  instrument.inverse = pair->quote == "USD";
  if (pair->quote.find('-') == std::string::npos)  // BTC-USDT-221230 is a delivery contract: raw symbol only
    instrument.symbol = unified(*pair) + ":" + (instrument.inverse ? pair->base : pair->quote);
  if (instrument.inverse) instrument.contract_size.emplace(pair->base == "BTC" ? "100" : "10");
}

// "market.btcusdt.depth.step0" in its parts.
struct Channel {
  std::string_view symbol;
  std::string_view kind;
};

std::optional<Channel> split_channel(std::string_view text) {
  if (!text.starts_with("market.")) return {};
  const std::string_view rest = after(text, '.');
  return Channel{before(rest, '.'), after(rest, '.')};
}

bool is_depth(std::string_view kind) { return kind.starts_with("depth.step") || kind.starts_with("mbp.refresh."); }
bool is_high_frequency(std::string_view kind) { return kind.starts_with("depth.size_"); }
bool is_mbp(std::string_view kind) { return kind.starts_with("mbp.") && !is_depth(kind); }

Result<void> number_high_frequency(ondemand::object& tick, BookEvent& event) {
  CROSSBOOK_JSON(action, tick.find_field_unordered("event").get_string(), "event");
  if (action != "snapshot" && action != "update") return failure(Errc::malformed, "snapshot or update");
  event.kind = action == "snapshot" ? BookEventKind::snapshot : BookEventKind::delta;
  CROSSBOOK_TRY(version, integer_field(tick, "version", "version"));
  event.sequence.last = version;
  if (action == "update") event.sequence.previous = version - 1;
  return {};
}

Result<void> number_book(std::string_view kind, ondemand::object& tick, BookEvent& event) {
  if (is_high_frequency(kind)) return number_high_frequency(tick, event);
  if (is_mbp(kind)) {
    event.kind = BookEventKind::delta;
    CROSSBOOK_TRY(previous, integer_field(tick, "prevSeqNum", "prevSeqNum"));
    event.sequence.previous = previous;
    CROSSBOOK_TRY(last, integer_field(tick, "seqNum", "seqNum"));
    event.sequence.last = last;
    return {};
  }
  CROSSBOOK_TRY(version, optional_integer(tick, "version"));
  CROSSBOOK_TRY(number, optional_integer(tick, "seqNum"));
  event.sequence.last = version ? version : number;
  return {};
}

Result<void> decode_book(Context& context, Listing& listing, std::string_view kind, std::optional<Wall> pushed,
                         ondemand::object& tick, EventBatch& batch) {
  BookEvent event = begin_book(batch, listing, BookEventKind::snapshot);
  CROSSBOOK_CHECKED(number_book(kind, tick, event));
  CROSSBOOK_TRY(stamp, optional_milliseconds(tick, "ts"));
  event.ts_event = stamp ? stamp : pushed;
  CROSSBOOK_TRY(bids, append_side(context, listing, Side::bid, tick, "bids", batch));
  CROSSBOOK_TRY(asks, append_side(context, listing, Side::ask, tick, "asks", batch));
  if (is_depth(kind) && !bids && !asks) {  // a delisted swap goes on sending ticks without sides
    batch.kind = FrameKind::status;
    return {};
  }
  finish_book(batch, event);
  return {};
}

Result<void> decode_trades(Context& context, Listing& listing, ondemand::object& tick, EventBatch& batch) {
  CROSSBOOK_JSON(trades, tick.find_field_unordered("data").get_array(), "data");
  for (auto element : trades) {
    CROSSBOOK_JSON(trade, element.get_object(), "a trade");
    CROSSBOOK_TRY(stamp, optional_milliseconds(trade, "ts"));
    CROSSBOOK_TRY(amount, digits_field(trade, "amount", "amount"));
    CROSSBOOK_TRY(price, digits_field(trade, "price", "price"));
    CROSSBOOK_JSON(direction, trade.find_field_unordered("direction").get_string(), "direction");
    CROSSBOOK_TRY(taker, taker_side(direction));
    CROSSBOOK_CHECKED(append_trade(context, listing, {price, amount, taker, false, stamp}, batch));
  }
  return {};
}

// Spot: "bid":1.5,"bidSize":2; swaps: "bid":[1.5,2].
Result<std::optional<Level>> read_bbo_side(Context& context, Listing& listing, ondemand::object& tick,
                                           std::string_view key, std::string_view size_key) {
  CROSSBOOK_TRY(field, optional_field(tick, key));
  if (!field) return std::optional<Level>();
  CROSSBOOK_JSON(type, field->type(), "a best price");
  if (type != ondemand::json_type::array) return read_touch(context, listing, tick, key, size_key);
  CROSSBOOK_JSON(row, field->get_array(), "a price and a size");
  CROSSBOOK_TRY(cells, row_cells<2>(row, "a price and a size"));
  return read_touch(context, listing, cells[0], cells[1]);
}

Result<void> decode_bbo(Context& context, Listing& listing, std::optional<Wall> pushed, ondemand::object& tick,
                        EventBatch& batch) {
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(sequence, optional_integer(tick, "seqId"));
  bbo.sequence = sequence;
  CROSSBOOK_TRY(quoted, optional_milliseconds(tick, "quoteTime"));
  bbo.ts_event = quoted ? quoted : pushed;
  CROSSBOOK_TRY(bid, read_bbo_side(context, listing, tick, "bid", "bidSize"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_bbo_side(context, listing, tick, "ask", "askSize"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_push(Context& context, const Channel& channel, ondemand::object& message, EventBatch& batch) {
  const bool book = is_depth(channel.kind) || is_high_frequency(channel.kind) || is_mbp(channel.kind);
  if (!book && channel.kind != "trade.detail" && channel.kind != "bbo") {
    if (channel.kind.starts_with("kline.") || channel.kind == "detail" || channel.kind == "ticker")
      batch.kind = FrameKind::status;
    return {};
  }
  Listing* const listing = context.subject(channel.symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(pushed, optional_milliseconds(message, "ts"));
  CROSSBOOK_JSON(tick, message.find_field_unordered("tick").get_object(), "tick");
  if (book) return decode_book(context, *listing, channel.kind, pushed, tick, batch);
  if (channel.kind == "bbo") return decode_bbo(context, *listing, pushed, tick, batch);
  return decode_trades(context, *listing, tick, batch);
}

// The answer to {"req":"market.btcusdt.mbp.150"}.
Result<void> decode_base(Context& context, const Channel& channel, ondemand::object& message, EventBatch& batch) {
  batch.kind = FrameKind::ack;
  if (!is_mbp(channel.kind)) return {};
  Listing* const listing = context.subject(channel.symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  CROSSBOOK_JSON(base, message.find_field_unordered("data").get_object(), "data");
  BookEvent event = begin_book(batch, *listing, BookEventKind::snapshot);
  event.from_rest = true;
  CROSSBOOK_TRY(number, integer_field(base, "seqNum", "seqNum"));
  event.sequence.last = number;
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::bid, base, "bids", batch));
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::ask, base, "asks", batch));
  finish_book(batch, event);
  return {};
}

Result<void> decode_text(Context& context, std::string_view text, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(text), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_TRY(pushed, optional_text(message, "ch"));
  CROSSBOOK_TRY(ping, optional_field(message, "ping"));
  if (ping) batch.kind = FrameKind::heartbeat;
  if (pushed) {
    if (const auto channel = split_channel(*pushed)) return decode_push(context, *channel, message, batch);
    return {};
  }
  CROSSBOOK_TRY(status, optional_text(message, "status"));
  if (!status) return {};
  batch.kind = *status == "ok" ? FrameKind::ack : FrameKind::error;
  CROSSBOOK_TRY(answered, optional_text(message, "rep"));
  if (*status != "ok" || !answered) return {};
  if (const auto channel = split_channel(*answered)) return decode_base(context, *channel, message, batch);
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  std::string_view text = bytes;
  if (is_gzip(bytes)) {
    CROSSBOOK_TRY(inflated, inflate_frame(bytes, context.inflated));
    text = inflated;
  }
  CROSSBOOK_CHECKED(decode_text(context, text, batch));
  return fits(context);
}

constexpr Feed row(std::string_view name, std::string_view url, SnapshotSource snapshot,
                   void (*describe_listing)(Listing&)) {
  return {.name = name,
          .venue = "htx",
          .url = url,
          .rule = SequenceRule::previous,
          .snapshot = snapshot,
          .silence_max = seconds(20),
          .decode = decode,
          .describe = describe_listing,
          .detects = "mbp and high_freq: lost, duplicated and reordered messages; step0: nothing",
          .misses = "step0: lost messages, which the next whole window repairs"};
}

}  // namespace

constinit const Feed htx = row("htx", "wss://api.huobi.pro/feed", SnapshotSource::rest, describe);
constinit const Feed htx_swap =
    row("htx-swap", "wss://api.hbdm.com/linear-swap-ws", SnapshotSource::stream, describe_swap);

}  // namespace crossbook::venue
