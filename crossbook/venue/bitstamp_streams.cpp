// SPDX-License-Identifier: Apache-2.0
//
// Bitstamp WebSocket v2, live (www.bitstamp.net/websocket/v2, read 2026-09-15):
//   {"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusd"}}       one channel a frame, under 512 bytes
//   {"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusd","data":{}}
//   {"event":"bts:error","channel":"","data":{"code":4009,"message":"Invalid channel provided."}}
//   {"event":"bts:heartbeat"}  ->  the same event; {"event":"bts:request_reconnect",...}: again within seconds
// An error names no channel: it answers the oldest request. order_book_X is the best 100 levels with every frame,
// diff_order_book_X the whole book by changes onto a REST snapshot. A connection of 90 days is closed.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

constexpr std::uint32_t window = 100;

std::string_view prefix_of(const StreamRequest& wish) {
  if (wish.kind == StreamKind::trades) return "live_trades_";
  return wish.depth == window ? "order_book_" : "diff_order_book_";
}

void request(std::string& out, const StreamRequest& wish) {
  out += wish.subscribe ? R"({"event":"bts:subscribe","data":{"channel":)"
                        : R"({"event":"bts:unsubscribe","data":{"channel":)";
  std::string channel(prefix_of(wish));
  if (!wish.symbols.empty()) channel += wish.symbols.front();
  append_quoted(out, channel);
  out += "}}";
}

void append_topic(std::vector<Answer::Topic>& topics, std::string_view channel) {
  constexpr std::pair<std::string_view, StreamKind> prefixes[] = {
      {"diff_order_book_", StreamKind::book}, {"order_book_", StreamKind::book}, {"live_trades_", StreamKind::trades}};
  for (const auto& [prefix, kind] : prefixes)
    if (channel.starts_with(prefix)) return topics.push_back({channel.substr(prefix.size()), kind});
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view event = text_in(*root, "event");
  append_topic(out.topics, text_in(*root, "channel"));
  if (event == "bts:subscription_succeeded") out.kind = Answer::Kind::acknowledged;
  if (event == "bts:unsubscription_succeeded") out.kind = Answer::Kind::ended;
  if (event == "bts:heartbeat") out.kind = Answer::Kind::pong;
  if (event == "bts:request_reconnect") out.kind = Answer::Kind::reconnect;
  if (event != "bts:error") return;
  out.kind = Answer::Kind::refused;
  if (auto content = object_in(*root, "data")) out.text = text_in(*content, "message");
}

void ping(std::string& out, std::int64_t, Wall) { out += R"({"event":"bts:heartbeat"})"; }

void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/order_book/";
  append_escaped(url, symbol);
  url += "/?group=1";
}

}  // namespace

constinit const StreamDialect bitstamp_streams{.feed = "bitstamp",
                                               .rest = "https://www.bitstamp.net/api/v2",
                                               .source = "www.bitstamp.net/websocket/v2, read 2026-09-15",
                                               .spelling = {.lower = true},
                                               .life_max = seconds(std::int64_t{90} * 24 * 3600),
                                               .streams_max = 1000,
                                               .symbols_per_message = 1,
                                               .depths = {window, whole_book},
                                               .depths_count = 2,
                                               .depth = whole_book,
                                               .kinds = {true, true, false},
                                               .acks = AckStyle::ordered,
                                               .acks_prove_nothing = true,
                                               .first_book_within = seconds(120),  // the first frame is the next change
                                               .resync = ResyncBy::rest,
                                               .request = request,
                                               .answer = answer,
                                               .ping_every = seconds(30),
                                               .ping_only_idle = true,
                                               .ping = ping,
                                               .append_snapshot_url = append_snapshot_url,
                                               .instruments = {.path = "/markets/"},
                                               .connects = {60, seconds(60), true},
                                               .messages = {20, seconds(1), true},
                                               .rest_rates = {Rate{400, seconds(1)}, Rate{10'000, seconds(600)}}};

}  // namespace crossbook::venue
