// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/market/encode.hpp"
#include "crossbook/market/endpoint.hpp"
#include "crossbook/market/schedule.hpp"
#include "crossbook/market/traded_book.hpp"

// The inside of an endpoint. Private to this room.
//
// A stream is what the subscribers of one channel share: the window that was published last and its numbers. A client
// that joins gets that window as its snapshot and then follows like everybody else.
namespace crossbook::market {

struct StreamKey {
  Channel channel = Channel::book;
  std::size_t book = 0;      // position in VenueOptions::listings
  std::uint32_t depth = 0;   // levels a side; 0 is all
  bool slow = false;         // Binance: @depth in place of @depth@100ms
  bool whole_books = false;  // Bitstamp: order_book_ in place of diff_order_book_
  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

struct Stream {
  StreamKey key;
  VenueOptions spoken;  // what the encoders ask of the venue; without listings
  std::vector<ClientId> clients;
  bool scheduled = false;  // a publication by the clock is due

  Sides published;
  std::optional<Sides> marked;  // the same with marks for what a REST answer showed before it was published
  std::int64_t last = 0;        // id of the last change that was published
  std::int64_t number = 0;      // of frames
  Wall stamped;                 // the venue's time of the last frame
  Level bid;                    // of a bbo stream
  Level ask;
};

struct Subscription {
  std::size_t stream = 0;
  bool silenced = false;                 // acknowledged, and nothing follows
  std::optional<std::string> kept_back;  // a message that comes after the next one
};

struct Client {
  ClientId id{};
  bool bare = false;  // Binance: payloads without the envelope that names the stream
  bool dead = false;  // nothing goes out any more
  std::int64_t sequence = 0;
  std::int64_t heartbeats = 0;
  std::vector<Subscription> subscriptions;
  std::vector<std::size_t> snapshots;  // owed once the answers are out, by stream
  std::optional<Wall> held_until;
  Outbox held;
  Wall second_began;
  std::int64_t messages_in_second = 0;
};

// nullptr where the client did not subscribe to the stream. Valid until its subscriptions change.
[[nodiscard]] Subscription* find_subscription(Client&, std::size_t stream);

// The payload of a message in Binance's envelope that names the stream; another message as it is.
[[nodiscard]] std::string bare_payload(std::string text);

struct ListedBook {
  TradedBook traded;
  std::vector<std::size_t> streams;  // of any channel but heartbeats
  std::vector<Print> prints;         // scratch
  bool halted = false;
  bool delisted = false;
  bool refined = false;
  // A state at least five seconds old and the one after it, for stale snapshots.
  struct Aged {
    Sides sides;
    Wall at;
    std::int64_t last = 0;
  };
  Aged older;
  Aged newer;
};

// Path and query of a request, percent-decoded.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  [[nodiscard]] std::string_view value(std::string_view key) const;
  [[nodiscard]] std::optional<std::size_t> number(std::string_view key) const;
};
[[nodiscard]] Target parse_target(std::string_view text);

class EndpointMachine;

// One client's side of a dialogue, as the venue's file sees it.
class Talk {
 public:
  Talk(EndpointMachine& machine, Client& client) : machine_(machine), client_(client) {}

  void say(std::string text);
  // Answers that something was wrong, and counts it.
  void refuse(std::string text);
  void close(int code, std::string reason);

  [[nodiscard]] const VenueOptions& venue() const;
  [[nodiscard]] const Protocol& protocol() const;
  [[nodiscard]] const ListingOptions& listing(std::size_t book) const;
  [[nodiscard]] std::string_view symbol(std::size_t book) const;  // BTC/USDT
  // A symbol that is listed now.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view raw_symbol) const;
  [[nodiscard]] bool halted(std::size_t book) const;

  // False where it was subscribed (or not subscribed) already. A book's snapshot follows once all answers are out.
  bool subscribe(const StreamKey&, bool with_snapshot = true);
  bool unsubscribe(const StreamKey&);
  [[nodiscard]] bool subscribed(const StreamKey&) const;
  [[nodiscard]] std::vector<StreamKey> subscriptions() const;

  [[nodiscard]] Stamp stamp();  // of the next message to this client
  [[nodiscard]] Client& client() { return client_; }

 private:
  EndpointMachine& machine_;
  Client& client_;
};

// A REST request, as the venue's file sees it.
class Rest {
 public:
  explicit Rest(EndpointMachine& machine) : machine_(machine) {}

  [[nodiscard]] const VenueOptions& venue() const;
  [[nodiscard]] const Protocol& protocol() const;
  [[nodiscard]] std::string_view symbol(std::size_t book) const;
  [[nodiscard]] std::int64_t min_notional(std::size_t book) const;
  [[nodiscard]] std::optional<std::size_t> find(std::string_view raw_symbol) const;
  // What an instrument list shows: delisted ones are left out.
  [[nodiscard]] std::vector<std::size_t> listed() const;
  [[nodiscard]] bool halted(std::size_t book) const;
  [[nodiscard]] Wall time() const;
  // The book as an answer has it, at most `limit` levels a side (0: all). Valid until the next call.
  [[nodiscard]] BookFrame book(std::size_t book, std::size_t limit);

 private:
  EndpointMachine& machine_;
};

// One venue's server: its words. What it does with books is the machine's.
struct Skin {
  const Protocol* protocol = nullptr;
  std::string_view path;                                 // of the venue's own address
  std::int64_t (*sequence)(const BookFrame&) = nullptr;  // Truth::sequence
  void (*opened)(Talk&, std::string_view target) = nullptr;
  void (*received)(Talk&, std::string_view text) = nullptr;
  void (*get)(Rest&, const Target&, HttpAnswer&) = nullptr;
  // The n-th heartbeat of a subscription; nullptr: Protocol::heartbeat.
  void (*heartbeat)(Talk&, const StreamKey&, std::int64_t n) = nullptr;
  // To those who subscribed to Channel::instruments, after a change.
  void (*instrument)(Talk&, std::size_t book) = nullptr;
  bool checksums = false;
  std::size_t message_bytes_max = 64 * 1024;
  std::int64_t messages_a_second_max = 100;
  Nanos subscribe_within{0};  // else the connection is closed; 0: no such rule
  Nanos ping_every{0};        // protocol pings; 0: none
  Nanos slow_every{0};        // between messages of a StreamKey::slow
};

[[nodiscard]] std::span<const Skin* const> skins();
extern const Skin binance_skin;
extern const Skin binance_us_skin;
extern const Skin binance_usdm_skin;
extern const Skin binance_coinm_skin;
extern const Skin bitstamp_skin;
extern const Skin bybit_skin;
extern const Skin bybit_linear_skin;
extern const Skin coinbase_skin;
extern const Skin coinbase_exchange_skin;
extern const Skin kraken_skin;
extern const Skin okx_skin;

class EndpointMachine {
 public:
  explicit EndpointMachine(EndpointOptions);

  // endpoint.cpp: clients.
  void open(ClientId, std::string_view target);
  void receive(ClientId, std::string_view text);
  void closed(ClientId);
  void advance(Wall now);
  [[nodiscard]] Client* find_client(ClientId);
  void say(Client&, std::string text);
  void send(Client&, Outgoing);
  [[nodiscard]] Stamp stamp(Client&);
  [[nodiscard]] Stamp stamp();
  bool subscribe(Client&, const StreamKey&, bool with_snapshot);
  bool unsubscribe(Client&, const StreamKey&);
  [[nodiscard]] std::optional<std::size_t> find_book(std::string_view raw_symbol) const;
  [[nodiscard]] std::optional<std::size_t> find_stream(const StreamKey&) const;
  [[nodiscard]] bool subscribed(ClientId, Channel, std::string_view raw_symbol) const;

  // endpoint_books.cpp: what is traded, and what is said about it.
  [[nodiscard]] BookFrame rest_frame(std::size_t book, std::size_t limit);
  [[nodiscard]] Truth truth_of(const Stream&) const;
  [[nodiscard]] std::optional<Truth> true_book(std::string_view raw_symbol, std::uint32_t depth) const;

  // endpoint_faults.cpp
  void take_turn();
  HttpAnswer get(std::string_view target);
  [[nodiscard]] std::optional<HttpAnswer> refuses_upgrade();

  EndpointOptions options;
  const Skin& skin;
  FaultPlan plan;
  Schedule schedule;
  Random random;
  Wall now;
  Outbox* outbox = nullptr;
  std::vector<FairPrice> fair;
  std::deque<ListedBook> books;
  std::deque<Stream> streams;
  std::deque<Client> clients;
  std::vector<Truth> truths;
  EndpointCounts counts;
  bool maintenance = false;
  bool book_shown = false;  // in the answer at hand

 private:
  void add(Nanos after, Happening, std::size_t book = 0, std::size_t i = 0);
  void handle(const Due&);
  void beat();
  void send_pings();
  void release(ClientId);
  void expire(ClientId);
  void forget_dead();
  void pay_snapshots(Client&);
  std::size_t make_stream(const StreamKey&);
  void leave(Client&, std::size_t stream);

  void start(std::size_t stream);
  void change_book(std::size_t book);
  void publish(std::size_t stream);
  void publish_trades(Stream&, ListedBook&);
  void publish_bbo(Stream&, ListedBook&, bool after_trade);
  void send_snapshot(Client&, Subscription&, Stream&);
  void keep_truth(const Stream&, const BookFrame&);
  void age(ListedBook&);
  [[nodiscard]] BookFrame frame_of(const Stream&, const Sides& sent);
  [[nodiscard]] BookFrame stale_frame(std::size_t book);

  void deliver(Client&, Subscription&, const Stream&, BookFrame);
  void deliver_text(Client&, Subscription&, std::string text, std::size_t book);
  [[nodiscard]] std::string encode_corrupted(const BookFrame&);
  void spoil_checksum(std::string& text, std::size_t book);
  void begin_maintenance();
  void refine_tick(std::size_t book);
  void delist(std::size_t book);
  void tell_instrument(std::size_t book);
  [[nodiscard]] std::optional<HttpAnswer> broken_answer();

  Wall stamped_;
  Sides changes_;
  Sides rest_;
  std::vector<Level> scratch_;
};

}  // namespace crossbook::market
