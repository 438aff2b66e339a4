// SPDX-License-Identifier: Apache-2.0
//
// Bitget v2, live (www.bitget.com/api-doc/common/websocket-intro, "Depth Channel"; 2026-09-15):
//   {"op":"subscribe","args":[{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}]}
//   {"event":"subscribe","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}}      one an arg
//   {"event":"error","arg":{..},"code":30001,"msg":"... doesn't exist","op":"subscribe"}
//   ping  ->  pong                                 every 30 s, or the server closes after two minutes
// 240 subscriptions an hour and 10 messages a second a connection; fewer than 50 channels are advised. A symbol of ours
// is instType:instId.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

std::string_view channel_name(const StreamRequest& wish) {
  if (wish.kind == StreamKind::trades) return "trade";
  if (wish.kind == StreamKind::bbo) return "books1";
  if (wish.depth == 5) return "books5";
  return wish.depth == 15 ? "books15" : "books";
}

std::optional<StreamKind> kind_of(std::string_view channel) {
  if (channel == "trade") return StreamKind::trades;
  if (channel == "books1") return StreamKind::bbo;
  if (channel.starts_with("books")) return StreamKind::book;
  return {};
}

void request(std::string& out, const StreamRequest& wish) {
  out += wish.subscribe ? R"({"op":"subscribe","args":[)" : R"({"op":"unsubscribe","args":[)";
  for (const std::string_view symbol : wish.symbols) {
    const std::size_t colon = symbol.find(':');
    if (colon == std::string_view::npos) continue;
    if (out.back() != '[') out.push_back(',');
    out += R"({"instType":)";
    append_quoted(out, symbol.substr(0, colon));
    out += R"(,"channel":")";
    out += channel_name(wish);
    out += R"(","instId":)";
    append_quoted(out, symbol.substr(colon + 1));
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
  if (event == "subscribe") out.kind = Answer::Kind::acknowledged;
  if (event == "unsubscribe") out.kind = Answer::Kind::ended;
  if (event == "error") out.kind = Answer::Kind::refused;
  out.text = text_in(*root, "msg");
  auto arg = object_in(*root, "arg");
  if (!arg) return;
  const std::string_view type = text_in(*arg, "instType");
  const std::string_view channel = text_in(*arg, "channel");
  out.name.assign(type).append(":").append(text_in(*arg, "instId"));
  out.topics.push_back({out.name, kind_of(channel)});
}

void ping(std::string& out, std::int64_t, Wall) { out += "ping"; }

}  // namespace

constinit const StreamDialect bitget_streams{.feed = "bitget",
                                             .rest = "https://api.bitget.com",
                                             .source = "www.bitget.com/api-doc, read 2026-09-15",
                                             .spelling = {.prefix = "SPOT:"},
                                             .streams_max = 50,  // as advised
                                             .symbols_per_message = 10,
                                             .depths = {5, 15, 500},
                                             .depths_count = 3,
                                             .depth = 500,
                                             .acks = AckStyle::each,
                                             .acks_prove_nothing = true,
                                             .request = request,
                                             .answer = answer,
                                             .ping_every = seconds(25),
                                             .ping = ping,
                                             .instruments = {.path = "/api/v2/spot/public/symbols"},
                                             .connects = {300, seconds(300)},
                                             .messages = {10, seconds(1)},
                                             .requests = {240, seconds(3600)},
                                             .rest_rates = {Rate{10, seconds(1), true}, Rate{}}};

}  // namespace crossbook::venue
