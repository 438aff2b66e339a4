// SPDX-License-Identifier: Apache-2.0
//
// OKX v5, live (www.okx.com/docs-v5, "WebSocket", "Order book channel"; 2026-06-27):
//   {"id":"1512","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}
//   {"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"accb8e21"}  one an arg
//   {"id":"1512","event":"error","code":"60018","msg":"Wrong URL or channel:books,instId:X doesn't
//   exist","connId":".."}
//   {"event":"notice","code":"64008",...}                    about a minute before a service upgrade
// Where nothing came for less than 30 s the client sends the text ping and expects the text pong.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

constexpr std::uint32_t deepest = 400;

std::string_view channel_name(const StreamRequest& wish) {
  if (wish.kind == StreamKind::trades) return "trades";
  if (wish.kind == StreamKind::bbo) return "bbo-tbt";
  return wish.depth == deepest ? "books" : "books5";
}

std::optional<StreamKind> kind_of(std::string_view channel) {
  if (channel == "books" || channel == "books5") return StreamKind::book;
  if (channel == "trades") return StreamKind::trades;
  if (channel == "bbo-tbt") return StreamKind::bbo;
  return {};
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"id":")";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(","op":"subscribe","args":[)" : R"(","op":"unsubscribe","args":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    out += R"({"channel":")";
    out += channel_name(wish);
    out += R"(","instId":)";
    append_quoted(out, symbol);
    out.push_back('}');
  }
  out += "]}";
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  if (bytes == "pong") {
    out.kind = Answer::Kind::pong;
    return;
  }
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view event = text_in(*root, "event");
  out.id = integer_in(*root, "id");
  out.text = text_in(*root, "msg");
  if (event == "notice" && integer_in(*root, "code") == 64008) out.kind = Answer::Kind::reconnect;
  if (event == "error") out.kind = Answer::Kind::refused;
  if (event == "subscribe") out.kind = Answer::Kind::acknowledged;
  if (event == "unsubscribe") out.kind = Answer::Kind::ended;
  if (auto arg = object_in(*root, "arg")) {
    const auto kind = kind_of(text_in(*arg, "channel"));
    out.topics.push_back({text_in(*arg, "instId"), kind});
  }
}

void ping(std::string& out, std::int64_t, Wall) { out += "ping"; }

void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/api/v5/market/books?instId=";
  append_escaped(url, symbol);
  url += "&sz=400";
}

}  // namespace

constinit const StreamDialect okx_streams{.feed = "okx",
                                          .rest = "https://www.okx.com",
                                          .source = "www.okx.com/docs-v5 of 2026-06-27",
                                          .spelling = {.separator = "-"},
                                          .streams_max = 30,  // as advised
                                          .symbols_per_message = 30,
                                          .depths = {5, deepest},
                                          .depths_count = 2,
                                          .depth = deepest,
                                          .acks = AckStyle::each,
                                          .request = request,
                                          .answer = answer,
                                          .ping_every = seconds(20),
                                          .ping_only_idle = true,
                                          .ping = ping,
                                          .append_snapshot_url = append_snapshot_url,
                                          .instruments = {.path = "/api/v5/public/instruments?instType=SPOT"},
                                          .connects = {3, seconds(1)},
                                          .messages = {10, seconds(1), true},
                                          .requests = {480, seconds(3600)},
                                          .rest_rates = {Rate{10, seconds(2), true}, Rate{}}};

}  // namespace crossbook::venue
