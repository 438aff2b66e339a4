// SPDX-License-Identifier: Apache-2.0
// Binance's servers, spot and futures (docs/venues/detection.md names what their numbers prove):
// {"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1} -> {"result":null,"id":1}
// An unknown symbol is acknowledged, and then silent. So are trades of USD-M at /public, where its books come from.
#include <algorithm>
#include <cctype>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/binance_markets.hpp"
#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/json_tree.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

using enum BinanceMarket;

constexpr std::size_t streams_max = 1'024;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// Empty where a market's trades come from elsewhere.
std::string_view trade_stream(const Protocol& protocol) {
  if (protocol.trades == nullptr) return {};
  return &protocol == &binance_coinm ? "@aggTrade" : "@trade";
}

// btcusdt@depth@100ms; nothing for a symbol or a stream that is not here.
std::optional<StreamKey> key_of(const Talk& talk, std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return {};
  const auto book = talk.find(upper(name.substr(0, at)));
  if (!book) return {};
  const std::string_view kind = name.substr(at);
  if (kind == "@depth@100ms") return StreamKey{.channel = Channel::book, .book = *book};
  if (kind == "@depth") return StreamKey{.channel = Channel::book, .book = *book, .slow = true};
  if (kind == trade_stream(talk.protocol())) return StreamKey{.channel = Channel::trades, .book = *book};
  if (kind == "@bookTicker") return StreamKey{.channel = Channel::bbo, .book = *book};
  return {};
}

std::string name_of(const Talk& talk, const StreamKey& key) {
  std::string name;
  for (const char c : talk.listing(key.book).raw_symbol)
    name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  if (key.channel == Channel::trades) return name.append(trade_stream(talk.protocol()));
  if (key.channel == Channel::bbo) return name + "@bookTicker";
  return name + (key.slow ? "@depth" : "@depth@100ms");
}

void subscribe(Talk& talk, std::string_view name) {
  if (const auto key = key_of(talk, name)) talk.subscribe(*key);
}

// /ws/a/b and /stream?streams=a/b name streams in the address; USD-M's begins with /public.
void opened(Talk& talk, std::string_view target) {
  constexpr std::string_view head = "/public";
  const Target asked = parse_target(target);
  const std::string_view path = std::string_view(asked.path).substr(asked.path.starts_with(head) ? head.size() : 0);
  talk.client().bare = path.starts_with("/ws");
  std::string_view names = asked.value("streams");
  if (path.starts_with("/ws/")) names = path.substr(4);
  while (!names.empty()) {
    const std::size_t end = std::min(names.find('/'), names.size());
    subscribe(talk, names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

void refuse(Talk& talk, std::string_view code, std::string_view message, const Json* id) {
  std::string text = R"({"code":)";
  text += code;
  text += R"(,"msg":)";
  append_quoted(text, message);
  if (id != nullptr) {
    text += R"(,"id":)";
    append_scalar(text, *id);
  }
  text.push_back('}');
  talk.refuse(std::move(text));
}

void answer(Talk& talk, std::string_view result, const Json& id) {
  std::string text = R"({"result":)";
  text += result;
  text += R"(,"id":)";
  append_scalar(text, id);
  text.push_back('}');
  talk.say(std::move(text));
}

std::string list(const Talk& talk) {
  std::string text = "[";
  for (const StreamKey& key : talk.subscriptions()) {
    if (text.size() > 1) text.push_back(',');
    append_quoted(text, name_of(talk, key));
  }
  return text + "]";
}

void received(Talk& talk, std::string_view message) {
  const auto asked = read_json(message);
  if (!asked) return refuse(talk, "3", "Invalid JSON: expected value at line 1 column 1", nullptr);
  const Json* id = asked->find("id");
  if (id == nullptr) return refuse(talk, "2", "Invalid request: missing field `id`", nullptr);
  const std::string_view method = asked->string_at("method");
  if (method == "LIST_SUBSCRIPTIONS") return answer(talk, list(talk), *id);
  if (method != "SUBSCRIBE" && method != "UNSUBSCRIBE")
    return refuse(talk, "2", "Invalid request: unknown variant, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`", id);
  const std::vector<std::string> names = asked->strings_at("params");
  if (names.empty()) return refuse(talk, "2", "Invalid request: params must be a list of stream names", id);
  if (method == "SUBSCRIBE" && talk.subscriptions().size() + names.size() > streams_max)
    return refuse(talk, "2", "Invalid request: too many streams on this connection", id);
  for (const std::string& name : names) {
    const auto key = key_of(talk, name);
    if (method == "SUBSCRIBE") {
      subscribe(talk, name);
    } else if (key) {
      talk.unsubscribe(*key);
    }
  }
  answer(talk, "null", *id);
}

void refuse(HttpAnswer& out, std::string_view code, std::string_view message) {
  out.status = 400;
  out.body = R"({"code":)";
  out.body += code;
  out.body += R"(,"msg":)";
  append_quoted(out.body, message);
  out.body.push_back('}');
}

// The three filters that a client needs, with as many decimals as the market writes: 8, or those of tick and step.
template <BinanceMarket market>
void append_filters(std::string& out, const Rest& rest, std::size_t book) {
  const ListingOptions& listing = rest.venue().listings[book];
  const auto quoted = [&](std::string_view name, std::int64_t count, int scale) {
    out += name;
    append_decimal(out, count, scale, market == spot ? 8 : scale);
  };
  quoted(R"([{"filterType":"PRICE_FILTER","minPrice":")", listing.tick, listing.price_scale);
  quoted(R"(","maxPrice":"1000000.00000000","tickSize":")", listing.tick, listing.price_scale);
  quoted(R"("},{"filterType":"LOT_SIZE","minQty":")", listing.lot, listing.quantity_scale);
  quoted(R"(","maxQty":"9000000.00000000","stepSize":")", listing.lot, listing.quantity_scale);
  if (market == spot) {
    quoted(R"("},{"filterType":"NOTIONAL","minNotional":")", rest.min_notional(book), 0);
    out += R"(","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}])";
  } else {
    if (market == usdm) quoted(R"("},{"filterType":"MIN_NOTIONAL","notional":")", rest.min_notional(book), 0);
    out += R"("}])";
  }
}

template <BinanceMarket market>
void append_symbol(std::string& out, const Rest& rest, std::size_t book) {
  const ListingOptions& listing = rest.venue().listings[book];
  const Currencies traded = currencies_of(rest.symbol(book));
  const auto quoted = [&](std::string_view name, std::string_view text) { out.append(name).append(text); };
  quoted(R"({"symbol":")", listing.raw_symbol);
  if (market != spot) {
    quoted(R"(","pair":")", contract_pair(listing.raw_symbol));
    quoted(R"(","marginAsset":")", traded.settle);
    out += R"(","contractType":"PERPETUAL)";
  }
  if (market == coinm)
    quoted(R"(","contractSize":)", std::to_string(listing.contract_size) + R"(,"equalQtyPrecision":"4)");
  quoted(market == coinm ? R"(","contractStatus":")" : R"(","status":")", !rest.halted(book) ? "TRADING"
                                                                          : market == spot   ? "BREAK"
                                                                                             : "PENDING_TRADING");
  quoted(R"(","baseAsset":")", traded.base);
  quoted(R"(","baseAssetPrecision":8,"quoteAsset":")", traded.quote);
  out += R"(","quotePrecision":8,)";
  out += market == spot ? R"("quoteAssetPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],)"
                          R"("isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"permissions":["SPOT"],)"
                        : R"("orderTypes":["LIMIT","MARKET"],"timeInForce":["GTC","IOC","FOK","GTX"],)";
  out += R"("filters":)";
  append_filters<market>(out, rest, book);
  out.push_back('}');
}

template <BinanceMarket market>
void exchange_info(Rest& rest, const Target& asked, HttpAnswer& out) {
  const std::string_view only = asked.value("symbol");
  if (!only.empty() && !rest.find(only)) return refuse(out, "-1121", "Invalid symbol.");
  out.body = R"({"timezone":"UTC","serverTime":)" + std::to_string(milliseconds_of(rest.time())) +
             R"(,"rateLimits":[],"exchangeFilters":[],"symbols":[)";
  for (const std::size_t book : rest.listed()) {
    if (!only.empty() && rest.venue().listings[book].raw_symbol != only) continue;
    if (out.body.back() == '}') out.body.push_back(',');
    append_symbol<market>(out.body, rest, book);
  }
  out.body += "]}";
}

template <BinanceMarket market>
void get(Rest& rest, const Target& asked, HttpAnswer& out) {
  constexpr std::string_view root = market == spot ? "/api/v3" : market == usdm ? "/fapi/v1" : "/dapi/v1";
  const std::string_view path = asked.path;
  const std::string_view what = path.starts_with(root) ? path.substr(root.size()) : "";
  if (what == "/ping") {
    out.body = "{}";
  } else if (what == "/time") {
    out.body = R"({"serverTime":)" + std::to_string(milliseconds_of(rest.time())) + "}";
  } else if (what == "/exchangeInfo") {
    exchange_info<market>(rest, asked, out);
  } else if (what == "/depth") {
    const auto book = rest.find(asked.value("symbol"));
    if (!book) return refuse(out, "-1121", "Invalid symbol.");
    rest.protocol().rest_body(out.body, rest.book(*book, asked.number("limit").value_or(market == spot ? 100 : 500)));
  } else {
    out.status = 404;
    out.body = R"({"code":-1000,"msg":"no such path"})";
  }
}

template <BinanceMarket market>
std::int64_t sequence(const BookFrame& frame) {
  return market == spot ? frame.last : futures_id(frame.last);
}

template <BinanceMarket market>
constexpr Skin skin_of(const Protocol& protocol) {
  return {.protocol = &protocol,
          .path = market == usdm ? "/public/stream" : "/stream",
          .sequence = sequence<market>,
          .opened = opened,
          .received = received,
          .get = get<market>,
          .messages_a_second_max = market == spot ? 5 : 10,
          .ping_every = market == spot ? seconds(20) : seconds(180),
          .slow_every = market == spot ? seconds(1) : milliseconds(250)};
}

}  // namespace

const Skin binance_skin = skin_of<spot>(binance);
const Skin binance_us_skin = skin_of<spot>(binance_us);
const Skin binance_usdm_skin = skin_of<usdm>(binance_usdm);
const Skin binance_coinm_skin = skin_of<coinm>(binance_coinm);

}  // namespace crossbook::market
