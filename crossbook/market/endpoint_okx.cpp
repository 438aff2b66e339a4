// SPDX-License-Identifier: Apache-2.0
// OKX v5's servers: one answer an argument; "ping" and "pong" are plain text.
// {"id":"1512","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}
// {"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"accb8e21"}
#include <array>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view connection_id = R"(,"connId":"accb8e21"})";

void append_id(std::string& out, const Json& asked) {
  if (const Json* id = asked.find("id")) {
    out += R"("id":)";
    append_scalar(out, *id);
    out.push_back(',');
  }
}

void refuse(Talk& talk, const Json& asked, std::string_view code, std::string_view message) {
  std::string text = "{";
  append_id(text, asked);
  text += R"("event":"error","code":")";
  text += code;
  text += R"(","msg":)";
  append_quoted(text, message);
  text += connection_id;
  talk.refuse(std::move(text));
}

void append_arg(std::string& out, const Json& arg) {
  out += R"("arg":{)";
  for (std::size_t i = 0; i < arg.keys.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_quoted(out, arg.keys[i]);
    out.push_back(':');
    append_scalar(out, arg.items[i]);
  }
  out.push_back('}');
}

std::optional<StreamKey> key_of(const Talk& talk, const Json& arg) {
  const auto book = talk.find(arg.string_at("instId"));
  const std::string_view channel = arg.string_at("channel");
  if (!book) return {};
  if (channel == "books") return StreamKey{.channel = Channel::book, .book = *book, .depth = 400};
  if (channel == "trades") return StreamKey{.channel = Channel::trades, .book = *book};
  if (channel == "bbo-tbt") return StreamKey{.channel = Channel::bbo, .book = *book};
  return {};
}

void change(Talk& talk, const Json& asked, const Json& arg, std::string_view op) {
  const auto key = key_of(talk, arg);
  if (!key) {
    std::string message = "Wrong URL or channel:";
    message += arg.string_at("channel");
    message += ",instId:";
    message += arg.string_at("instId");
    message += " doesn't exist. Please use the correct URL, channel and parameters referring to API document.";
    return refuse(talk, asked, "60018", message);
  }
  // Subscribing twice, and leaving what was never joined, is acknowledged.
  if (op == "subscribe") {
    talk.subscribe(*key);
  } else {
    talk.unsubscribe(*key);
  }
  std::string text = "{";
  append_id(text, asked);
  text += R"("event":")";
  text += op;
  text += R"(",)";
  append_arg(text, arg);
  text += connection_id;
  talk.say(std::move(text));
}

void received(Talk& talk, std::string_view message) {
  if (message == "ping") return talk.say("pong");
  const auto asked = read_json(message);
  const Json* args = asked ? asked->find("args") : nullptr;
  const std::string_view op = asked ? asked->string_at("op") : std::string_view();
  if (args == nullptr || args->kind != Json::Kind::array || (op != "subscribe" && op != "unsubscribe")) {
    std::string text = "Invalid request: ";
    text += message.substr(0, 200);
    return refuse(talk, asked.value_or(Json{}), "60012", text);
  }
  for (const Json& arg : args->items) change(talk, *asked, arg, op);
}

void append_instrument(std::string& out, const Rest& rest, std::size_t book) {
  const ListingOptions& listing = rest.venue().listings[book];
  const std::string_view symbol = rest.symbol(book);
  const std::size_t slash = symbol.find('/');
  out += R"({"instType":"SPOT","instId":")" + listing.raw_symbol + R"(","baseCcy":")";
  out += symbol.substr(0, slash);
  out += R"(","quoteCcy":")";
  out += symbol.substr(slash + 1);
  out +=
      R"(","ctVal":"","ctMult":"","ctValCcy":"","settleCcy":"","listTime":"1548133413000","expTime":"","lever":"10",)"
      R"("tickSz":")";
  append_trimmed(out, listing.tick, listing.price_scale);
  out += R"(","lotSz":")";
  append_trimmed(out, listing.lot, listing.quantity_scale);
  out += R"(","minSz":")";
  append_trimmed(out, listing.lot, listing.quantity_scale);
  out += R"(","maxLmtSz":"9999999999","maxMktSz":"","ctType":"","instIdCode":)" + std::to_string(book + 1) +
         R"(,"state":")" + (rest.halted(book) ? "suspend" : "live") + "\"}";
}

void instruments(const Rest& rest, const Target& asked, HttpAnswer& out) {
  out.body = R"({"code":"0","msg":"","data":[)";
  const std::string_view only = asked.value("instId");
  for (const std::size_t book : rest.listed()) {
    if (asked.value("instType") != "SPOT" || (!only.empty() && rest.venue().listings[book].raw_symbol != only))
      continue;
    if (out.body.back() == '}') out.body.push_back(',');
    append_instrument(out.body, rest, book);
  }
  out.body += "]}";
}

void append_rows(std::string& out, const BookFrame& frame, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += "[\"";
    append_trimmed(out, level.price.count(), frame.listing.price_scale);
    out += "\",\"";
    append_trimmed(out, level.quantity.count(), frame.listing.quantity_scale);
    out += R"(","0","1"])";
  }
  out.push_back(']');
}

void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  if (asked.path == "/api/v5/public/time") {
    out.body = R"({"code":"0","msg":"","data":[{"ts":")" + std::to_string(milliseconds_of(rest.time())) + "\"}]}";
  } else if (asked.path == "/api/v5/public/instruments") {
    instruments(rest, asked, out);
  } else if (asked.path == "/api/v5/market/books") {
    const auto book = rest.find(asked.value("instId"));
    if (!book) {
      out.body = R"({"code":"51001","msg":"Instrument ID doesn't exist","data":[]})";
      return;
    }
    const BookFrame frame = rest.book(*book, asked.number("sz").value_or(1));
    out.body = R"({"code":"0","msg":"","data":[{"asks":)";
    append_rows(out.body, frame, frame.asks);
    out.body += R"(,"bids":)";
    append_rows(out.body, frame, frame.bids);
    out.body += R"(,"ts":")" + std::to_string(milliseconds_of(frame.stamp.at)) + "\"}]}";
  } else {
    out.status = 404;
    out.body = R"({"code":"404","msg":"Not Found","data":[]})";
  }
}

std::int64_t sequence(const BookFrame& frame) { return frame.last; }

}  // namespace

const Skin okx_skin{.protocol = &okx,
                    .path = "/ws/v5/public",
                    .sequence = sequence,
                    .received = received,
                    .get = get,
                    .checksums = true,
                    .subscribe_within = seconds(30)};

}  // namespace crossbook::market
