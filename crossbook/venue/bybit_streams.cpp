// SPDX-License-Identifier: Apache-2.0
//
// Bybit v5 spot, live (bybit-exchange.github.io/docs/v5/ws/connect, "Orderbook", "Trade"; 2026-07-24):
//   {"req_id":"a1","op":"subscribe","args":["orderbook.50.BTCUSDT"]}      at most ten args, all topics under 21,000
//                                                                          characters a connection
//   {"success":true,"ret_msg":"","conn_id":"ce3d..","req_id":"a1","op":"subscribe"}
//   {"success":false,"ret_msg":"error:handler not found,topic:orderbook.50.X","req_id":"a1","op":"subscribe"}
//   {"op":"ping"}   ->   {"success":true,"ret_msg":"pong",...}             due every 20 s
// One topic that is not known makes the whole request fail. USDT and USDC contracts have a socket of their own,
// /v5/public/linear, and speak the same; the limit of ten args is documented for spot and kept here as well.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

void append_topic(std::string& out, const StreamRequest& wish, std::string_view symbol) {
  std::string topic = wish.kind == StreamKind::trades ? "publicTrade." : "orderbook.";
  if (wish.kind != StreamKind::trades) {
    append_integer(topic, wish.kind == StreamKind::bbo ? 1 : wish.depth);
    topic.push_back('.');
  }
  append_quoted(out, topic.append(symbol));
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"req_id":")";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(","op":"subscribe","args":[)" : R"(","op":"unsubscribe","args":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    append_topic(out, wish, symbol);
  }
  out += "]}";
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view op = text_in(*root, "op");
  out.text = text_in(*root, "ret_msg");
  if (op == "pong" || out.text == "pong") out.kind = Answer::Kind::pong;
  if (op != "subscribe" && op != "unsubscribe") return;
  out.id = integer_in(*root, "req_id");
  const auto success = flag_in(*root, "success");
  if (!success) return;
  out.kind = !*success ? Answer::Kind::refused : op == "subscribe" ? Answer::Kind::acknowledged : Answer::Kind::ended;
}

void ping(std::string& out, std::int64_t, Wall) { out += R"({"op":"ping"})"; }

// BTC/USDT:USDT is BTCUSDT, BTC/USDC:USDC is BTCPERP. Dated contracts are named as the venue does.
std::string linear_symbol(std::string_view base, std::string_view quote, std::string_view expiry) {
  if (!expiry.empty()) return {};
  return std::string(base).append(quote == "USDC" ? "PERP" : quote);
}

template <bool linear>
void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  url += linear ? "/v5/market/orderbook?category=linear&symbol=" : "/v5/market/orderbook?category=spot&symbol=";
  append_escaped(url, symbol);
  url += "&limit=200";
}

constexpr StreamDialect spot_row() {
  return {.feed = "bybit-spot",
          .rest = "https://api.bybit.com",
          .source = "bybit-exchange/docs of 2026-07-24",
          .streams_max = 500,  // 21,000 characters of topics
          .symbols_per_message = 10,
          .depths = {50, 200, 1000},
          .depths_count = 3,
          .depth = 200,
          .acks = AckStyle::request,
          .request = request,
          .answer = answer,
          .ping_every = seconds(20),
          .ping = ping,
          .append_snapshot_url = append_snapshot_url<false>,
          .instruments = {.path = "/v5/market/instruments-info?category=spot"},
          .connects = {500, seconds(300)},
          .messages = {10, seconds(1), true},
          .rest_rates = {Rate{600, seconds(5)}, Rate{}}};
}

constexpr StreamDialect linear_row() {
  StreamDialect linear = spot_row();
  linear.feed = "bybit-linear";
  linear.source = "bybit-exchange/docs of 2026-07-24; Connect, read 2026-11-23";
  linear.spelling = {.contract = Contract::linear, .of_contract = linear_symbol};
  linear.append_snapshot_url = append_snapshot_url<true>;
  // One page of a thousand, the most that the venue gives; a contract beyond it goes without its steps.
  linear.instruments = {.path = "/v5/market/instruments-info?category=linear&limit=1000"};
  return linear;
}

}  // namespace

constinit const StreamDialect bybit_streams = spot_row();
constinit const StreamDialect bybit_linear_streams = linear_row();

}  // namespace crossbook::venue
