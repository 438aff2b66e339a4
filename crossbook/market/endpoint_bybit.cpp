// SPDX-License-Identifier: Apache-2.0
// Bybit v5's servers, spot and linear contracts: one answer a request, at most ten topics in it on spot.
// {"req_id":"a1","op":"subscribe","args":["orderbook.50.BTCUSDT"]}
// {"success":true,"ret_msg":"subscribe","conn_id":"d9avt8shteepr00gfc1g-4zd1x","req_id":"a1","op":"subscribe"}
#include <algorithm>
#include <array>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::size_t args_max = 10;
constexpr std::array<std::uint32_t, 3> depths{50, 200, 1000};

bool is_linear(const VenueOptions& venue) { return venue.feed == bybit_linear.feed; }

void answer(Talk& talk, const Json& asked, std::string_view op, bool success, std::string_view message) {
  std::string text = success ? R"({"success":true,"ret_msg":)" : R"({"success":false,"ret_msg":)";
  append_quoted(text, message);
  text += R"(,"conn_id":"d9avt8shteepr00gfc1g-4zd1x",)";
  if (const Json* id = asked.find("req_id")) {
    text += R"("req_id":)";
    append_scalar(text, *id);
    text.push_back(',');
  }
  text += R"("op":)";
  append_quoted(text, op);
  text.push_back('}');
  if (success) {
    talk.say(std::move(text));
  } else {
    talk.refuse(std::move(text));
  }
}

// orderbook.50.BTCUSDT, orderbook.1.BTCUSDT, publicTrade.BTCUSDT
std::optional<StreamKey> key_of(const Talk& talk, std::string_view topic) {
  const auto book = talk.find(topic.substr(std::min(topic.rfind('.') + 1, topic.size())));
  if (!book) return {};
  if (topic.starts_with("publicTrade.")) return StreamKey{.channel = Channel::trades, .book = *book};
  if (topic.starts_with("orderbook.1.")) return StreamKey{.channel = Channel::bbo, .book = *book};
  for (const std::uint32_t depth : depths)
    if (topic.starts_with("orderbook." + std::to_string(depth) + "."))
      return StreamKey{.channel = Channel::book, .book = *book, .depth = depth};
  return {};
}

void change(Talk& talk, const Json& asked, std::string_view op) {
  const std::vector<std::string> topics = asked.strings_at("args");
  if (topics.size() > args_max && !is_linear(talk.venue())) return answer(talk, asked, op, false, "args size >10");
  for (const std::string& topic : topics) {
    const auto key = key_of(talk, topic);
    if (!key) return answer(talk, asked, op, false, "error:handler not found,topic:" + topic);
    if (op == "subscribe" && talk.subscribed(*key))
      return answer(talk, asked, op, false, "error:already subscribed,topic:" + topic);
  }
  for (const std::string& topic : topics) {
    const StreamKey key = *key_of(talk, topic);
    if (op == "subscribe") {
      talk.subscribe(key);
    } else {
      talk.unsubscribe(key);
    }
  }
  answer(talk, asked, op, true, op == "subscribe" ? "subscribe" : "");
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  if (!asked) return answer(talk, Json{}, "", false, "error:invalid json");
  const std::string_view op = asked->string_at("op");
  if (op == "ping") return answer(talk, *asked, op, true, "pong");
  if (op == "subscribe" || op == "unsubscribe") return change(talk, *asked, op);
  answer(talk, *asked, op, false, "error:unknown op");
}

void append_info(std::string& out, const Rest& rest, std::size_t book) {
  const ListingOptions& listing = rest.venue().listings[book];
  const Currencies traded = currencies_of(rest.symbol(book));
  const bool linear = is_linear(rest.venue());
  const auto quoted = [&](std::string_view name, std::string_view text) { out.append(name).append(text); };
  const auto append = [&](std::string_view name, std::int64_t count, int scale) {
    out += name;
    append_trimmed(out, count, scale);
  };
  quoted(R"({"symbol":")", listing.raw_symbol);
  quoted(R"(","baseCoin":")", traded.base);
  quoted(R"(","quoteCoin":")", traded.quote);
  quoted(R"(","status":")", rest.halted(book) ? "PreLaunch" : "Trading");
  if (linear) {
    quoted(R"(","contractType":"LinearPerpetual","settleCoin":")", traded.settle);
    append(R"(","lotSizeFilter":{"qtyStep":")", listing.lot, listing.quantity_scale);
    append(R"(","minOrderQty":")", listing.lot, listing.quantity_scale);
    append(R"(","maxOrderQty":"9000000","minNotionalValue":")", rest.min_notional(book), 0);
  } else {
    append(R"(","innovation":"0","marginTrading":"none","lotSizeFilter":{"basePrecision":")", listing.lot,
           listing.quantity_scale);
    append(R"(","quotePrecision":"0.00000001","minOrderQty":")", listing.lot, listing.quantity_scale);
    append(R"(","maxOrderQty":"9000000","maxOrderAmt":"2000000","minOrderAmt":")", rest.min_notional(book), 0);
  }
  append(R"("},"priceFilter":{"tickSize":")", listing.tick, listing.price_scale);
  out += "\"}}";
}

void wrap(HttpAnswer& out, const Rest& rest, std::string_view result) {
  out.body = R"({"retCode":0,"retMsg":"OK","result":)";
  out.body += result;
  out.body += R"(,"retExtInfo":{},"time":)" + std::to_string(milliseconds_of(rest.time())) + "}";
}

void refuse(HttpAnswer& out, const Rest& rest) {
  out.body = R"({"retCode":10001,"retMsg":"Not supported symbols","result":{},"retExtInfo":{},"time":)" +
             std::to_string(milliseconds_of(rest.time())) + "}";
}

void instruments(const Rest& rest, const Target& asked, HttpAnswer& out) {
  const std::string_view only = asked.value("symbol");
  const std::string_view category = is_linear(rest.venue()) ? "linear" : "spot";
  std::string result = R"({"category":")" + std::string(category) + R"(","list":[)";
  for (const std::size_t book : rest.listed()) {
    if (asked.value("category") != category || (!only.empty() && rest.venue().listings[book].raw_symbol != only))
      continue;
    if (result.back() == '}') result.push_back(',');
    append_info(result, rest, book);
  }
  wrap(out, rest, result + "]}");
}

void append_rows(std::string& out, const BookFrame& frame, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += "[\"";
    append_trimmed(out, level.price.count(), frame.listing.price_scale);
    out += "\",\"";
    append_trimmed(out, level.quantity.count(), frame.listing.quantity_scale);
    out += "\"]";
  }
  out.push_back(']');
}

void orderbook(Rest& rest, const Target& asked, HttpAnswer& out) {
  const auto book = rest.find(asked.value("symbol"));
  if (!book) return refuse(out, rest);
  const BookFrame frame = rest.book(*book, asked.number("limit").value_or(1));
  std::string result = R"({"s":")" + frame.listing.raw_symbol + R"(","a":)";
  append_rows(result, frame, frame.asks);
  result += R"(,"b":)";
  append_rows(result, frame, frame.bids);
  result += R"(,"ts":)" + std::to_string(milliseconds_of(frame.stamp.at)) + R"(,"u":)" +
            std::to_string(frame.number + 1) + R"(,"seq":)" + std::to_string(frame.last) + "}";
  wrap(out, rest, result);
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  if (asked.path == "/v5/market/time") {
    const std::int64_t nanos = rest.time().nanos();
    wrap(out, rest,
         R"({"timeSecond":")" + std::to_string(nanos / 1'000'000'000) + R"(","timeNano":")" + std::to_string(nanos) +
             "\"}");
  } else if (asked.path == "/v5/market/instruments-info") {
    instruments(rest, asked, out);
  } else if (asked.path == "/v5/market/orderbook") {
    orderbook(rest, asked, out);
  } else {
    out.status = 404;
    out.body = R"({"retCode":404,"retMsg":"no such path"})";
  }
}

std::int64_t sequence(const BookFrame& frame) { return frame.number + 1; }

constexpr Skin skin_of(const Protocol& protocol, std::string_view path) {
  return {.protocol = &protocol, .path = path, .sequence = sequence, .received = received, .get = get};
}

}  // namespace

const Skin bybit_skin = skin_of(bybit, "/v5/public/spot");
const Skin bybit_linear_skin = skin_of(bybit_linear, "/v5/public/linear");

}  // namespace crossbook::market
