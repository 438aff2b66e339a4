// SPDX-License-Identifier: Apache-2.0
//
// Binance spot, live (github.com/binance/binance-spot-api-docs, web-socket-streams.md and rest-api.md, 2026-07-21):
//   wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms/btcusdt@trade
//   {"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}     ->  {"result":null,"id":1}
//   {"code":2,"msg":"..."}, with the id where it is known; {"e":"serverShutdown","E":..} shortly before a close
// Streams in the address need no message, and none of the five that a connection may send each second. An unknown
// symbol is acknowledged and then silent. The server pings every 20 s and closes a connection at 24 h.
//
// USD-M futures speak the same (developers.binance.com/docs/derivatives, "Websocket Market Streams" and "Important
// WebSocket Change Notice"; read 2026-11-23). Since 2026-04-23 books and best prices come from /public alone and trades
// from /market, so trades are not offered; ten messages a second; a ping every 3 minutes. REST is weighed by 2,400 a
// minute, and a snapshot of 1,000 levels weighs 20. COIN-M has one address for all streams, and of trades documents the
// aggregated ones; its REST is weighed like USD-M's, by a budget that its pages do not name.
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"

namespace crossbook::venue {
namespace {

template <bool futures>
void append_stream(std::string& out, std::string_view symbol, StreamKind kind) {
  append_lower(out, symbol);
  switch (kind) {
    case StreamKind::book: out += "@depth@100ms"; break;
    case StreamKind::trades: out += futures ? "@aggTrade" : "@trade"; break;
    case StreamKind::bbo: out += "@bookTicker"; break;
  }
}

template <bool futures>
void append_streams(std::string& url, std::span<const StreamName> first) {
  char separator = 0;
  url += "?streams=";
  for (const StreamName& stream : first) {
    if (separator != 0) url.push_back(separator);
    append_stream<futures>(url, stream.symbol, stream.kind);
    separator = '/';
  }
}

template <bool futures>
void request(std::string& out, const StreamRequest& wish) {
  out += wish.subscribe ? R"({"method":"SUBSCRIBE","params":[)" : R"({"method":"UNSUBSCRIBE","params":[)";
  for (const std::string_view symbol : wish.symbols) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('"');
    append_stream<futures>(out, symbol, wish.kind);
    out.push_back('"');
  }
  out += R"(],"id":)";
  append_integer(out, wish.id);
  out.push_back('}');
}

void answer(Parser& parser, std::string_view bytes, Answer& out) {
  if (bytes.find(R"("serverShutdown")") != std::string_view::npos) {
    out.kind = Answer::Kind::reconnect;
    return;
  }
  ondemand::document document;
  auto root = root_of(parser, bytes, document);
  if (!root) return;
  out.id = integer_in(*root, "id");
  std::string_view text = text_in(*root, "msg");
  if (auto error = object_in(*root, "error")) text = text_in(*error, "msg");
  const bool result = !absent(root->find_field_unordered("result"));
  if (!text.empty()) {
    out.kind = Answer::Kind::refused;
    out.text = text;
  } else if (result && out.id != 0) {
    out.kind = Answer::Kind::acknowledged;
  }
}

void append_depth(std::string& url, std::string_view path, std::string_view symbol) {
  url += path;
  append_escaped(url, symbol);
  url += "&limit=1000";
}
void append_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  append_depth(url, "/api/v3/depth?symbol=", symbol);
}
void append_usdm_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  append_depth(url, "/fapi/v1/depth?symbol=", symbol);
}
void append_coinm_snapshot_url(std::string& url, std::string_view symbol, std::uint32_t) {
  append_depth(url, "/dapi/v1/depth?symbol=", symbol);
}

// BTC/USDT:USDT is BTCUSDT, BTC/USDT:USDT-250926 is BTCUSDT_250926.
std::string linear_symbol(std::string_view base, std::string_view quote, std::string_view expiry) {
  std::string raw(base);
  raw += quote;
  if (!expiry.empty()) raw.append("_").append(expiry);
  return raw;
}

// BTC/USD:BTC is BTCUSD_PERP, BTC/USD:BTC-250926 is BTCUSD_250926.
std::string inverse_symbol(std::string_view base, std::string_view quote, std::string_view expiry) {
  return linear_symbol(base, quote, expiry.empty() ? "PERP" : expiry);
}

constexpr StreamDialect row(std::string_view feed, std::string_view rest, std::string_view source) {
  return {.feed = feed,
          .rest = rest,
          .source = source,
          .url_streams_max = 100,  // an address of about 3 kB
          .append_streams = append_streams<false>,
          .life_max = seconds(24 * 3600),
          .streams_max = 1024,
          .symbols_per_message = 100,
          .acks = AckStyle::request,
          .acks_prove_nothing = true,
          .first_book_within = seconds(60),  // a quiet book sends nothing
          .resync = ResyncBy::rest,
          .request = request<false>,
          .answer = answer,
          .ping_every = seconds(20),
          .ping_only_idle = true,
          .append_snapshot_url = append_snapshot_url,
          .snapshot_weight = 50,
          .instruments = {.path = "/api/v3/exchangeInfo", .weight = 20},
          .connects = {300, seconds(300)},
          .messages = {5, seconds(1)},
          .rest_rates = {Rate{6000, seconds(60)}, Rate{}}};
}

constexpr std::string_view futures_source = "developers.binance.com/docs/derivatives, read 2026-11-23";

constexpr StreamDialect futures_row(std::string_view feed, std::string_view rest) {
  StreamDialect futures = row(feed, rest, futures_source);
  futures.append_streams = append_streams<true>;
  futures.request = request<true>;
  futures.streams_max = 200;
  futures.snapshot_weight = 20;
  futures.connects = {300, seconds(300), true};
  futures.messages = {10, seconds(1)};
  futures.rest_rates = {Rate{2400, seconds(60)}, Rate{}};
  return futures;
}

constexpr StreamDialect usdm_row() {
  StreamDialect usdm = futures_row("binance-usdm", "https://fapi.binance.com");
  usdm.spelling = {.contract = Contract::linear, .of_contract = linear_symbol};
  usdm.kinds = {true, false, true};
  usdm.append_snapshot_url = append_usdm_snapshot_url;
  usdm.instruments = {.path = "/fapi/v1/exchangeInfo"};
  return usdm;
}

constexpr StreamDialect coinm_row() {
  StreamDialect coinm = futures_row("binance-coinm", "https://dapi.binance.com");
  coinm.spelling = {.contract = Contract::inverse, .of_contract = inverse_symbol};
  coinm.append_snapshot_url = append_coinm_snapshot_url;
  coinm.instruments = {.path = "/dapi/v1/exchangeInfo"};
  coinm.rest_rates[0].ours = true;
  return coinm;
}

}  // namespace

constinit const StreamDialect binance_usdm_streams = usdm_row();
constinit const StreamDialect binance_coinm_streams = coinm_row();
constinit const StreamDialect binance_streams =
    row("binance", "https://api.binance.com", "binance-spot-api-docs of 2026-07-21");
constinit const StreamDialect binance_us_streams =
    row("binance-us", "https://api.binance.us", "taken to be as Binance's (binance-spot-api-docs of 2026-07-21)");

}  // namespace crossbook::venue
