// SPDX-License-Identifier: Apache-2.0
//
// HTX spot, the socket of increments, live (huobiapi.github.io/docs/spot/v1, "Market By Price (incremental update)";
// text of 2023-24). Frames of the venue are gzip, ours are text:
//   {"sub":"market.btcusdt.mbp.150","id":"1"}     ->  {"id":"1","status":"ok","subbed":"market.btcusdt.mbp.150",..}
//   {"req":"market.btcusdt.mbp.150","id":"2"}     ->  {"id":"2","rep":"market.btcusdt.mbp.150","status":"ok","data":..}
//   {"status":"error","err-code":"bad-request","err-msg":"invalid topic ...","id":"1","ts":..}
//   {"ping":1492420473027}  ->  {"pong":1492420473027}                            two missed and it is closed
// The base of a book is asked for on the same socket, at most one request every 100 ms. This socket has no trades.
#include "crossbook/venue/inflate.hpp"
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

void append_message(std::string& out, std::string_view verb, std::string_view symbol, std::uint32_t depth,
                    std::int64_t id) {
  out.append("{\"").append(verb).append("\":");
  std::string topic = "market.";
  topic.append(symbol).append(".mbp.");
  append_integer(topic, depth);
  append_quoted(out, topic);
  out += R"(,"id":")";
  append_integer(out, id);
  out += "\"}";
}

void request(std::string& out, const StreamRequest& wish) {
  const std::string_view symbol = wish.symbols.empty() ? std::string_view() : wish.symbols.front();
  append_message(out, wish.subscribe ? "sub" : "unsub", symbol, wish.depth, wish.id);
}

void snapshot_request(std::string& out, std::string_view symbol, std::uint32_t depth, std::int64_t id) {
  append_message(out, "req", symbol, depth, id);
}

void read_text(Parser& parser, std::string_view text, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, text, document);
  if (!root) return;
  if (const std::int64_t ping = integer_in(*root, "ping"); ping != 0) {
    out.kind = Answer::Kind::pong;
    out.reply = R"({"pong":)";
    append_integer(out.reply, ping);
    out.reply.push_back('}');
    return;
  }
  const std::string_view status = text_in(*root, "status");
  out.id = integer_in(*root, "id");
  if (status == "error") {
    out.kind = Answer::Kind::refused;
    out.text = text_in(*root, "err-msg");
  } else if (!text_in(*root, "subbed").empty()) {
    out.kind = Answer::Kind::acknowledged;
  } else if (!text_in(*root, "unsubbed").empty()) {
    out.kind = Answer::Kind::ended;
  }
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  if (!is_gzip(bytes)) return read_text(parser, bytes, out);
  if (const auto text = inflate_frame(bytes, out.inflated)) read_text(parser, *text, out);
}

}  // namespace

constinit const StreamDialect htx_streams{.feed = "htx",
                                          .rest = "https://api.huobi.pro",
                                          .source = "huobiapi.github.io/docs/spot/v1, text of 2023-24",
                                          .spelling = {.lower = true},
                                          .streams_max = 100,
                                          .symbols_per_message = 1,
                                          .depths = {150, 400},
                                          .depths_count = 2,
                                          .depth = 150,
                                          .kinds = {true, false, false},
                                          .acks = AckStyle::request,
                                          .resync = ResyncBy::request,
                                          .request = request,
                                          .snapshot_request = snapshot_request,
                                          .answer = answer,
                                          .connects = {60, seconds(60), true},
                                          .messages = {10, seconds(1)},
                                          .rest_rates = {Rate{10, seconds(1), true}, Rate{}}};

}  // namespace crossbook::venue
