// SPDX-License-Identifier: Apache-2.0
// Coinbase Exchange's servers. level2_batch is answered as level2_50; level2 is for those who sign, with any key.
// {"type":"subscribe","product_ids":["BTC-USDT"],"channels":["level2_batch","heartbeat"]}
#include <array>

#include "crossbook/market/coinbase_products.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

struct Name {
  std::string_view asked;
  std::string_view answered;
  Channel channel;
};
constexpr std::array names{Name{"level2", "level2", Channel::book}, Name{"level2_batch", "level2_50", Channel::book},
                           Name{"matches", "matches", Channel::trades}, Name{"ticker", "ticker", Channel::bbo},
                           Name{"heartbeat", "heartbeat", Channel::heartbeats}};

void refuse(Talk& talk, std::string_view message, std::string_view reason) {
  std::string text = R"({"type":"error","message":)";
  append_quoted(text, message);
  text += R"(,"reason":)";
  append_quoted(text, reason);
  talk.refuse(text + "}");
}

// All that is subscribed; a book under the name that the client used.
void acknowledge(Talk& talk, bool signed_in) {
  std::string text = R"({"type":"subscriptions","channels":[)";
  for (const Name& name : names) {
    if (name.channel == Channel::book && (name.asked == "level2") != signed_in) continue;
    std::string products;
    for (const StreamKey& key : talk.subscriptions()) {
      if (key.channel != name.channel) continue;
      if (!products.empty()) products.push_back(',');
      append_quoted(products, talk.listing(key.book).raw_symbol);
    }
    if (products.empty()) continue;
    if (text.back() == '}') text.push_back(',');
    text += R"({"name":")";
    text += name.answered;
    text += R"(","product_ids":[)" + products + R"(],"account_ids":null})";
  }
  talk.say(text + "]}");
}

// A channel is its name, or an object with a name and products of its own.
bool add_keys(Talk& talk, const Json& channel, const Json& message, std::vector<StreamKey>& keys) {
  const std::string_view asked = channel.kind == Json::Kind::string ? channel.text : channel.string_at("name");
  const Name* found = nullptr;
  for (const Name& name : names)
    if (name.asked == asked || name.answered == asked) found = &name;
  if (found == nullptr) {
    refuse(talk, "Failed to subscribe", std::string(asked) + " is not a valid channel");
    return false;
  }
  if (found->asked == "level2" && message.find("signature") == nullptr) {
    refuse(talk, "Failed to subscribe", "level2, level3, and full now require authentication");
    return false;
  }
  const std::vector<std::string> own = channel.strings_at("product_ids");
  for (const std::string& product : own.empty() ? message.strings_at("product_ids") : own) {
    const auto book = talk.find(product);
    if (!book) {
      refuse(talk, "Failed to subscribe", product + " is not a valid product");
      return false;
    }
    keys.push_back({.channel = found->channel, .book = *book});
  }
  return true;
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  if (!asked) return refuse(talk, "Malformed JSON", "unexpected token");
  const std::string_view type = asked->string_at("type");
  const Json* channels = asked->find("channels");
  if ((type != "subscribe" && type != "unsubscribe") || channels == nullptr)
    return refuse(talk, "Failed to subscribe", "type must be subscribe or unsubscribe, with channels");
  std::vector<StreamKey> keys;
  for (const Json& channel : channels->items)
    if (!add_keys(talk, channel, *asked, keys)) return;
  for (const StreamKey& key : keys) {
    if (type == "subscribe") {
      talk.subscribe(key);
    } else {
      talk.unsubscribe(key);
    }
  }
  acknowledge(talk, asked->find("signature") != nullptr);
}

void heartbeat(Talk& talk, const StreamKey& key, std::int64_t n) {
  std::string text = R"({"type":"heartbeat","last_trade_id":)" + std::to_string(n) + R"(,"product_id":)";
  append_quoted(text, talk.listing(key.book).raw_symbol);
  text += R"(,"sequence":)" + std::to_string(n) + R"(,"time":")";
  append_rfc3339(text, talk.stamp().at, 6);
  talk.say(text + "\"}");
}

void append_rows(std::string& out, const BookFrame& frame, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += "[\"";
    append_trimmed(out, level.price.count(), frame.listing.price_scale);
    out += "\",\"";
    append_trimmed(out, level.quantity.count(), frame.listing.quantity_scale);
    out += "\",1]";
  }
  out.push_back(']');
}

void product_book(Rest& rest, std::size_t book, const Target& asked, HttpAnswer& out) {
  const BookFrame frame = rest.book(book, asked.value("level") == "2" ? 0 : 1);
  out.body = R"({"bids":)";
  append_rows(out.body, frame, frame.bids);
  out.body += R"(,"asks":)";
  append_rows(out.body, frame, frame.asks);
  out.body += R"(,"sequence":)" + std::to_string(frame.last) + R"(,"auction_mode":false,"auction":null,"time":")";
  append_rfc3339(out.body, frame.stamp.at, 6);
  out.body += "\"}";
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  constexpr std::string_view products = "/products/";
  if (asked.path == "/time") {
    out.body = R"({"iso":")";
    append_rfc3339(out.body, rest.time(), 3);
    out.body += R"(","epoch":)" + std::to_string(rest.time().nanos() / 1'000'000'000) + "}";
    return;
  }
  if (asked.path == "/products") {
    out.body = "[";
    append_coinbase_products(out.body, rest);
    out.body.push_back(']');
    return;
  }
  if (asked.path.starts_with(products) && asked.path.ends_with("/book")) {
    const std::string product = asked.path.substr(products.size(), asked.path.size() - products.size() - 5);
    if (const auto book = rest.find(product)) return product_book(rest, *book, asked, out);
  }
  out.status = 404;
  out.body = R"({"message":"NotFound"})";
}

std::int64_t sequence(const BookFrame& frame) { return microseconds_of(frame.stamp.at); }

}  // namespace

const Skin coinbase_exchange_skin{.protocol = &coinbase_exchange,
                                  .path = "/",
                                  .sequence = sequence,
                                  .received = received,
                                  .get = get,
                                  .heartbeat = heartbeat,
                                  .subscribe_within = seconds(5)};

}  // namespace crossbook::market
