// SPDX-License-Identifier: Apache-2.0
// Bitstamp's servers: one channel a message, messages below 512 bytes; an unknown symbol is acknowledged, then silent.
// {"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusdt"}}
// {"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusdt","data":{}}
#include <array>
#include <cctype>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view diffs = "diff_order_book_";
constexpr std::string_view whole = "order_book_";
constexpr std::string_view prints = "live_trades_";
constexpr std::uint32_t whole_depth = 100;
constexpr std::size_t channels_max = 1'024;

void refuse(Talk& talk, std::string_view channel, std::string_view message) {
  std::string text = R"({"event":"bts:error","channel":)";
  append_quoted(text, channel);
  text += R"(,"data":{"code":4009,"message":)";
  append_quoted(text, message);
  talk.refuse(text + "}}");
}

void acknowledge(Talk& talk, std::string_view event, std::string_view channel) {
  std::string text = R"({"event":")";
  text += event;
  text += R"(","channel":)";
  append_quoted(text, channel);
  talk.say(text + R"(,"data":{}})");
}

struct Asked {
  bool valid = false;  // the venue has such a channel
  std::optional<StreamKey> key;
};

Asked read_channel(const Talk& talk, std::string_view channel) {
  for (const std::string_view prefix : {diffs, whole, prints}) {
    if (!channel.starts_with(prefix) || channel.size() == prefix.size()) continue;
    const auto book = talk.find(channel.substr(prefix.size()));
    if (!book) return {.valid = true, .key = {}};
    if (prefix == prints) return {.valid = true, .key = StreamKey{.channel = Channel::trades, .book = *book}};
    const bool all = prefix == whole;
    return {
        .valid = true,
        .key = StreamKey{.channel = Channel::book, .book = *book, .depth = all ? whole_depth : 0, .whole_books = all}};
  }
  return {};
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  const std::string_view event = asked ? asked->string_at("event") : std::string_view();
  if (event == "bts:heartbeat")
    return talk.say(R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})");
  const bool on = event == "bts:subscribe";
  if (!on && event != "bts:unsubscribe") return refuse(talk, "", "Bad subscription string.");
  const Json* body = asked->find("data");
  const std::string_view channel = body == nullptr ? std::string_view() : body->string_at("channel");
  const Asked wanted = read_channel(talk, channel);
  if (!wanted.valid) return refuse(talk, channel, "Invalid channel provided.");
  if (on && talk.subscriptions().size() >= channels_max) return talk.close(1000, "");
  if (wanted.key && on) talk.subscribe(*wanted.key);
  if (wanted.key && !on) talk.unsubscribe(*wanted.key);
  acknowledge(talk, on ? "bts:subscription_succeeded" : "bts:unsubscription_succeeded", channel);
}

void append_market(std::string& out, const Rest& rest, std::size_t book, bool older) {
  const ListingOptions& listing = rest.venue().listings[book];
  const std::string name(rest.symbol(book));
  const std::string base = name.substr(0, name.find('/'));
  const std::string quote = name.substr(name.find('/') + 1);
  const std::string minimum = std::to_string(rest.min_notional(book));
  const std::string trading = rest.halted(book) ? "Disabled" : "Enabled";
  const std::string decimals = R"("base_decimals":)" + std::to_string(listing.quantity_scale) +
                               R"(,"counter_decimals":)" + std::to_string(listing.price_scale);
  if (older) {
    out += R"({"name":")" + name + R"(","url_symbol":")" + listing.raw_symbol + R"(",)" + decimals +
           R"(,"instant_order_counter_decimals":2,"minimum_order":")" + minimum + ".00000 " + quote +
           R"(","trading":")" + trading + R"(","instant_and_market_orders":"Enabled","description":")" + base + " / " +
           quote + "\"}";
    return;
  }
  out += R"({"name":")" + name + R"(","market_symbol":")" + listing.raw_symbol + R"(","base_currency":")" + base +
         R"(",)" + decimals + R"(,"counter_currency":")" + quote + R"(","minimum_order_value":")" + minimum +
         R"(.00000","market_type":"SPOT","trading":")" + trading + R"(","instant_and_market_orders":"Enabled"})";
}

void markets(const Rest& rest, bool older, HttpAnswer& out) {
  out.body = "[";
  for (const std::size_t book : rest.listed()) {
    if (out.body.size() > 1) out.body.push_back(',');
    append_market(out.body, rest, book, older);
  }
  out.body.push_back(']');
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  constexpr std::string_view books = "/api/v2/order_book/";
  if (asked.path == "/api/v2/markets/") return markets(rest, false, out);
  if (asked.path == "/api/v2/trading-pairs-info/") return markets(rest, true, out);
  if (asked.path.starts_with(books)) {
    std::string_view symbol = std::string_view(asked.path).substr(books.size());
    if (symbol.ends_with('/')) symbol.remove_suffix(1);
    if (const auto book = rest.find(symbol)) return bitstamp.rest_body(out.body, rest.book(*book, 0));
  }
  out.status = 404;
  out.body = R"({"status":"error","reason":"Not found.","response_code":"404.001"})";
}

std::int64_t sequence(const BookFrame& frame) { return microseconds_of(frame.stamp.at); }

}  // namespace

const Skin bitstamp_skin{.protocol = &bitstamp,
                         .path = "/",
                         .sequence = sequence,
                         .received = received,
                         .get = get,
                         .message_bytes_max = 511,
                         .ping_every = seconds(54)};

}  // namespace crossbook::market
