// SPDX-License-Identifier: Apache-2.0
//
// Gate spot v4, live (www.gate.io/docs/developers/apiv4/ws, "Order book V2", "System API"; 2026-06):
//   {"time":1611541000,"id":1,"channel":"spot.obu","event":"subscribe","payload":["ob.BTC_USDT.400"]}
//   {"time":1611541000,"id":1,"channel":"spot.obu","event":"subscribe","error":null,"result":{"status":"success"}}
//   {"id":1,"channel":"spot.obu","event":"subscribe","error":{"code":2,"message":"unknown currency pair .."},..}
//   {"time":1611541000,"channel":"spot.ping"}     ->  {"channel":"spot.pong",...}
// obu begins with a whole book: no snapshot by REST, and after a gap unsubscribe and subscribe.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

constexpr std::int64_t nanos_a_second = 1'000'000'000;

void append_head(std::string& out, Wall wall) {
  out += R"({"time":)";
  append_integer(out, wall.nanos() / nanos_a_second);
}

void request(std::string& out, const StreamRequest& wish) {
  append_head(out, wish.wall);
  out += R"(,"id":)";
  append_integer(out, wish.id);
  if (wish.kind == StreamKind::book) out += R"(,"channel":"spot.obu")";
  if (wish.kind == StreamKind::trades) out += R"(,"channel":"spot.trades")";
  if (wish.kind == StreamKind::bbo) out += R"(,"channel":"spot.book_ticker")";
  out += wish.subscribe ? R"(,"event":"subscribe","payload":[)" : R"(,"event":"unsubscribe","payload":[)";
  std::string name(wish.symbols.empty() ? std::string_view() : wish.symbols.front());
  if (wish.kind == StreamKind::book) {
    name = "ob." + name + ".";
    append_integer(name, wish.depth);
  }
  append_quoted(out, name);
  out += "]}";
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  if (text_in(*root, "channel") == "spot.pong") out.kind = Answer::Kind::pong;
  const std::string_view event = text_in(*root, "event");
  if (event != "subscribe" && event != "unsubscribe") return;
  out.id = integer_in(*root, "id");
  out.kind = event == "subscribe" ? Answer::Kind::acknowledged : Answer::Kind::ended;
  auto error = object_in(*root, "error");
  if (!error) return;
  out.kind = Answer::Kind::refused;
  out.text = text_in(*error, "message");
}

void ping(std::string& out, std::int64_t, Wall wall) {
  append_head(out, wall);
  out += R"(,"channel":"spot.ping"})";
}

}  // namespace

constinit const StreamDialect gateio_streams{.feed = "gateio",
                                             .rest = "https://api.gateio.ws/api/v4",
                                             .source = "www.gate.io/docs/developers/apiv4 of 2026-06",
                                             .spelling = {.separator = "_"},
                                             .streams_max = 200,
                                             .symbols_per_message = 1,
                                             .depths = {50, 400},
                                             .depths_count = 2,
                                             .depth = 400,
                                             .acks = AckStyle::request,
                                             .request = request,
                                             .answer = answer,
                                             .ping_every = seconds(15),
                                             .ping_only_idle = true,
                                             .ping = ping,
                                             .instruments = {.path = "/spot/currency_pairs"},
                                             .connects = {60, seconds(60), true},
                                             .messages = {20, seconds(1), true},
                                             .rest_rates = {Rate{200, seconds(10)}, Rate{}}};

}  // namespace crossbook::venue
