// SPDX-License-Identifier: Apache-2.0
//
// Crypto.com Exchange v1, live (exchange-docs.crypto.com, "Websocket Heartbeats", "book.{instrument_name}";
// 2026-09-22):
//   {"id":1,"method":"subscribe","params":{"channels":["book.BTC_USDT.50"],"book_subscription_type":
//    "SNAPSHOT_AND_UPDATE","book_update_frequency":10},"nonce":1790114272304}         a second after the opening
//   {"id":1,"method":"subscribe","code":0,"channel":"book.BTC_USDT.50"}                one a book; the others only send
//   {"id":1,"method":"subscribe","code":40003,"message":"Unknown symbol"}
//   {"id":7,"method":"public/heartbeat"}  ->  {"id":7,"method":"public/respond-heartbeat"}   within 5 s
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

constexpr std::int64_t nanos_a_millisecond = 1'000'000;

void append_channel(std::string& out, const StreamRequest& wish, std::string_view symbol) {
  std::string channel = "book.";
  if (wish.kind == StreamKind::trades) channel = "trade.";
  if (wish.kind == StreamKind::bbo) channel = "ticker.";
  channel += symbol;
  if (wish.kind == StreamKind::book) {
    channel.push_back('.');
    append_integer(channel, wish.depth);
  }
  append_quoted(out, channel);
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"id":)";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(,"method":"subscribe","params":{"channels":[)"
                        : R"(,"method":"unsubscribe","params":{"channels":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    append_channel(out, wish, symbol);
  }
  out.push_back(']');
  if (wish.subscribe && wish.kind == StreamKind::book)
    out += R"(,"book_subscription_type":"SNAPSHOT_AND_UPDATE","book_update_frequency":10)";
  out += R"(},"nonce":)";
  append_integer(out, wish.wall.nanos() / nanos_a_millisecond);
  out.push_back('}');
}

// "book.BTC_USDT.50"
void append_topic(std::vector<Answer::Topic>& topics, std::string_view channel) {
  const std::size_t dot = channel.find('.');
  if (dot == std::string_view::npos) return;
  const std::string_view kind = channel.substr(0, dot);
  const std::string_view rest = channel.substr(dot + 1);
  if (kind == "book") topics.push_back({rest.substr(0, rest.rfind('.')), StreamKind::book});
  if (kind == "trade") topics.push_back({rest, StreamKind::trades});
  if (kind == "ticker") topics.push_back({rest, StreamKind::bbo});
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view method = text_in(*root, "method");
  const std::int64_t id = integer_in(*root, "id");
  if (method == "public/heartbeat") {
    out.kind = Answer::Kind::pong;
    out.reply = R"({"id":)";
    append_integer(out.reply, id);
    out.reply += R"(,"method":"public/respond-heartbeat"})";
    return;
  }
  if ((method != "subscribe" && method != "unsubscribe") || id <= 0) return;
  out.id = id;
  out.kind = method == "subscribe" ? Answer::Kind::acknowledged : Answer::Kind::ended;
  if (integer_in(*root, "code") != 0) out.kind = Answer::Kind::refused;
  out.text = text_in(*root, "message");
  append_topic(out.topics, text_in(*root, "channel"));
}

}  // namespace

constinit const StreamDialect cryptocom_streams{.feed = "cryptocom",
                                                .rest = "https://api.crypto.com/exchange/v1",
                                                .source = "exchange-docs.crypto.com, read 2026-09-22",
                                                .spelling = {.separator = "_"},
                                                .first_message_after = seconds(1),
                                                .streams_max = 400,
                                                .symbols_per_message = 20,
                                                .depths = {10, 50},
                                                .depths_count = 2,
                                                .depth = 50,
                                                .answers = {true, false, false},
                                                .acks = AckStyle::each,
                                                .request = request,
                                                .answer = answer,
                                                .instruments = {.path = "/public/get-instruments"},
                                                .connects = {60, seconds(60), true},
                                                .messages = {100, seconds(1)},
                                                .rest_rates = {Rate{10, seconds(1), true}, Rate{}}};

}  // namespace crossbook::venue
