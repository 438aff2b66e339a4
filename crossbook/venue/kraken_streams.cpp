// SPDX-License-Identifier: Apache-2.0
//
// Kraken WebSocket v2, live (docs.kraken.com, "Book", "Trade", "Ticker", "Ping"; 2026-06):
//   {"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],"depth":10,"snapshot":true},
//    "req_id":1}
//   {"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,
//    "time_in":"...","time_out":"...","req_id":1}            one answer a symbol
//   {"error":"Currency pair not supported X/Y","method":"subscribe","success":false,"symbol":"X/Y","req_id":1}
// Heartbeats come by themselves, about one a second. Cloudflare bans an address for ten minutes after about 150
// connection attempts in ten; in maintenance one attempt every five seconds is asked for.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

std::string_view channel_name(StreamKind kind) {
  switch (kind) {
    case StreamKind::book: return "book";
    case StreamKind::trades: return "trade";
    case StreamKind::bbo: return "ticker";
  }
  return {};
}

std::optional<StreamKind> kind_of(std::string_view channel) {
  if (channel == "book") return StreamKind::book;
  if (channel == "trade") return StreamKind::trades;
  if (channel == "ticker") return StreamKind::bbo;
  return {};
}

void request(std::string& out, const StreamRequest& wish) {
  out += wish.subscribe ? R"({"method":"subscribe","params":{"channel":")"
                        : R"({"method":"unsubscribe","params":{"channel":")";
  out += channel_name(wish.kind);
  out += R"(","symbol":)";
  append_list(out, wish.symbols);
  if (wish.kind == StreamKind::book) {
    out += R"(,"depth":)";
    append_integer(out, wish.depth);
  }
  if (wish.kind == StreamKind::bbo) out += R"(,"event_trigger":"bbo")";
  // The best price is wanted at once; prints of before are not.
  if (wish.subscribe) out += wish.kind == StreamKind::trades ? R"(,"snapshot":false)" : R"(,"snapshot":true)";
  out += R"(},"req_id":)";
  append_integer(out, wish.id);
  out.push_back('}');
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view method = text_in(*root, "method");
  if (method == "pong") out.kind = Answer::Kind::pong;
  if (method != "subscribe" && method != "unsubscribe") return;
  out.id = integer_in(*root, "req_id");
  out.text = text_in(*root, "error");
  const bool success = flag_in(*root, "success").value_or(false);
  if (auto result = object_in(*root, "result")) {
    const std::string_view channel = text_in(*result, "channel");
    out.topics.push_back({text_in(*result, "symbol"), kind_of(channel)});
  } else if (const std::string_view symbol = text_in(*root, "symbol"); !symbol.empty()) {
    out.topics.push_back({symbol, {}});
  }
  out.kind = !success                ? Answer::Kind::refused
             : method == "subscribe" ? Answer::Kind::acknowledged
                                     : Answer::Kind::ended;
}

void ping(std::string& out, std::int64_t id, Wall) {
  out += R"({"method":"ping","req_id":)";
  append_integer(out, id);
  out.push_back('}');
}

}  // namespace

constinit const StreamDialect kraken_streams{.feed = "kraken",
                                             .rest = "https://api.kraken.com/0",
                                             .source = "docs.kraken.com of 2026-06",
                                             .spelling = {.separator = "/"},
                                             .streams_max = 300,
                                             .symbols_per_message = 50,
                                             .depths = {10, 25, 100, 500, 1000},
                                             .depths_count = 5,
                                             .depth = 100,
                                             .acks = AckStyle::each,
                                             .request = request,
                                             .answer = answer,
                                             .ping_every = seconds(5),  // where the heartbeats stay away
                                             .ping_only_idle = true,
                                             .ping = ping,
                                             .instruments = {.path = "/public/AssetPairs"},
                                             .connects = {150, seconds(600)},
                                             .messages = {10, seconds(1), true},
                                             .rest_rates = {Rate{1, seconds(1), true}, Rate{}},
                                             .reconnect_min = seconds(5)};

}  // namespace crossbook::venue
