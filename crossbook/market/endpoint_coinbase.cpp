// SPDX-License-Identifier: Apache-2.0
// Coinbase Advanced Trade's servers: each answer lists all that is subscribed, and counts like every other message.
// {"type":"subscribe","product_ids":["BTC-USDT"],"channel":"level2"}
#include <array>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/coinbase_products.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view prefix = "/api/v3/brokerage/";

std::optional<Channel> channel_of(std::string_view name) {
  if (name == "level2") return Channel::book;
  if (name == "market_trades") return Channel::trades;
  if (name == "ticker") return Channel::bbo;
  if (name == "heartbeats") return Channel::heartbeats;
  return {};
}

void refuse(Talk& talk, std::string_view message) {
  std::string text = R"({"type":"error","message":)";
  append_quoted(text, message);
  talk.refuse(text + "}");
}

void append_products(std::string& out, const Talk& talk, Channel channel) {
  bool first = true;
  for (const StreamKey& key : talk.subscriptions()) {
    if (key.channel != channel) continue;
    if (!first) out.push_back(',');
    first = false;
    append_quoted(out, channel == Channel::heartbeats ? "heartbeats" : talk.listing(key.book).raw_symbol);
  }
}

// All that is subscribed now.
void acknowledge(Talk& talk) {
  constexpr std::array<std::string_view, 4> names{"level2", "market_trades", "ticker", "heartbeats"};
  const Stamp stamp = talk.stamp();
  std::string text = R"({"channel":"subscriptions","client_id":"","timestamp":")";
  append_rfc3339(text, stamp.at, 9);
  text += R"(","sequence_num":)" + std::to_string(stamp.connection_sequence) + R"(,"events":[{"subscriptions":{)";
  for (const std::string_view name : names) {
    std::string products;
    append_products(products, talk, *channel_of(name));
    if (products.empty()) continue;
    if (text.back() == ']') text.push_back(',');
    append_quoted(text, name);
    text += ":[" + products + "]";
  }
  talk.say(text + "}}]}");
}

void change(Talk& talk, const Json& asked, bool on) {
  const std::string_view name = asked.string_at("channel");
  const auto channel = channel_of(name);
  if (!channel) return refuse(talk, "unknown channel: " + std::string(name));
  std::vector<StreamKey> keys;
  if (channel == Channel::heartbeats) keys.push_back({.channel = Channel::heartbeats});
  for (const std::string& product : asked.strings_at("product_ids")) {
    if (channel == Channel::heartbeats) break;
    const auto book = talk.find(product);
    if (!book) return refuse(talk, product + " is not a valid product");
    keys.push_back({.channel = *channel, .book = *book});
  }
  if (keys.empty()) return refuse(talk, "no product_ids");
  for (const StreamKey& key : keys) {
    if (on) {
      talk.subscribe(key);
    } else {
      talk.unsubscribe(key);
    }
  }
  acknowledge(talk);
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  if (!asked) return refuse(talk, "failure to parse json");
  const std::string_view type = asked->string_at("type");
  if (type != "subscribe" && type != "unsubscribe") return refuse(talk, "type must be subscribe or unsubscribe");
  change(talk, *asked, type == "subscribe");
}

void append_side(std::string& out, const BookFrame& frame, std::span<const Level> levels) {
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += R"({"price":")";
    append_trimmed(out, level.price.count(), frame.listing.price_scale);
    out += R"(","size":")";
    append_trimmed(out, level.quantity.count(), frame.listing.quantity_scale);
    out += "\"}";
  }
}

void product_book(Rest& rest, const Target& asked, HttpAnswer& out) {
  const auto book = rest.find(asked.value("product_id"));
  if (!book) {
    out.status = 404;
    out.body = R"({"error":"NOT_FOUND","message":"valid product_id is required"})";
    return;
  }
  const BookFrame frame = rest.book(*book, asked.number("limit").value_or(0));
  out.body = R"({"pricebook":{"product_id":")" + frame.listing.raw_symbol + R"(","bids":[)";
  append_side(out.body, frame, frame.bids);
  out.body += R"(],"asks":[)";
  append_side(out.body, frame, frame.asks);
  out.body += R"(],"time":")";
  append_rfc3339(out.body, frame.stamp.at, 6);
  out.body += "\"}}";
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  std::string_view path = asked.path;
  if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  if (path.starts_with("market/")) path.remove_prefix(7);
  if (path == "time") {
    const std::int64_t ms = milliseconds_of(rest.time());
    out.body =
        R"({"epochSeconds":")" + std::to_string(ms / 1'000) + R"(","epochMillis":")" + std::to_string(ms) + R"("})";
  } else if (path == "products") {
    const std::string_view type = asked.value("product_type");
    const bool spot = type.empty() || type == "SPOT";
    out.body = R"({"products":[)";
    if (spot) append_coinbase_products(out.body, rest);
    out.body += R"(],"num_products":)" + std::to_string(spot ? rest.listed().size() : 0) + "}";
  } else if (path == "product_book") {
    product_book(rest, asked, out);
  } else {
    out.status = 404;
    out.body = R"({"error":"NOT_FOUND","message":"no such path"})";
  }
}

std::int64_t sequence(const BookFrame& frame) { return frame.stamp.at.nanos(); }

}  // namespace

// One product of either of Coinbase's lists.
void append_coinbase_products(std::string& out, const Rest& rest) {
  for (const std::size_t book : rest.listed()) {
    const ListingOptions& listing = rest.venue().listings[book];
    const std::string name(rest.symbol(book));
    const std::string base = name.substr(0, name.find('/'));
    const std::string quote = name.substr(name.find('/') + 1);
    const std::string halted = rest.halted(book) ? "true" : "false";
    const auto append = [&](std::string_view field, std::int64_t count, int scale) {
      out += field;
      append_trimmed(out, count, scale);
    };
    if (out.back() == '}') out.push_back(',');
    out += R"({"id":")" + listing.raw_symbol + R"(","product_id":")" + listing.raw_symbol + R"(","display_name":")" +
           name + R"(","base_currency":")" + base + R"(","quote_currency":")" + quote + R"(","base_currency_id":")" +
           base + R"(","quote_currency_id":")" + quote + R"(","status":"online","product_type":"SPOT","price":")";
    append_trimmed(out, listing.tick, listing.price_scale);
    append(R"(","quote_increment":")", listing.tick, listing.price_scale);
    append(R"(","price_increment":")", listing.tick, listing.price_scale);
    append(R"(","base_increment":")", listing.lot, listing.quantity_scale);
    append(R"(","base_min_size":")", listing.lot, listing.quantity_scale);
    append(R"(","base_max_size":"9000000","quote_max_size":"9000000","quote_min_size":")", rest.min_notional(book), 0);
    append(R"(","min_market_funds":")", rest.min_notional(book), 0);
    out += R"(","trading_disabled":)" + halted + R"(,"is_disabled":)" + halted +
           R"(,"cancel_only":false,"limit_only":false,"post_only":false,"view_only":false,"auction_mode":false,)"
           R"("alias":"","alias_to":[]})";
  }
}

const Skin coinbase_skin{.protocol = &coinbase,
                         .path = "/",
                         .sequence = sequence,
                         .received = received,
                         .get = get,
                         .messages_a_second_max = 8,
                         .subscribe_within = seconds(5)};

}  // namespace crossbook::market
