// SPDX-License-Identifier: Apache-2.0
//
// Gemini, the socket of 2026, live (docs.gemini.com, "WebSocket API"; read 2026-09):
//   wss://ws.gemini.com?snapshot=-1               the whole book is the first frame of each symbol
//   {"id":"1","method":"subscribe","params":["btcusd@depth@100ms"]}  ->  {"id":"1","status":200,"result":null}
//   {"id":"1","status":400,"error":{"code":-1121,"msg":"..."}}
//   {"id":"3","method":"ping"}                    due every 20 s or so; answered like a request
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

void append_stream(std::string& out, std::string_view symbol, StreamKind kind) {
  append_lower(out, symbol);
  switch (kind) {
    case StreamKind::book: out += "@depth@100ms"; break;
    case StreamKind::trades: out += "@trade"; break;
    case StreamKind::bbo: out += "@bookTicker"; break;
  }
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"id":")";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(","method":"subscribe","params":[)" : R"(","method":"unsubscribe","params":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('"');
    append_stream(out, symbol, wish.kind);
    out.push_back('"');
  }
  out += "]}";
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::int64_t status = integer_in(*root, "status");
  if (status == 0) return;
  out.id = integer_in(*root, "id");
  out.kind = status == 200 ? Answer::Kind::acknowledged : Answer::Kind::refused;
  if (auto error = object_in(*root, "error")) out.text = text_in(*error, "msg");
}

void ping(std::string& out, std::int64_t id, Wall) {
  out += R"({"id":")";
  append_integer(out, id);
  out += R"(","method":"ping"})";
}

}  // namespace

constinit const StreamDialect gemini_streams{.feed = "gemini",
                                             .rest = "https://api.gemini.com",
                                             .source = "docs.gemini.com, read 2026-09",
                                             .spelling = {.lower = true},
                                             .streams_max = 200,
                                             .symbols_per_message = 20,
                                             .acks = AckStyle::request,
                                             .request = request,
                                             .answer = answer,
                                             .ping_every = seconds(20),
                                             .ping = ping,
                                             .instruments = {.path = "/v1/symbols/details/", .each = true},
                                             .connects = {60, seconds(60), true},
                                             .messages = {10, seconds(1), true},
                                             .rest_rates = {Rate{120, seconds(60)}, Rate{}}};

}  // namespace crossbook::venue
