// SPDX-License-Identifier: Apache-2.0
//
// Bitfinex WebSocket v2 (docs.bitfinex.com, "Public Channels" and "Conf Flags"; read through venue notes of 2026-09).
//   {"event":"subscribed","channel":"book","chanId":17,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"100"}
//   [17,[[6000,1,0.5],[6100,2,-3]],1]      snapshot: [price, count, amount], asks negative
//   [17,[6000,0,1],2]                      one level; count 0 deletes, amount 1 a bid, -1 an ask
//   [17,"hb",3]   [17,"cs",1756193398,4]   heartbeat; CRC-32 of the best 25 levels a side
// With the conf flag SEQ_ALL every array frame ends with one counter per socket, heartbeats and checksums included, and
// with TIMESTAMP the time of sending follows it. Raw-order books (R0) and funding books are not books of levels: they
// are known and skipped. The ticker's sizes are sums over 25 levels, so it is no best-bid-ask stream.
#include <array>
#include <string>

#include "crossbook/core/crc32.hpp"
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

constexpr std::int64_t flag_timestamp = 32768;
constexpr std::int64_t flag_sequence = 65536;
constexpr std::int64_t flag_bulk_updates = 536870912;

// Channel::kind. A book that had its snapshot is told apart because a bulk update looks like a snapshot.
constexpr char kind_conf = 'c';
constexpr char kind_book = 'b';
constexpr char kind_whole_book = 'B';
constexpr char kind_trades = 't';
constexpr char kind_other = '-';

void describe(Listing& listing) {
  std::string_view raw = listing.raw_symbol;
  if (!raw.starts_with('t')) return;
  raw.remove_prefix(1);
  auto pair = raw.find(':') != std::string_view::npos ? split_at(raw, ':')
              : raw.size() == 6 ? std::optional(Pair{std::string(raw.substr(0, 3)), std::string(raw.substr(3))})
                                : split_joined(raw);
  if (!pair) return;
  const bool perpetual = pair->base.ends_with("F0") && pair->quote.ends_with("F0");
  for (std::string* name : {&pair->base, &pair->quote}) {
    if (perpetual) name->resize(name->size() - 2);
    if (*name == "UST") *name = "USDT";
    if (*name == "UDC") *name = "USDC";
  }
  listing.instrument.symbol = unified(*pair);
  if (perpetual) listing.instrument.symbol += ":" + pair->quote;
}

Channel* find_channel(Connection& connection, std::int64_t id) {
  for (Channel& channel : connection.channels)
    if (channel.kind != kind_conf && channel.id == id) return &channel;
  return nullptr;
}

std::int64_t flags_of(const Connection& connection) {
  for (const Channel& channel : connection.channels)
    if (channel.kind == kind_conf) return channel.id;
  return 0;
}

void set_flags(Connection& connection, std::int64_t flags) {
  for (Channel& channel : connection.channels) {
    if (channel.kind != kind_conf) continue;
    channel.id = flags;
    return;
  }
  connection.channels.push_back({.id = flags, .kind = kind_conf});
}

char kind_of_subscription(std::string_view channel, std::string_view symbol, std::string_view precision) {
  if (!symbol.starts_with('t')) return kind_other;
  if (channel == "book") return precision.starts_with('R') ? kind_other : kind_book;
  return channel == "trades" ? kind_trades : kind_other;
}

Result<void> decode_subscribed(Context& context, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_JSON(channel, message.find_field_unordered("channel").get_string(), "channel");
  CROSSBOOK_TRY(id, integer_field(message, "chanId", "chanId"));
  CROSSBOOK_TRY(symbol, optional_text(message, "symbol"));  // candles have a key instead
  CROSSBOOK_TRY(precision, optional_text(message, "prec"));
  batch.kind = FrameKind::ack;
  if (context.connection == nullptr) return {};
  Channel entry{.id = id, .kind = kind_of_subscription(channel, symbol.value_or(""), precision.value_or(""))};
  if (entry.kind != kind_other) {
    const Listing* const listing = context.subject(*symbol);
    if (listing == nullptr) {
      entry.kind = kind_other;
    } else {
      entry.listing = listing->id;
      batch.subject = listing->id;
    }
  }
  if (Channel* known = find_channel(*context.connection, id)) {
    *known = entry;
  } else {
    context.connection->channels.push_back(entry);
  }
  return {};
}

Result<void> decode_unsubscribed(Context& context, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(id, integer_field(message, "chanId", "chanId"));
  batch.kind = FrameKind::ack;
  if (context.connection == nullptr) return {};
  std::erase_if(context.connection->channels,
                [id = id](const Channel& channel) { return channel.kind != kind_conf && channel.id == id; });
  return {};
}

Result<void> decode_conf(Context& context, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(flags, integer_field(message, "flags", "flags"));
  CROSSBOOK_TRY(status, optional_text(message, "status"));
  batch.kind = FrameKind::ack;
  if (context.connection != nullptr) set_flags(*context.connection, status.value_or("OK") == "OK" ? flags : 0);
  return {};
}

Result<void> decode_event(Context& context, ondemand::document& document, EventBatch& batch) {
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_JSON(event, message.find_field_unordered("event").get_string(), "event");
  if (event == "subscribed") return decode_subscribed(context, message, batch);
  if (event == "unsubscribed") return decode_unsubscribed(context, message, batch);
  if (event == "conf") return decode_conf(context, message, batch);
  if (event == "info") batch.kind = FrameKind::status;
  if (event == "error") batch.kind = FrameKind::error;
  if (event == "pong") batch.kind = FrameKind::heartbeat;
  return {};
}

Result<void> append_row(Context& context, Listing& listing, ondemand::array row, EventBatch& batch) {
  CROSSBOOK_TRY(cells, row_cells<3>(row, "a price, a count and an amount"));
  auto [price, count_text, amount] = cells;
  CROSSBOOK_TRY(count, read_integer(count_text));
  if (count < 0) return failure(Errc::malformed, "a count that is not negative");
  const Side side = amount.starts_with('-') ? Side::ask : Side::bid;
  if (side == Side::ask) amount.remove_prefix(1);
  CROSSBOOK_TRY(shape, decimal_shape(amount));
  static_cast<void>(shape);
  if (count > 0 && amount.find_first_of("123456789") == std::string_view::npos)
    return failure(Errc::malformed, "an amount other than 0");
  return append_level(context, listing, side, price, count == 0 ? "0" : amount, batch);
}

Result<void> append_print(Context& context, Listing& listing, ondemand::array row, bool history, EventBatch& batch) {
  CROSSBOOK_TRY(cells, row_cells<4>(row, "a trade's id, time, amount and price"));
  auto [id, stamp, amount, price] = cells;
  CROSSBOOK_TRY(ms, read_integer(stamp));
  const Side taker = amount.starts_with('-') ? Side::ask : Side::bid;
  if (taker == Side::ask) amount.remove_prefix(1);
  return append_trade(context, listing, {price, amount, taker, history, wall_from_milliseconds(ms)}, batch);
}

// Whether the payload holds rows rather than being one row; an empty payload is the snapshot of an empty book.
Result<bool> holds_rows(ondemand::array& payload) {
  bool rows = true;
  for (auto element : payload) {
    CROSSBOOK_JSON(value, element, "a row");
    CROSSBOOK_JSON(type, value.type(), "a row or a number");
    rows = type == ondemand::json_type::array;
    break;
  }
  payload.reset();
  return rows;
}

Result<void> decode_book(Context& context, const Channel& channel, ondemand::array payload, EventBatch& batch) {
  Listing& listing = context.listings[channel.listing];
  CROSSBOOK_TRY(many, holds_rows(payload));
  const bool bulk = channel.kind == kind_whole_book && (flags_of(*context.connection) & flag_bulk_updates) != 0;
  BookEvent event = begin_book(batch, listing, many && !bulk ? BookEventKind::snapshot : BookEventKind::delta);
  if (!many) {
    CROSSBOOK_CHECKED(append_row(context, listing, payload, batch));
  } else {
    for (auto element : payload) {
      CROSSBOOK_JSON(row, element.get_array(), "a level");
      CROSSBOOK_CHECKED(append_row(context, listing, row, batch));
    }
  }
  finish_book(batch, event);
  return {};
}

Result<void> decode_payload(Context& context, const Channel& channel, ondemand::array payload, EventBatch& batch) {
  batch.kind = FrameKind::events;
  if (channel.kind == kind_book || channel.kind == kind_whole_book)
    return decode_book(context, channel, payload, batch);
  if (channel.kind != kind_trades) {
    batch.kind = FrameKind::status;
    return {};
  }
  for (auto element : payload) {
    CROSSBOOK_JSON(row, element.get_array(), "a trade");
    CROSSBOOK_CHECKED(append_print(context, context.listings[channel.listing], row, true, batch));
  }
  oldest_first(batch);
  return {};
}

// What the text behind the channel id announces; "te" and "cs" have a payload of their own.
Result<void> decode_tagged(Context& context, const Channel* channel, std::string_view tag, ondemand::value payload,
                           EventBatch& batch) {
  if (channel == nullptr) return {};
  if (tag == "te" && channel->kind == kind_trades) {
    batch.kind = FrameKind::events;
    CROSSBOOK_JSON(row, payload.get_array(), "a trade");
    return append_print(context, context.listings[channel->listing], row, false, batch);
  }
  if (tag == "cs" && (channel->kind == kind_book || channel->kind == kind_whole_book)) {
    batch.kind = FrameKind::events;
    CROSSBOOK_TRY(text, number_text(payload));
    CROSSBOOK_TRY(checksum, read_integer(text));
    BookEvent event = begin_book(batch, context.listings[channel->listing], BookEventKind::delta);
    event.checksum = static_cast<std::uint32_t>(checksum);
    finish_book(batch, event);
    return {};
  }
  // "tu" repeats a trade that "te" announced already; "fte" and "ftu" are funding.
  if (tag == "cs" || tag == "te" || tag == "tu" || tag == "fte" || tag == "ftu") batch.kind = FrameKind::status;
  return {};
}

// The numbers behind the payload, as far as the conf flags ask for them.
Result<void> read_tail(std::int64_t flags, int position, ondemand::value value, EventBatch& batch,
                       std::optional<Wall>& sent) {
  const bool sequenced = (flags & flag_sequence) != 0;
  if (position == 0 && sequenced) {
    CROSSBOOK_TRY(text, number_text(value));
    CROSSBOOK_TRY(sequence, read_integer(text));
    batch.connection_sequence = sequence;
  } else if (position == (sequenced ? 1 : 0) && (flags & flag_timestamp) != 0) {
    CROSSBOOK_TRY(text, number_text(value));
    CROSSBOOK_TRY(ms, read_integer(text));
    sent = wall_from_milliseconds(ms);
  }
  return {};
}

struct ArrayFrame {
  std::int64_t channel_id = 0;
  std::string_view tag;
  int tail_at = 2;  // position of the first number behind the payload
  std::optional<Wall> sent;
};

Result<void> decode_cell(Context& context, int position, ondemand::value value, ArrayFrame& frame, EventBatch& batch) {
  Connection& connection = *context.connection;
  if (position == 0) {
    CROSSBOOK_JSON(id, value.get_int64(), "a channel id");
    frame.channel_id = id;
    const Channel* const channel = find_channel(connection, id);
    if (channel != nullptr && channel->kind != kind_other) {
      context.named = channel->listing;
      batch.subject = channel->listing;
    }
    return {};
  }
  const Channel* const channel = find_channel(connection, frame.channel_id);
  if (position == 1) {
    CROSSBOOK_JSON(type, value.type(), "a payload");
    if (type == ondemand::json_type::string) {
      CROSSBOOK_JSON(tag, value.get_string(), "a tag");
      frame.tag = tag;
      frame.tail_at = tag == "hb" ? 2 : 3;
      if (tag == "hb") batch.kind = FrameKind::heartbeat;
      return {};
    }
    CROSSBOOK_JSON(payload, value.get_array(), "a payload");
    if (channel == nullptr) return {};
    return decode_payload(context, *channel, payload, batch);
  }
  if (position == 2 && frame.tail_at == 3) return decode_tagged(context, channel, frame.tag, value, batch);
  return read_tail(flags_of(connection), position - frame.tail_at, value, batch, frame.sent);
}

Result<void> decode_array(Context& context, ondemand::document& document, EventBatch& batch) {
  CROSSBOOK_TRY(cells, whole_array(document));
  if (context.connection == nullptr) return {};
  ArrayFrame frame;
  int position = 0;
  for (auto cell : cells) {
    CROSSBOOK_JSON(value, cell, "a cell");
    CROSSBOOK_CHECKED(decode_cell(context, position++, value, frame, batch));
  }
  if (position < frame.tail_at) return failure(Errc::malformed, "a channel id and a payload");
  if ((flags_of(*context.connection) & flag_sequence) != 0 && !batch.connection_sequence)
    return failure(Errc::malformed, "the socket's sequence number");
  for (BookEvent& event : batch.books) {
    event.sequence.last = batch.connection_sequence;
    event.ts_event = frame.sent;
  }
  CROSSBOOK_CHECKED(fits(context));
  if (!batch.books.empty() && batch.books.front().kind == BookEventKind::snapshot)
    find_channel(*context.connection, frame.channel_id)->kind = kind_whole_book;
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(type, document.type(), "a JSON document");
  if (type == ondemand::json_type::array) return decode_array(context, document, batch);
  return decode_event(context, document, batch);
}

// The flags count from the moment they are asked for: the answer may be lost at the start of a recording.
void decode_sent(Context& context, std::string_view bytes) {
  if (context.connection == nullptr || bytes.find("\"conf\"") == std::string_view::npos) return;
  auto document = context.parser.iterate(bytes);
  std::int64_t flags = 0;
  if (document.find_field_unordered("flags").get_int64().get(flags) == simdjson::SUCCESS)
    set_flags(*context.connection, flags);
}

// A number as JavaScript's String() writes it: no trailing zeros, and an exponent below 1e-6 (0.00000011 is 1.1e-7).
void feed_number(Crc32& crc, std::int64_t count, int scale) {
  std::array<char, decimal_text_max> buffer;
  const std::string_view plain = format_decimal(buffer, count, scale);
  const std::size_t first = plain.find_first_of("123456789");
  if (!plain.starts_with("0.000000") || first == std::string_view::npos) {
    crc.update(plain);
    return;
  }
  crc.update(plain.substr(first, 1));
  if (first + 1 < plain.size()) crc.update(".").update(plain.substr(first + 1));
  const auto exponent = static_cast<int>(first) - 1;
  const std::array<char, 2> digits{static_cast<char>('0' + exponent / 10), static_cast<char>('0' + exponent % 10)};
  crc.update("e-").update(std::string_view(digits.data(), 2).substr(exponent < 10 ? 1 : 0));
}

// price:amount of the best bid, then of the best ask with a minus, and so on for 25 levels, joined by colons
// (bfx-api-node-models, "checksum").
std::uint32_t checksum(const ChecksumInput& input) {
  Crc32 crc;
  bool first = true;
  const auto feed_level = [&](const Level& level, bool ask) {
    if (!first) crc.update(":");
    first = false;
    feed_number(crc, level.price.count(), input.price_scale);
    crc.update(ask ? ":-" : ":");
    feed_number(crc, level.quantity.count(), input.quantity_scale);
  };
  for (std::size_t i = 0; i < 25; ++i) {
    if (i < input.bids.size()) feed_level(input.bids[i], false);
    if (i < input.asks.size()) feed_level(input.asks[i], true);
  }
  return crc.value();
}

}  // namespace

constinit const Feed bitfinex{.name = "bitfinex",
                              .venue = "bitfinex",
                              .url = "wss://api-pub.bitfinex.com/ws/2",
                              .rule = SequenceRule::connection,
                              .silence_max = seconds(45),
                              .decode = decode,
                              .decode_sent = decode_sent,
                              .checksum = checksum,
                              .checksum_levels = 25,
                              .describe = describe,
                              .detects =
                                  "lost, duplicated and reordered messages where the socket asked for SEQ_ALL; wrong "
                                  "levels among the best 25 where it asked for checksums",
                              .misses = "which of the socket's books a lost message belonged to"};

}  // namespace crossbook::venue
