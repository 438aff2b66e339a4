// SPDX-License-Identifier: Apache-2.0
//
// Coinbase, live. Advanced Trade (docs.cdp.coinbase.com, "Advanced Trade WebSocket"; 2026-06-27), one channel a
// message:
//   {"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}
//   {"channel":"subscriptions",..,"events":[{"subscriptions":{"level2":["BTC-USD"],"heartbeats":["heartbeats"]}}]}
// Exchange (docs.cdp.coinbase.com/exchange, "WebSocket Feed"; read 2026-09):
//   {"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch","heartbeat"]}
//   {"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]}]}
// Both: {"type":"error","message":"...","reason":".."} for the message before; each answer lists all that is subscribed
// now; who has not subscribed within 5 s is dropped, and quiet channels are closed unless heartbeats are subscribed.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

std::optional<StreamKind> kind_of(std::string_view channel) {
  if (channel.starts_with("level2") || channel == "l2_data") return StreamKind::book;
  if (channel == "market_trades" || channel == "matches") return StreamKind::trades;
  if (channel == "ticker") return StreamKind::bbo;
  return {};
}

void append_head(std::string& out, bool subscribe, std::span<const std::string_view> symbols) {
  out += subscribe ? R"({"type":"subscribe","product_ids":)" : R"({"type":"unsubscribe","product_ids":)";
  append_list(out, symbols);
}

void append_topics(std::vector<Answer::Topic>& topics, std::string_view channel, ondemand::array products) {
  const auto kind = kind_of(channel);
  if (!kind) return;
  for (auto product : products) {
    std::string_view symbol;
    if (product.get_string().get(symbol) == simdjson::SUCCESS) topics.push_back({symbol, kind});
  }
}

// Advanced Trade.
bool open_heartbeats(std::string& out, std::size_t i, std::span<const std::string_view> symbols, Wall) {
  if (i > 0 || symbols.empty()) return false;
  append_head(out, true, symbols.first(1));
  out += R"(,"channel":"heartbeats"})";
  return true;
}

void request(std::string& out, const StreamRequest& wish) {
  append_head(out, wish.subscribe, wish.symbols);
  if (wish.kind == StreamKind::book) out += R"(,"channel":"level2"})";
  if (wish.kind == StreamKind::trades) out += R"(,"channel":"market_trades"})";
  if (wish.kind == StreamKind::bbo) out += R"(,"channel":"ticker"})";
}

void read_subscriptions(ondemand::object& event, Answer& out) {
  auto channels = object_in(event, "subscriptions");
  if (!channels) return;
  out.kind = Answer::Kind::acknowledged;
  out.complete = true;
  for (auto field : *channels) {
    std::string_view name;
    ondemand::array products;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS || field.value().get(products) != simdjson::SUCCESS)
      return;
    append_topics(out.topics, name, products);
  }
}

void read_error(ondemand::object& root, Answer& out) {
  out.kind = Answer::Kind::refused;
  out.text = text_in(root, "reason");  // names the product, where there is one
  if (out.text.empty()) out.text = text_in(root, "message");
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  if (text_in(*root, "type") == "error") return read_error(*root, out);
  if (text_in(*root, "channel") != "subscriptions") return;
  ondemand::array events;
  if (root->find_field_unordered("events").get_array().get(events) != simdjson::SUCCESS) return;
  for (auto element : events) {
    ondemand::object event;
    if (element.get_object().get(event) == simdjson::SUCCESS) read_subscriptions(event, out);
  }
}

void append_product_book(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/market/product_book?product_id=";
  append_escaped(url, symbol);
}

// Exchange.
void request_exchange(std::string& out, const StreamRequest& wish) {
  append_head(out, wish.subscribe, wish.symbols);
  if (wish.kind == StreamKind::book) out += R"(,"channels":["level2_batch","heartbeat"]})";
  if (wish.kind == StreamKind::trades) out += R"(,"channels":["matches"]})";
  if (wish.kind == StreamKind::bbo) out += R"(,"channels":["ticker"]})";
}

void answer_exchange(Parser& parser, std::string_view bytes, Answer& out) {
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  const std::string_view type = text_in(*root, "type");
  if (type == "error") return read_error(*root, out);
  if (type != "subscriptions") return;
  out.kind = Answer::Kind::acknowledged;
  out.complete = true;
  ondemand::array channels;
  if (root->find_field_unordered("channels").get_array().get(channels) != simdjson::SUCCESS) return;
  for (auto element : channels) {
    ondemand::object channel;
    if (element.get_object().get(channel) != simdjson::SUCCESS) return;
    const std::string_view name = text_in(channel, "name");
    ondemand::array products;
    if (channel.find_field_unordered("product_ids").get_array().get(products) == simdjson::SUCCESS)
      append_topics(out.topics, name, products);
  }
}

void append_exchange_book(std::string& url, std::string_view symbol, std::uint32_t) {
  url += "/products/";
  append_escaped(url, symbol);
  url += "/book?level=2";
}

}  // namespace

constinit const StreamDialect coinbase_streams{
    .feed = "coinbase",
    .rest = "https://api.coinbase.com/api/v3/brokerage",
    .source = "docs.cdp.coinbase.com of 2026-06-27",
    .spelling = {.separator = "-"},
    .streams_max = 60,  // a lost message costs all books of the connection, megabytes each
    .symbols_per_message = 20,
    .acks = AckStyle::complete,
    .opening = open_heartbeats,
    .request = request,
    .answer = answer,
    .append_snapshot_url = append_product_book,
    .instruments = {.path = "/market/products"},
    .connects = {8, seconds(1)},
    .messages_of_address = {8, seconds(1)},
    .rest_rates = {Rate{10, seconds(1), true}, Rate{}}};

constinit const StreamDialect coinbase_exchange_streams{.feed = "coinbase-exchange",
                                                        .rest = "https://api.exchange.coinbase.com",
                                                        .source = "docs.cdp.coinbase.com/exchange, read 2026-09",
                                                        .spelling = {.separator = "-"},
                                                        .streams_max = 100,
                                                        .symbols_per_message = 20,
                                                        .acks = AckStyle::complete,
                                                        .request = request_exchange,
                                                        .answer = answer_exchange,
                                                        .append_snapshot_url = append_exchange_book,
                                                        .instruments = {.path = "/products"},
                                                        .connects = {8, seconds(1)},
                                                        .messages = {100, seconds(1)},
                                                        .rest_rates = {Rate{10, seconds(1), true}, Rate{}}};

}  // namespace crossbook::venue
