// SPDX-License-Identifier: Apache-2.0
//
// Bitfinex WebSocket v2, live (docs.bitfinex.com, "Public Channels", "Conf Flags"; 2026-09-22):
//   {"event":"conf","flags":196608}            SEQ_ALL and OB_CHECKSUM, before any subscription
//   {"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"25"}
//   {"event":"subscribed","channel":"book","chanId":943592,"symbol":"tBTCUSD",...}
//   {"event":"unsubscribe","chanId":943592}    ->  {"event":"unsubscribed","status":"OK","chanId":943592}
//   {"event":"error","code":10300,"msg":"symbol: invalid",...}; 10301 is subscribed already, and names the chanId
//   {"event":"info","code":20051}              about to restart; 20061: maintenance is over, subscribe again
// Twenty connections a minute, then the address is blocked for 60 s; 25 to 30 subscriptions a connection.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

bool open_flags(std::string& out, std::size_t i, std::span<const std::string_view>, Wall) {
  if (i > 0) return false;
  out += R"({"event":"conf","flags":196608})";
  return true;
}

void request(std::string& out, const StreamRequest& wish) {
  if (!wish.subscribe) {
    out += R"({"event":"unsubscribe","chanId":)";
    append_integer(out, wish.channel);
    out.push_back('}');
    return;
  }
  const bool book = wish.kind == StreamKind::book;
  out += book ? R"({"event":"subscribe","channel":"book","symbol":)"
              : R"({"event":"subscribe","channel":"trades","symbol":)";
  append_quoted(out, wish.symbols.empty() ? std::string_view() : wish.symbols.front());
  if (book) {
    out += R"(,"prec":"P0","freq":"F0","len":")";
    append_integer(out, wish.depth);
    out.push_back('"');
  }
  out.push_back('}');
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  constexpr std::int64_t duplicate = 10301;
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view event = text_in(*root, "event");
  const std::int64_t code = integer_in(*root, "code");
  if (event == "pong") out.kind = Answer::Kind::pong;
  if (event == "info" && (code == 20051 || code == 20061)) out.kind = Answer::Kind::reconnect;
  if (event == "subscribed" || (event == "error" && code == duplicate)) out.kind = Answer::Kind::acknowledged;
  if (event == "unsubscribed") out.kind = Answer::Kind::ended;
  if (event == "error" && code != duplicate) out.kind = Answer::Kind::refused;
  out.channel = integer_in(*root, "chanId");
  out.text = text_in(*root, "msg");
  const std::string_view symbol = text_in(*root, "symbol");
  if (symbol.empty() || event == "unsubscribed") return;
  out.topics.push_back({symbol, text_in(*root, "channel") == "book" ? StreamKind::book : StreamKind::trades});
}

}  // namespace

constinit const StreamDialect bitfinex_streams{.feed = "bitfinex",
                                               .rest = "https://api-pub.bitfinex.com/v2",
                                               .source = "docs.bitfinex.com, read 2026-09-22",
                                               .spelling = {.prefix = "t", .separator_of_long = ":"},
                                               .streams_max = 25,
                                               .symbols_per_message = 1,
                                               .depths = {25, 100, 250},
                                               .depths_count = 3,
                                               .depth = 100,
                                               .kinds = {true, true, false},
                                               .acks = AckStyle::ordered,
                                               .opening = open_flags,
                                               .request = request,
                                               .answer = answer,
                                               .connects = {20, seconds(60)},
                                               .messages = {10, seconds(1), true},
                                               .rest_rates = {Rate{90, seconds(60)}, Rate{}},
                                               .reconnect_min = seconds(3)};

}  // namespace crossbook::venue
