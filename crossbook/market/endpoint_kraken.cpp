// SPDX-License-Identifier: Apache-2.0
// Kraken's servers, WebSocket v2: one answer a symbol, heartbeats unasked, a status when the socket opens.
// {"method":"subscribe","params":{"channel":"book","symbol":["BTC/USDT"],"depth":10},"req_id":1}
#include <algorithm>
#include <array>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::array<long, 5> depths{10, 25, 100, 500, 1000};
constexpr StreamKey beats{.channel = Channel::heartbeats};
constexpr StreamKey instruments{.channel = Channel::instruments};

void append_times(std::string& out, Wall at) {
  for (const std::string_view name : {R"(,"time_in":")", R"(,"time_out":")"}) {
    out += name;
    append_rfc3339(out, at, 6);
    out.push_back('"');
  }
}

// What every answer ends with.
void append_end(std::string& out, Talk& talk, const Json& asked) {
  append_times(out, talk.stamp().at);
  if (const Json* id = asked.find("req_id")) {
    out += R"(,"req_id":)";
    append_scalar(out, *id);
  }
  out.push_back('}');
}

void refuse(Talk& talk, const Json& asked, std::string_view error, std::string_view symbol = {}) {
  std::string text = R"({"method":)";
  append_quoted(text, asked.string_at("method"));
  text += R"(,"success":false,"error":)";
  append_quoted(text, error);
  if (!symbol.empty()) {
    text += R"(,"symbol":)";
    append_quoted(text, symbol);
  }
  append_end(text, talk, asked);
  talk.refuse(std::move(text));
}

void acknowledge(Talk& talk, const Json& asked, const StreamKey& key, bool snapshot, std::string_view symbol) {
  constexpr std::array<std::string_view, 5> names{"book", "trade", "ticker", "heartbeat", "instrument"};
  std::string text = R"({"method":)";
  append_quoted(text, asked.string_at("method"));
  text += R"(,"result":{"channel":")";
  text += names[static_cast<std::size_t>(key.channel)];
  text.push_back('"');
  if (key.channel == Channel::book) text += R"(,"depth":)" + std::to_string(key.depth);
  text += snapshot ? R"(,"snapshot":true)" : R"(,"snapshot":false)";
  if (!symbol.empty()) {
    text += R"(,"symbol":)";
    append_quoted(text, symbol);
  }
  text += R"(},"success":true)";
  append_end(text, talk, asked);
  talk.say(std::move(text));
}

std::string_view error_of(std::string& buffer, std::string_view symbol) {
  buffer = "Currency pair not supported ";
  buffer += symbol;
  return buffer;
}

void change_one(Talk& talk, const Json& asked, StreamKey key, bool snapshot, std::string_view symbol) {
  std::string buffer;
  const auto book = talk.find(symbol);
  if (!book) return refuse(talk, asked, error_of(buffer, symbol), symbol);
  key.book = *book;
  if (asked.string_at("method") == "unsubscribe") {
    if (!talk.unsubscribe(key)) return refuse(talk, asked, "Subscription Not Found", symbol);
    return acknowledge(talk, asked, key, snapshot, symbol);
  }
  if (!talk.subscribe(key, snapshot)) return refuse(talk, asked, "Already subscribed", symbol);
  acknowledge(talk, asked, key, snapshot, symbol);
}

// 0.01 as Kraken writes a step: as a JSON number.
void append_step(std::string& out, std::string_view name, std::int64_t count, int scale) {
  out += name;
  append_trimmed(out, count, scale);
}

void append_pair(std::string& out, Talk& talk, std::size_t book) {
  const ListingOptions& listing = talk.listing(book);
  const std::string_view symbol = talk.symbol(book);
  const std::size_t slash = symbol.find('/');
  out += R"({"symbol":)";
  append_quoted(out, listing.raw_symbol);
  out += R"(,"base":)";
  append_quoted(out, symbol.substr(0, slash));
  out += R"(,"quote":)";
  append_quoted(out, symbol.substr(slash + 1));
  out += talk.halted(book) ? R"(,"status":"maintenance")" : R"(,"status":"online")";
  out += R"(,"qty_precision":)" + std::to_string(listing.quantity_scale);
  append_step(out, R"(,"qty_increment":)", listing.lot, listing.quantity_scale);
  out += R"(,"price_precision":)" + std::to_string(listing.price_scale);
  append_step(out, R"(,"price_increment":)", listing.tick, listing.price_scale);
  out += R"(,"cost_precision":5,"cost_min":0.5,"marginable":false,"has_index":true)";
  append_step(out, R"(,"qty_min":)", listing.lot, listing.quantity_scale);
  out.push_back('}');
}

void instrument(Talk& talk, std::size_t book) {
  std::string text = R"({"channel":"instrument","type":"update","data":{"assets":[],"pairs":[)";
  append_pair(text, talk, book);
  talk.say(text + "]}}");
}

void show_instruments(Talk& talk) {
  std::string text = R"({"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[)";
  for (std::size_t book = 0; book < talk.venue().listings.size(); ++book) {
    if (!talk.find(talk.listing(book).raw_symbol)) continue;
    if (text.back() == '}') text.push_back(',');
    append_pair(text, talk, book);
  }
  talk.say(text + "]}}");
}

void change(Talk& talk, const Json& asked) {
  const Json* params = asked.find("params");
  const std::string_view channel = params == nullptr ? std::string_view() : params->string_at("channel");
  const Json* wanted = params == nullptr ? nullptr : params->find("snapshot");
  const bool snapshot = wanted == nullptr || wanted->text != "false";
  StreamKey key;
  if (channel == "book") {
    const long depth = params->number_at("depth").value_or(10);
    if (!std::ranges::count(depths, depth)) return refuse(talk, asked, "Subscription depth not supported");
    key.depth = static_cast<std::uint32_t>(depth);
  } else if (channel == "trade" || channel == "ticker") {
    key.channel = channel == "trade" ? Channel::trades : Channel::bbo;
  } else if (channel == "instrument") {
    const bool on = asked.string_at("method") == "subscribe";
    if (on ? !talk.subscribe(instruments) : !talk.unsubscribe(instruments))
      return refuse(talk, asked, on ? "Already subscribed" : "Subscription Not Found");
    acknowledge(talk, asked, instruments, snapshot, {});
    if (on && snapshot) show_instruments(talk);
    return;
  } else {
    return refuse(talk, asked, "Subscription name invalid");
  }
  const std::vector<std::string> symbols = params->strings_at("symbol");
  if (symbols.empty()) return refuse(talk, asked, "Symbol(s) not found");
  for (const std::string& symbol : symbols) change_one(talk, asked, key, snapshot, symbol);
  talk.subscribe(beats);
}

void opened(Talk& talk, std::string_view) {
  talk.say(R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",)"
           R"("connection_id":3007355780899554854}]})");
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  if (!asked) return refuse(talk, Json{}, "Malformed request");
  const std::string_view method = asked->string_at("method");
  if (method == "subscribe" || method == "unsubscribe") return change(talk, *asked);
  if (method != "ping") return refuse(talk, *asked, "Unknown method");
  std::string text = R"({"method":"pong")";
  append_end(text, talk, *asked);
  talk.say(std::move(text));
}

void append_asset_pair(std::string& out, const Rest& rest, std::size_t book) {
  const ListingOptions& listing = rest.venue().listings[book];
  const std::string_view symbol = rest.symbol(book);
  const std::size_t slash = symbol.find('/');
  const std::string base(symbol.substr(0, slash));
  const std::string quote(symbol.substr(slash + 1));
  const auto quoted = [&](std::string_view name, std::int64_t count, int scale) {
    append_step(out, name, count, scale);
    out.push_back('"');
  };
  out += "\"" + base + quote + R"(":{"altname":")" + base + quote + R"(","wsname":")" + listing.raw_symbol +
         R"(","aclass_base":"currency","base":")" + base + R"(","aclass_quote":"currency","quote":")" + quote +
         R"(","lot":"unit","cost_decimals":5,"pair_decimals":)" + std::to_string(listing.price_scale) +
         R"(,"lot_decimals":)" + std::to_string(listing.quantity_scale) +
         R"(,"lot_multiplier":1,"leverage_buy":[],"leverage_sell":[],"fees":[[0,0.4]],"fees_maker":[[0,0.25]],)"
         R"("fee_volume_currency":"ZUSD","margin_call":80,"margin_stop":40,"status":")" +
         (rest.halted(book) ? "maintenance" : "online") + "\"";
  quoted(R"(,"ordermin":")", listing.lot, listing.quantity_scale);
  quoted(R"(,"costmin":")", rest.min_notional(book), 0);
  quoted(R"(,"tick_size":")", listing.tick, listing.price_scale);
  out.push_back('}');
}

void append_rows(std::string& out, const BookFrame& frame, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += "[\"";
    append_decimal(out, level.price.count(), frame.listing.price_scale, frame.listing.price_scale);
    out += "\",\"";
    append_decimal(out, level.quantity.count(), frame.listing.quantity_scale, frame.listing.quantity_scale);
    out += "\"," + std::to_string(frame.stamp.at.nanos() / 1'000'000'000) + "]";
  }
  out.push_back(']');
}

void depth(Rest& rest, const Target& asked, HttpAnswer& out) {
  for (const std::size_t book : rest.listed()) {
    std::string joined(rest.symbol(book));
    std::erase(joined, '/');
    if (asked.value("pair") != joined && asked.value("pair") != rest.venue().listings[book].raw_symbol) continue;
    const BookFrame frame = rest.book(book, asked.number("count").value_or(100));
    out.body = R"({"error":[],"result":{")" + joined + R"(":{"asks":)";
    append_rows(out.body, frame, frame.asks);
    out.body += R"(,"bids":)";
    append_rows(out.body, frame, frame.bids);
    out.body += "}}}";
    return;
  }
  out.body = R"({"error":["EQuery:Unknown asset pair"]})";
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  if (asked.path == "/0/public/Time") {
    out.body = R"({"error":[],"result":{"unixtime":)" + std::to_string(rest.time().nanos() / 1'000'000'000) + "}}";
  } else if (asked.path == "/0/public/SystemStatus") {
    out.body = R"({"error":[],"result":{"status":"online","timestamp":")";
    append_rfc3339(out.body, rest.time(), 0);
    out.body += "\"}}";
  } else if (asked.path == "/0/public/AssetPairs") {
    out.body = R"({"error":[],"result":{)";
    for (const std::size_t book : rest.listed()) {
      if (out.body.back() == '}') out.body.push_back(',');
      append_asset_pair(out.body, rest, book);
    }
    out.body += "}}";
  } else if (asked.path == "/0/public/Assets") {
    out.body = R"({"error":[],"result":{}})";
  } else if (asked.path == "/0/public/Depth") {
    depth(rest, asked, out);
  } else {
    out.status = 404;
    out.body = R"({"error":["EGeneral:Unknown method"]})";
  }
}

std::int64_t sequence(const BookFrame& frame) { return microseconds_of(frame.stamp.at); }

}  // namespace

const Skin kraken_skin{.protocol = &kraken,
                       .path = "/v2",
                       .sequence = sequence,
                       .opened = opened,
                       .received = received,
                       .get = get,
                       .instrument = instrument,
                       .checksums = true};

}  // namespace crossbook::market
