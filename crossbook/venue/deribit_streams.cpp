// SPDX-License-Identifier: Apache-2.0
//
// Deribit JSON-RPC v2, live (docs.deribit.com, "public/subscribe", "public/set_heartbeat"; read 2026-09-22):
//   {"jsonrpc":"2.0","id":3,"method":"public/subscribe","params":{"channels":["book.BTC-PERPETUAL.100ms"]}}
//   {"jsonrpc":"2.0","id":3,"result":["book.BTC-PERPETUAL.100ms"],"usIn":..}     what is missing was refused
//   {"jsonrpc":"2.0","id":3,"error":{"code":11050,"message":"bad_request"}}
//   {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}  ->  public/test, or it is closed
// Who is subscribed already gets no new snapshot: unsubscribe first. A subscription costs a tenth of the credits, which
// come back at about 3.3 a second.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

bool open_heartbeat(std::string& out, std::size_t i, std::span<const std::string_view>, Wall) {
  if (i > 0) return false;
  out += R"({"jsonrpc":"2.0","id":0,"method":"public/set_heartbeat","params":{"interval":10}})";
  return true;
}

void append_channel(std::string& out, StreamKind kind, std::string_view symbol) {
  std::string channel = kind == StreamKind::book ? "book." : kind == StreamKind::trades ? "trades." : "quote.";
  channel += symbol;
  if (kind != StreamKind::bbo) channel += ".100ms";
  append_quoted(out, channel);
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"jsonrpc":"2.0","id":)";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(,"method":"public/subscribe","params":{"channels":[)"
                        : R"(,"method":"public/unsubscribe","params":{"channels":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    append_channel(out, wish.kind, symbol);
  }
  out += "]}}";
}

void append_topic(std::vector<Answer::Topic>& topics, std::string_view channel) {
  const std::size_t dot = channel.find('.');
  if (dot == std::string_view::npos) return;
  const std::string_view kind = channel.substr(0, dot);
  const std::string_view rest = channel.substr(dot + 1);
  if (kind == "book") topics.push_back({rest.substr(0, rest.rfind('.')), StreamKind::book});
  if (kind == "trades") topics.push_back({rest.substr(0, rest.rfind('.')), StreamKind::trades});
  if (kind == "quote") topics.push_back({rest, StreamKind::bbo});
}

void read_result(ondemand::object& root, Answer& out) {
  ondemand::array channels;
  if (root.find_field_unordered("result").get_array().get(channels) != simdjson::SUCCESS) return;
  out.kind = Answer::Kind::acknowledged;
  out.complete = true;
  for (auto element : channels) {
    std::string_view channel;
    if (element.get_string().get(channel) == simdjson::SUCCESS) append_topic(out.topics, channel);
  }
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  if (text_in(*root, "method") == "heartbeat") {
    out.kind = Answer::Kind::pong;
    auto params = object_in(*root, "params");
    if (params && text_in(*params, "type") == "test_request")
      out.reply = R"({"jsonrpc":"2.0","id":0,"method":"public/test","params":{}})";
    return;
  }
  out.id = integer_in(*root, "id");
  if (out.id == 0) return;
  if (auto error = object_in(*root, "error")) {
    out.kind = Answer::Kind::refused;
    out.text = text_in(*error, "message");
    return;
  }
  read_result(*root, out);
}

void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/public/get_order_book?instrument_name=";
  append_escaped(url, symbol);
  url += "&depth=1000";
}

}  // namespace

constinit const StreamDialect deribit_streams{.feed = "deribit",
                                              .rest = "https://www.deribit.com/api/v2",
                                              .source = "docs.deribit.com, read 2026-09-22",
                                              .spelling = {.separator = "_"},
                                              .streams_max = 400,
                                              .symbols_per_message = 100,
                                              .acks = AckStyle::request,
                                              .opening = open_heartbeat,
                                              .request = request,
                                              .answer = answer,
                                              .append_snapshot_url = append_snapshot_url,
                                              .instruments = {.path = "/public/get_instruments?currency=any"},
                                              .connects = {10, seconds(10), true},
                                              .messages = {10, seconds(1), true},
                                              .requests = {3, seconds(1)},
                                              .rest_rates = {Rate{5, seconds(1), true}, Rate{}}};

}  // namespace crossbook::venue
