// SPDX-License-Identifier: Apache-2.0
//
// KuCoin classic spot, live (www.kucoin.com/docs, "Apply connect token", "Subscribe"; 2025-11-04, 2026-09-22):
//   POST /api/v1/bullet-public  ->  {"code":"200000","data":{"token":"2neAi...","instanceServers":[
//    {"endpoint":"wss://ws-api-spot.kucoin.com/","pingInterval":18000,"pingTimeout":10000}]}}   for each connection
//   {"id":"..","type":"welcome"}                  before it nothing may be sent
//   {"id":"1545910660739","type":"subscribe","topic":"/market/level2:BTC-USDT,ETH-USDT","response":true}
//   {"id":"1545910660739","type":"ack"}           unknown symbols too, and then silence
//   {"id":"..","type":"error","code":404,"data":"topic /market/x is not found"}
//   {"id":"..","type":"ping"}                     every 18 s, or the socket is closed at 60 s
// level2 goes onto a REST snapshot: of 100 levels where nobody logs in. level2Depth50 sends whole windows.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

std::string_view topic_name(const StreamRequest& wish) {
  if (wish.kind == StreamKind::trades) return "/market/match:";
  if (wish.kind == StreamKind::bbo) return "/spotMarket/level1:";
  if (wish.depth == 5) return "/spotMarket/level2Depth5:";
  return wish.depth == 50 ? "/spotMarket/level2Depth50:" : "/market/level2:";
}

void request(std::string& out, const StreamRequest& wish) {
  out += R"({"id":")";
  append_integer(out, wish.id);
  out += wish.subscribe ? R"(","type":"subscribe","topic":)" : R"(","type":"unsubscribe","topic":)";
  std::string topic(topic_name(wish));
  for (const std::string_view symbol : wish.symbols) {
    if (topic.back() != ':') topic.push_back(',');
    topic += symbol;
  }
  append_quoted(out, topic);
  out += R"(,"response":true})";
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view type = text_in(*root, "type");
  out.id = integer_in(*root, "id");
  if (type == "welcome") out.kind = Answer::Kind::greeting;
  if (type == "pong") out.kind = Answer::Kind::pong;
  if (type == "ack") out.kind = Answer::Kind::acknowledged;
  if (type != "error") return;
  out.kind = Answer::Kind::refused;
  out.text = text_in(*root, "data");
}

void ping(std::string& out, std::int64_t id, Wall) {
  out += R"({"id":")";
  append_integer(out, id);
  out += R"(","type":"ping"})";
}

Result<std::string> token_address(Parser& parser, std::string_view bytes, std::int64_t connect_id) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root || text_in(*root, "code") != "200000") return failure(Errc::malformed, "code 200000");
  auto content = object_in(*root, "data");
  if (!content) return failure(Errc::malformed, "data");
  const std::string_view token = text_in(*content, "token");
  if (token.empty()) return failure(Errc::malformed, "a token");
  CROSSBOOK_JSON(servers, content->find_field_unordered("instanceServers").get_array(), "instanceServers");
  for (auto element : servers) {
    CROSSBOOK_JSON(server, element.get_object(), "a server");
    std::string url(text_in(server, "endpoint"));
    if (url.empty()) break;
    url += "?token=";
    append_escaped(url, token);
    url += "&connectId=";
    append_integer(url, connect_id);
    return url;
  }
  return failure(Errc::malformed, "an endpoint");
}

void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/api/v1/market/orderbook/level2_100?symbol=";
  append_escaped(url, symbol);
}

}  // namespace

constinit const StreamDialect kucoin_streams{.feed = "kucoin",
                                             .rest = "https://api.kucoin.com",
                                             .source = "SDK specification of 2025-11-04, read 2026-09-22",
                                             .spelling = {.separator = "-"},
                                             .waits_for_greeting = true,
                                             .token_path = "/api/v1/bullet-public",
                                             .token_address = token_address,
                                             .life_max = seconds(24 * 3600),  // of the token
                                             .streams_max = 300,
                                             .symbols_per_message = 100,
                                             .depths = {5, 50, whole_book},
                                             .depths_count = 3,
                                             .depth = whole_book,
                                             .acks = AckStyle::request,
                                             .acks_prove_nothing = true,
                                             .first_book_within = seconds(60),
                                             .resync = ResyncBy::rest,
                                             .request = request,
                                             .answer = answer,
                                             .ping_every = seconds(18),
                                             .ping = ping,
                                             .append_snapshot_url = append_snapshot_url,
                                             .instruments = {.path = "/api/v2/symbols"},
                                             .connects = {60, seconds(60), true},
                                             .messages = {100, seconds(10)},
                                             .rest_rates = {Rate{300, seconds(30), true}, Rate{}}};

}  // namespace crossbook::venue
