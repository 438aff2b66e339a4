// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/market/random.hpp"
#include "crossbook/shard/connector.hpp"
#include "crossbook/venue/registry.hpp"

// An exchange in virtual time around one Connector: it reads our messages as its page says, answers them, loses what a
// test tells it to lose, and counts every message beside the venue's limits with a counter of its own.
namespace crossbook::shard {

using venue::StreamKind;

// Whether any half-open window holds more than the rate allows. `times` rise.
struct Spent {
  std::int64_t at = 0;
  std::int64_t cost = 1;
};
inline bool exceeds(const std::vector<Spent>& spent, const venue::Rate& rate) {
  if (rate.count == 0) return false;
  std::int64_t sum = 0;
  std::size_t first = 0;
  for (const Spent& one : spent) {
    sum += one.cost;
    while (spent[first].at <= one.at - rate.window.count()) sum -= spent[first++].cost;
    if (sum > rate.count) return true;
  }
  return false;
}

// What a message of ours asks for, read by hand.
struct WireRequest {
  bool subscribe = true;
  std::string id;
  std::string channel;  // Bitfinex
  std::vector<std::pair<StreamKind, std::string>> topics;
};

inline std::vector<std::string> quoted_texts(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t open = text.find('"'); open != std::string_view::npos;) {
    const std::size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    all.emplace_back(text.substr(open + 1, close - open - 1));
    open = text.find('"', close + 1);
  }
  return all;
}

inline std::string digits_behind(std::string_view text, std::string_view key) {
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  at = text.find_first_of("0123456789", at + key.size());
  return std::string(text.substr(at, text.find_first_not_of("0123456789", at) - at));
}

inline std::optional<StreamKind> kind_of_channel(std::string_view name) {
  for (const std::string_view book : {"book", "level2", "level2_batch", "books", "depth@100ms"})
    if (name == book) return StreamKind::book;
  for (const std::string_view trades : {"trade", "aggTrade", "trades", "market_trades", "matches", "publicTrade"})
    if (name == trades) return StreamKind::trades;
  for (const std::string_view bbo : {"ticker", "bbo-tbt", "bookTicker"})
    if (name == bbo) return StreamKind::bbo;
  return {};
}

inline std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// Some symbol of the row's market as the venue spells it.
inline std::string spell_base(const venue::StreamDialect& row, const std::string& base) {
  switch (row.spelling.contract) {
    case venue::Contract::none: return venue::raw_symbol(row, base + "/USDT").value();
    case venue::Contract::linear: return venue::raw_symbol(row, base + "/USDT:USDT").value();
    case venue::Contract::inverse: return venue::raw_symbol(row, base + "/USD:" + base).value();
  }
  return {};
}

inline void add_named_topic(std::string_view feed, const std::string& text, WireRequest& request) {
  const std::size_t at = text.find('@');
  const std::size_t dot = text.find('.');
  if (feed.starts_with("binance") && at != std::string::npos) {
    request.topics.emplace_back(*kind_of_channel(text.substr(at + 1)), upper(text.substr(0, at)));
  } else if (feed.starts_with("bybit") && dot != std::string::npos) {
    const bool book = text.starts_with("orderbook.");
    const bool top = text.starts_with("orderbook.1.");
    request.topics.emplace_back(top    ? StreamKind::bbo
                                : book ? StreamKind::book
                                       : StreamKind::trades,
                                text.substr(text.rfind('.') + 1));
  } else if (feed == "gemini" && at != std::string::npos) {
    request.topics.emplace_back(*kind_of_channel(text.substr(at + 1)), text.substr(0, at));
  } else if (feed == "gateio" && text.starts_with("ob.")) {
    request.topics.emplace_back(StreamKind::book, text.substr(3, text.rfind('.') - 3));
  } else if ((feed == "cryptocom" || feed == "deribit") && dot != std::string::npos && text != "2.0") {
    const auto kind = kind_of_channel(text.substr(0, dot));
    const bool ends = *kind == StreamKind::book || feed == "deribit";
    request.topics.emplace_back(*kind, text.substr(dot + 1, ends ? text.rfind('.') - dot - 1 : std::string::npos));
  } else if (feed == "htx" && text.starts_with("market.")) {
    request.topics.emplace_back(StreamKind::book, text.substr(7, text.find(".mbp") - 7));
  } else if (feed == "kucoin" && text.starts_with("/market/")) {
    const StreamKind kind = text.starts_with("/market/match") ? StreamKind::trades : StreamKind::book;
    std::string_view rest = std::string_view(text).substr(text.find(':') + 1);
    for (std::size_t comma = 0; comma != std::string_view::npos; rest = rest.substr(comma + 1)) {
      comma = rest.find(',');
      request.topics.emplace_back(kind, rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
    }
  } else if (feed == "bitstamp" && text.starts_with("live_trades_")) {
    request.topics.emplace_back(StreamKind::trades, text.substr(12));
  } else if (feed == "bitstamp" && text.find("order_book_") != std::string::npos) {
    request.topics.emplace_back(StreamKind::book, text.substr(text.find("order_book_") + 11));
  }
}

inline constexpr std::array<std::string_view, 16> keys{
    "channel", "channels", "symbol", "product_ids", "instId", "instType", "depth",   "snapshot",
    "req_id",  "type",     "method", "params",      "prec",   "freq",     "payload", "event_trigger"};

// Nothing where the message is no request (a ping, an opening message).
inline std::optional<WireRequest> read_request(std::string_view feed, std::string_view text) {
  const std::string loud = upper(std::string(text));
  if (loud.find("SUBSCRIBE") == std::string::npos && loud.find("SUB\":") == std::string::npos) return {};
  WireRequest request;
  request.subscribe = loud.find("UNSUB") == std::string::npos;
  request.channel = digits_behind(text, "\"chanId\":");
  request.id = digits_behind(text, feed == "kraken" || feed.starts_with("bybit") ? "\"req_id\":" : "\"id\":");
  const std::vector<std::string> words = quoted_texts(text);
  std::optional<StreamKind> kind;
  std::vector<std::string> symbols;
  std::string key;
  for (const std::string& word : words) {
    add_named_topic(feed, word, request);
    if (std::ranges::find(keys, word) != keys.end()) {
      key = word;
    } else if (feed == "gateio" && word.starts_with("spot.")) {
      kind = kind_of_channel(word.substr(5));
    } else if (feed == "gateio" && word.find('_') != std::string::npos && kind) {
      request.topics.emplace_back(*kind, word);
    } else if (key.starts_with("channel")) {
      if (const auto known = kind_of_channel(word)) kind = known;
    } else if (key == "instId" && kind) {
      request.topics.emplace_back(*kind, feed == "bitget" ? "SPOT:" + word : word);
    } else if (key == "symbol" || key == "product_ids") {
      symbols.push_back(word);
    }
  }
  if (kind && (feed == "kraken" || feed == "bitfinex" || feed.starts_with("coinbase")))
    for (const std::string& symbol : symbols) request.topics.emplace_back(*kind, symbol);
  if (request.topics.empty() && request.channel.empty()) return {};
  return request;
}

struct VenueFaults {
  bool down = false;              // connections are refused
  bool mute = false;              // connections open and nothing is ever said
  std::uint16_t http_status = 0;  // of refused upgrades and of REST
  std::optional<Nanos> retry_after;
  std::int64_t lost_answers_percent = 0;
  std::int64_t lost_books_percent = 0;  // acknowledged, and no book comes
  std::int64_t failed_fetches_percent = 0;
  std::set<std::string> refused;  // symbols
  bool refusals_name = true;      // whom they concern
};

class VirtualVenue {
 public:
  VirtualVenue(std::string_view feed, const ConnectorOptions& options, std::uint64_t seed = 1)
      : feed_(*venue::find_feed(feed)), random_(seed), connector_(feed_, options, ids_) {}

  VenueFaults faults;

  ListingId watch(const std::string& raw_symbol) {
    const ListingId id{static_cast<std::uint32_t>(symbols_.size())};
    symbols_.push_back(raw_symbol);
    watched_.insert(raw_symbol);
    connector_.watch(now_, id, raw_symbol, actions_);
    carry_out();
    return id;
  }
  void watch_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) watch(spell(i));
  }
  void unwatch(ListingId id) {
    watched_.erase(symbols_[index(id)]);
    connector_.unwatch(now_, id, actions_);
    carry_out();
  }
  // Nobody wants it any more, or somebody wants it again.
  void toggle(ListingId id) {
    const std::string symbol = symbols_[index(id)];
    if (watched_.contains(symbol)) return unwatch(id);
    watched_.insert(symbol);
    connector_.watch(now_, id, symbol, actions_);
    carry_out();
  }
  void start() {
    connector_.start(now_, actions_);
    carry_out();
  }

  void stop() {
    connector_.stop(now_, actions_);
    carry_out();
    watched_.clear();
  }

  // Lets time pass.
  void run(Nanos span) {
    const Steady until = now_.at + span;
    for (;;) {
      const auto due = connector_.due();
      const bool ours = due && (queue_.empty() || due->nanos() <= queue_.begin()->first);
      if (!ours && queue_.empty()) break;
      const Steady next = ours ? *due : Steady(queue_.begin()->first);
      if (next > until) break;
      // A tick that leaves itself due at once again and again would be a busy loop.
      idle_turns_ = ours && next <= now_.at ? idle_turns_ + 1 : 0;
      CROSSBOOK_ASSERT(idle_turns_ < 100);
      move_to(std::max(next, now_.at));
      if (ours) {
        ++ticks_;
        connector_.tick(now_, actions_);
      } else {
        const auto what = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        what();
      }
      carry_out();
    }
    move_to(until);
  }

  // The other side ends all connections.
  void close_all() {
    for (auto& [id, socket] : sockets_)
      if (socket.open) close(id);
  }
  void close(ConnectionId id) {
    Socket& socket = sockets_[id];
    ++socket.generation;
    socket.open = false;
    connector_.closed(now_, id, {.opened = true, .http_status = 0, .retry_after = {}, .text = "reset"}, actions_);
    carry_out();
  }
  // One that is open, by chance.
  void close_one() {
    std::vector<ConnectionId> open;
    for (const auto& [id, socket] : sockets_)
      if (socket.open) open.push_back(id);
    if (!open.empty()) close(open[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(open.size())))]);
  }
  // Every connection of a venue that announces its closes is told to come again, and closed a minute later.
  void ask_to_reconnect() {
    const std::string_view feed = connector_.dialect().feed;
    std::string text;
    if (feed == "okx") text = R"({"event":"notice","code":"64008","msg":"about to close"})";
    if (feed.starts_with("binance")) text = R"({"e":"serverShutdown","E":1770123456789})";
    if (feed == "bitstamp") text = R"({"event":"bts:request_reconnect","channel":"","data":""})";
    if (feed == "bitfinex") text = R"({"event":"info","code":20051,"msg":"Stopping"})";
    if (text.empty()) return;
    for (const auto& [id, socket] : sockets_) {
      if (!socket.open) continue;
      frame(id, text);
      later(id, seconds(60), [this, closing = id] { close(closing); });
    }
  }
  void resync(ListingId id) {
    connector_.resync(now_, id, actions_);
    carry_out();
  }
  // A frame on a connection, as text.
  void frame(ConnectionId id, std::string_view text) {
    EventBatch batch;
    batch.kind = FrameKind::status;
    std::string padded(text);
    padded.resize(text.size() + frame_padding);
    connector_.received(now_, id, batch, std::string_view(padded).substr(0, text.size()), actions_);
    carry_out();
  }

  // The state of one stream: of the session that serves.
  [[nodiscard]] std::string state(ListingId id, StreamKind kind = StreamKind::book) const {
    for (const Session* session : connector_.sessions())
      for (const Subscription& one : session->subscriptions())
        if (one.listing == id && one.kind == kind) return std::string(to_string(one.state));
    return "none";
  }
  // Streams that are watched and neither live nor acknowledged (a book must be live).
  [[nodiscard]] std::size_t unserved() const {
    std::map<std::pair<std::string, StreamKind>, bool> served;
    const auto& dialect = connector_.dialect();
    for (const std::string& symbol : watched_)
      for (const StreamKind kind : {StreamKind::book, StreamKind::trades})
        if (dialect.kinds[static_cast<std::size_t>(kind)]) served[{symbol, kind}] = false;
    for (const Session* session : connector_.sessions())
      for (const Subscription& one : session->subscriptions()) {
        const bool serves = one.state == SubscriptionState::live ||
                            (one.kind != StreamKind::book && one.state == SubscriptionState::acknowledged);
        if (serves) served[{one.raw_symbol, one.kind}] = true;
      }
    return static_cast<std::size_t>(std::ranges::count_if(served, [](const auto& one) { return !one.second; }));
  }
  // Which limit was exceeded; empty: none.
  [[nodiscard]] std::string exceeded() const {
    const venue::StreamDialect& row = connector_.dialect();
    if (!overlong_.empty()) return "symbols of a message: " + overlong_;
    if (exceeds(connects_, row.connects)) return "connects";
    if (exceeds(messages_, row.messages_of_address)) return "messages of the address";
    for (const venue::Rate& rate : row.rest_rates)
      if (exceeds(fetches_, rate)) return "REST";
    for (const auto& [id, socket] : sockets_)
      for (const auto& [generation, spent] : socket.spent) {
        if (exceeds(spent.messages, row.messages)) return "messages of a connection";
        if (exceeds(spent.requests, row.requests)) return "requests of a connection";
      }
    return {};
  }

  [[nodiscard]] Connector& connector() { return connector_; }
  [[nodiscard]] Moment now() const { return now_; }
  [[nodiscard]] const std::vector<Spent>& connects() const { return connects_; }
  [[nodiscard]] const std::vector<Spent>& fetches() const { return fetches_; }
  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }
  [[nodiscard]] std::size_t open() const {
    return static_cast<std::size_t>(std::ranges::count_if(sockets_, [](const auto& s) { return s.second.open; }));
  }
  // What was sent and done, since the last call; pings and connects included.
  [[nodiscard]] std::vector<std::string> transcript() { return std::exchange(transcript_, {}); }
  void forget_transcript() { transcript_.clear(); }
  void silence(ListingId id) { silent_.insert(symbols_[index(id)]); }
  void refuse(ListingId id) { faults.refused.insert(symbols_[index(id)]); }
  // All is well from now on.
  void forgive() {
    faults = {};
    silent_.clear();
  }

 private:
  struct PerConnection {
    std::vector<Spent> messages;
    std::vector<Spent> requests;
  };
  struct Socket {
    std::uint64_t generation = 0;
    bool open = false;
    std::set<std::pair<StreamKind, std::string>> topics;
    std::map<std::uint64_t, PerConnection> spent;
    std::int64_t number = 0;
    std::map<std::string, std::pair<StreamKind, std::string>> numbers;  // Bitfinex
  };

  std::string spell(std::size_t i) const {
    const std::string base = "C" + std::to_string(100 + i);
    return spell_base(connector_.dialect(), base);
  }
  void move_to(Steady at) {
    now_.wall = now_.wall + (at - now_.at);
    now_.at = at;
  }
  void later(Nanos wait, std::function<void()> what) { queue_.emplace((now_.at + wait).nanos(), std::move(what)); }
  void later(ConnectionId id, Nanos wait, std::function<void()> what) {
    later(wait, [this, id, generation = sockets_[id].generation, what = std::move(what)] {
      if (sockets_[id].generation == generation) what();
    });
  }
  [[nodiscard]] bool chance(std::int64_t percent) { return random_.below(100) < percent; }

  void carry_out() {
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      const SessionAction action = actions_[i];
      std::visit([this](const auto& one) { act(one); }, action);
    }
    actions_.clear();
  }

  void act(const Connect& connect) {
    connects_.push_back({now_.at.nanos()});
    transcript_.push_back("connect " + connect.url);
    Socket& socket = sockets_[connect.connection];
    ++socket.generation;
    socket.open = false;
    socket.topics.clear();
    const ConnectionId id = connect.connection;
    later(id, milliseconds(50), [this, id, url = connect.url] { open_or_refuse(id, url); });
  }
  void open_or_refuse(ConnectionId id, const std::string& url) {
    if (faults.down || faults.http_status != 0) {
      connector_.closed(
          now_, id,
          {.opened = false, .http_status = faults.http_status, .retry_after = faults.retry_after, .text = "refused"},
          actions_);
      return;
    }
    sockets_[id].open = true;
    connector_.opened(now_, id, actions_);
    if (faults.mute) return;
    beat(id);
    if (connector_.dialect().waits_for_greeting)
      later(id, milliseconds(20), [this, id] { hear(id, R"({"id":"x","type":"welcome"})", FrameKind::status); });
    if (const std::size_t at = url.find("?streams="); at != std::string::npos) {
      WireRequest request;
      std::string_view rest = std::string_view(url).substr(at + 9);
      while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        add_named_topic(connector_.dialect().feed, std::string(rest.substr(0, slash)), request);
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
      }
      for (const auto& topic : request.topics) publish(id, topic);
    }
  }
  // A heartbeat, while the connection lives.
  void beat(ConnectionId id) {
    later(id, seconds(4), [this, id] {
      if (!faults.mute) hear(id, "{}", FrameKind::heartbeat);
      beat(id);
    });
  }
  void hear(ConnectionId id, std::string_view text, FrameKind kind) {
    EventBatch batch;
    batch.kind = kind;
    std::string padded(text);
    padded.resize(text.size() + frame_padding);
    connector_.received(now_, id, batch, std::string_view(padded).substr(0, text.size()), actions_);
  }

  void act(const Send& send) {
    Socket& socket = sockets_[send.connection];
    CROSSBOOK_ASSERT(socket.open);
    transcript_.push_back(send.text);
    count(socket);
    const auto request = read_request(connector_.dialect().feed, send.text);
    if (!request) return pong(send.connection);
    socket.spent[socket.generation].requests.push_back({now_.at.nanos()});
    if (faults.mute) return;
    if (request->topics.size() > connector_.dialect().symbols_per_message) overlong_ = send.text;
    later(send.connection, milliseconds(30), [this, id = send.connection, request = *request] { serve(id, request); });
  }
  void act(const SendPing& ping) {
    count(sockets_[ping.connection]);
    transcript_.emplace_back("ping");
    pong(ping.connection);
  }
  void count(Socket& socket) {
    socket.spent[socket.generation].messages.push_back({now_.at.nanos()});
    messages_.push_back({now_.at.nanos()});
  }
  void pong(ConnectionId id) {
    if (!faults.mute) later(id, milliseconds(30), [this, id] { connector_.alive(now_, id); });
  }

  // What the venue does with a request: topics that it refuses, then the others.
  void serve(ConnectionId id, WireRequest request) {
    const std::string_view feed = connector_.dialect().feed;
    if (feed == "bitfinex") {
      auto& numbers = sockets_[id].numbers;
      if (request.subscribe) {
        request.channel = std::to_string(++sockets_[id].number);
        numbers[request.channel] = request.topics.front();
      } else {
        request.topics = {numbers[request.channel]};
      }
    }
    std::vector<std::pair<StreamKind, std::string>> good;
    for (const auto& topic : request.topics) {
      if (!request.subscribe || !faults.refused.contains(topic.second)) {
        good.push_back(topic);
      } else if (!chance(faults.lost_answers_percent)) {
        refuse(id, request, topic);
      }
    }
    // Where the answer is one for the request, one bad topic spoils it.
    const bool whole = connector_.dialect().acks == venue::AckStyle::request && feed != "deribit";
    if (whole && good.size() < request.topics.size()) return;
    for (const auto& topic : good) {
      if (request.subscribe) publish(id, topic);
      if (!request.subscribe) sockets_[id].topics.erase(topic);
    }
    for (const std::string& text : answers(feed, request, good, sockets_[id]))
      if (!chance(faults.lost_answers_percent)) hear(id, text, FrameKind::ack);
  }
  void publish(ConnectionId id, const std::pair<StreamKind, std::string>& topic) {
    sockets_[id].topics.insert(topic);
    if (topic.first != StreamKind::book || chance(faults.lost_books_percent)) return;
    later(id, milliseconds(20), [this, id, topic] { book(id, topic.second, BookEventKind::snapshot); });
    later(id, seconds(1), [this, id, topic] { go_on(id, topic.second); });
  }
  void go_on(ConnectionId id, const std::string& symbol) {
    if (!sockets_[id].topics.contains({StreamKind::book, symbol})) return;
    if (!silent_.contains(symbol)) book(id, symbol, BookEventKind::delta);
    later(id, seconds(120), [this, id, symbol] { go_on(id, symbol); });
  }
  void book(ConnectionId id, const std::string& symbol, BookEventKind kind) {
    if (faults.mute) return;
    const auto found = std::ranges::find(symbols_, symbol);
    if (found == symbols_.end()) return;
    EventBatch batch;
    batch.kind = FrameKind::events;
    BookEvent event;
    event.kind = kind;
    event.listing = ListingId{static_cast<std::uint32_t>(found - symbols_.begin())};
    batch.books.push_back(event);
    connector_.received(now_, id, batch, "", actions_);
  }

  void refuse(ConnectionId id, const WireRequest& request, const std::pair<StreamKind, std::string>& topic) {
    const std::string_view feed = connector_.dialect().feed;
    const std::string name = faults.refusals_name ? topic.second : "it";
    std::string text;
    if (feed.starts_with("binance")) text = R"({"code":2,"msg":"no )" + name + R"(","id":)" + request.id + "}";
    if (feed == "kraken")
      text = R"({"error":"Currency pair not supported","method":"subscribe","success":false,"symbol":")" +
             topic.second + R"(","req_id":)" + request.id + "}";
    if (feed.starts_with("coinbase")) text = R"({"type":"error","message":")" + name + R"( is not valid"})";
    if (feed == "okx")
      text = R"({"id":")" + request.id + R"(","event":"error","code":"60018","msg":"instId:)" + name +
             R"( doesn't exist"})";
    if (feed.starts_with("bybit"))
      text = R"({"success":false,"ret_msg":"error:handler not found,topic:orderbook.50.)" + name + R"(","req_id":")" +
             request.id + R"(","op":"subscribe"})";
    if (feed == "bitstamp")
      text = R"({"event":"bts:error","channel":"","data":{"code":4009,"message":"Invalid channel."}})";
    if (feed == "bitfinex")
      text = R"({"event":"error","msg":"symbol: invalid","code":10300,"channel":")" + channel_of(feed, topic.first) +
             R"(","symbol":")" + topic.second + "\"}";
    if (feed == "gemini") text = R"({"id":")" + request.id + R"(","status":400,"error":{"msg":")" + name + "\"}}";
    if (feed == "kucoin") text = R"({"id":")" + request.id + R"(","type":"error","code":404,"data":")" + name + "\"}";
    if (feed == "gateio")
      text = R"({"id":)" + request.id + R"(,"channel":"spot.obu","event":"subscribe","error":{"code":2,"message":")" +
             name + "\"}}";
    if (feed == "bitget")
      text = R"({"event":"error","arg":{"instType":"SPOT","channel":")" + channel_of(feed, topic.first) +
             R"(","instId":")" + topic.second.substr(5) + R"("},"code":30001,"msg":"doesn't exist"})";
    if (feed == "cryptocom")
      text = R"({"id":)" + request.id + R"(,"method":"subscribe","code":40003,"message":"no )" + name + "\"}";
    if (feed == "htx")
      text = R"({"status":"error","err-code":"bad-request","err-msg":"invalid","id":")" + request.id + "\"}";
    if (feed == "deribit") return;  // it is missing in the answer
    hear(id, text, FrameKind::error);
  }

  static std::string channel_of(std::string_view feed, StreamKind kind) {
    if (feed == "kraken") return kind == StreamKind::book ? "book" : "trade";
    if (feed == "okx") return kind == StreamKind::book ? "books" : "trades";
    if (feed == "coinbase") return kind == StreamKind::book ? "level2" : "market_trades";
    if (feed == "coinbase-exchange") return kind == StreamKind::book ? "level2_50" : "matches";
    if (feed == "bitget") return kind == StreamKind::book ? "books" : "trade";
    if (feed == "bitfinex") return kind == StreamKind::book ? "book" : "trades";
    return kind == StreamKind::book ? "diff_order_book_" : "live_trades_";
  }
  static void add_answers_of_request(std::string_view feed, const WireRequest& request,
                                     std::vector<std::string>& texts) {
    const std::string verb = request.subscribe ? "subscribe" : "unsubscribe";
    if (feed == "gemini") texts.push_back(R"({"id":")" + request.id + R"(","status":200,"result":null})");
    if (feed == "kucoin") texts.push_back(R"({"id":")" + request.id + R"(","type":"ack"})");
    if (feed == "htx")
      texts.push_back(R"({"id":")" + request.id + R"(","status":"ok",")" + verb.substr(0, verb.size() - 6) +
                      R"(bed":"market"})");
    if (feed == "gateio")
      texts.push_back(R"({"id":)" + request.id + R"(,"channel":"spot.obu","event":")" + verb +
                      R"(","error":null,"result":{"status":"success"}})");
    if (feed == "bitfinex")
      texts.push_back(request.subscribe ? R"({"event":"subscribed","channel":")" +
                                              channel_of(feed, request.topics.front().first) + R"(","chanId":)" +
                                              request.channel + R"(,"symbol":")" + request.topics.front().second + "\"}"
                                        : R"({"event":"unsubscribed","status":"OK","chanId":)" + request.channel + "}");
  }
  static std::string deribit_answer(const WireRequest& request,
                                    const std::vector<std::pair<StreamKind, std::string>>& topics) {
    std::string list;
    for (const auto& [kind, symbol] : topics)
      list += (list.empty() ? "\"" : ",\"") + std::string(kind == StreamKind::book ? "book." : "trades.") + symbol +
              ".100ms\"";
    return R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":[)" + list + "]}";
  }
  static std::vector<std::string> answers(std::string_view feed, const WireRequest& request,
                                          const std::vector<std::pair<StreamKind, std::string>>& topics,
                                          const Socket& socket) {
    const std::string verb = request.subscribe ? "subscribe" : "unsubscribe";
    std::vector<std::string> texts;
    if (feed.starts_with("binance")) texts.push_back(R"({"result":null,"id":)" + request.id + "}");
    if (feed.starts_with("bybit"))
      texts.push_back(R"({"success":true,"ret_msg":"","req_id":")" + request.id + R"(","op":")" + verb + "\"}");
    add_answers_of_request(feed, request, texts);
    if (feed == "deribit") texts.push_back(deribit_answer(request, topics));
    for (const auto& [kind, symbol] : topics) {
      if (feed == "cryptocom" && kind == StreamKind::book)
        texts.push_back(R"({"id":)" + request.id + R"(,"method":")" + verb + R"(","code":0,"channel":"book.)" + symbol +
                        ".50\"}");
      if (feed == "cryptocom" && kind != StreamKind::book && !request.subscribe)
        texts.push_back(R"({"id":)" + request.id + R"(,"method":"unsubscribe","code":0})");
      if (feed == "bitget")
        texts.push_back(R"({"event":")" + verb + R"(","arg":{"instType":"SPOT","channel":")" + channel_of(feed, kind) +
                        R"(","instId":")" + symbol.substr(5) + R"("}})");
      if (feed == "kraken")
        texts.push_back(R"({"method":")" + verb + R"(","result":{"channel":")" + channel_of(feed, kind) +
                        R"(","symbol":")" + symbol + R"("},"success":true,"req_id":)" + request.id + "}");
      if (feed == "okx")
        texts.push_back(R"({"id":")" + request.id + R"(","event":")" + verb + R"(","arg":{"channel":")" +
                        channel_of(feed, kind) + R"(","instId":")" + symbol + R"("}})");
      if (feed == "bitstamp")
        texts.push_back(R"({"event":"bts:)" +
                        std::string(request.subscribe ? "subscription_succeeded" : "unsubscription_succeeded") +
                        R"(","channel":")" + channel_of(feed, kind) + symbol + R"(","data":{}})");
    }
    if (feed == "coinbase" && !topics.empty()) texts.push_back(all_of_coinbase(socket));
    if (feed == "coinbase-exchange" && !topics.empty()) texts.push_back(all_of_exchange(socket));
    return texts;
  }
  static std::string list_of(const Socket& socket, StreamKind kind) {
    std::string list = "[";
    for (const auto& [of, symbol] : socket.topics)
      if (of == kind) list += (list.size() > 1 ? ",\"" : "\"") + symbol + "\"";
    return list + "]";
  }
  static std::string all_of_coinbase(const Socket& socket) {
    return R"({"channel":"subscriptions","sequence_num":0,"events":[{"subscriptions":{"level2":)" +
           list_of(socket, StreamKind::book) + R"(,"market_trades":)" + list_of(socket, StreamKind::trades) + "}}]}";
  }
  static std::string all_of_exchange(const Socket& socket) {
    return R"({"type":"subscriptions","channels":[{"name":"level2_50","product_ids":)" +
           list_of(socket, StreamKind::book) + R"(},{"name":"matches","product_ids":)" +
           list_of(socket, StreamKind::trades) + "}]}";
  }

  void act(const Close& close) {
    Socket& socket = sockets_[close.connection];
    const auto serves = [](const Session* session) { return session->serves(); };
    if (close.reason == SessionReason::replaced) CROSSBOOK_ASSERT(std::ranges::any_of(connector_.sessions(), serves));
    ++socket.generation;
    socket.open = false;
    transcript_.push_back("close " + std::string(to_string(close.reason)));
  }
  void act(const Fetch& fetch) {
    const venue::StreamDialect& row = connector_.dialect();
    const bool snapshot = fetch.purpose == FetchPurpose::snapshot;
    const std::int32_t weight = fetch.purpose == FetchPurpose::address ? 1 : row.instruments.weight;
    fetches_.push_back({now_.at.nanos(), snapshot ? row.snapshot_weight : weight});
    transcript_.push_back("fetch " + fetch.url);
    later(milliseconds(80), [this, id = fetch.id] {
      const bool fails = faults.down || faults.mute || chance(faults.failed_fetches_percent);
      static const std::string body = std::string(R"({"code":"200000","data":{"token":"t","instanceServers":[)") +
                                      R"({"endpoint":"wss://push.example/"}]}})" + std::string(frame_padding, ' ');
      FetchAnswer answer{.id = id, .status = 200, .retry_after = {}, .body = body};
      if (fails) answer = {.id = id, .status = 0, .retry_after = {}, .body = ""};
      if (faults.http_status != 0)
        answer = {.id = id, .status = faults.http_status, .retry_after = faults.retry_after, .body = "<html>"};
      static_cast<void>(connector_.fetched(now_, answer, actions_));
    });
  }
  void act(const SubscriptionChange&) {}
  void act(const SessionChange&) {}

  FeedId feed_;
  market::Random random_;
  ConnectionIds ids_;
  Connector connector_;
  Moment now_{Steady(1'000'000'000), Wall(1'700'000'000'000'000'000)};
  Actions actions_;
  std::multimap<std::int64_t, std::function<void()>> queue_;
  std::map<ConnectionId, Socket> sockets_;
  std::vector<std::string> symbols_;
  std::set<std::string> watched_;
  std::set<std::string> silent_;
  std::vector<Spent> connects_, messages_, fetches_;
  std::vector<std::string> transcript_;
  std::string overlong_;
  std::uint64_t ticks_ = 0;
  int idle_turns_ = 0;
};

}  // namespace crossbook::shard
