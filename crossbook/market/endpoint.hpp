// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/market/fault_plan.hpp"
#include "crossbook/market/venues.hpp"

// The server side of one exchange, without a socket: what a client sends comes in, what the venue answers and
// publishes goes out, and time is an argument. The book of each symbol is traded in by the makers and takers of this
// room; its true state is known at every number that a client can know.
namespace crossbook::market {

struct EndpointOptions {
  std::uint64_t seed = 1;
  Wall start{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
  VenueOptions venue;
  std::vector<InstrumentOptions> instruments = default_instruments();
  std::vector<FaultRule> faults;
  bool truths = false;  // keep what truths() gives
  // Answer, and publish nothing: what is published comes by forward().
  bool dialogue_only = false;
};

// What a client may subscribe to.
enum class Channel : std::uint8_t { book, trades, bbo, heartbeats, instruments };

enum class ClientId : std::uint32_t {};

// What the shell does next, in this order.
struct Outgoing {
  enum class Kind : std::uint8_t {
    text,       // send a text message
    ping,       // send a protocol ping
    close,      // close with `code` and `text` as the reason
    reset,      // cut the connection without a word
    half_open,  // read and write nothing more, and keep the connection
  };
  ClientId client{};
  Kind kind = Kind::text;
  std::string text;
  int code = 0;
  bool drip = false;   // write the bytes a few at a time
  bool split = false;  // as several frames
};
using Outbox = std::vector<Outgoing>;

struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<std::int64_t> retry_after_s;
};

// A book as the venue published it, best levels first.
struct Truth {
  std::string symbol;       // BTC/USDT
  std::string raw_symbol;   // as the venue spells it
  std::uint32_t depth = 0;  // levels a side that were subscribed; 0 is all
  Wall at;                  // the venue's stamp
  // What names this state to a client: u of Binance and Bybit, seqId of OKX, microseconds of Bitstamp, Kraken and
  // Coinbase Exchange, nanoseconds of Coinbase.
  std::int64_t sequence = 0;
  int price_scale = 0;
  int quantity_scale = 0;
  std::vector<Level> bids;
  std::vector<Level> asks;
};

struct EndpointCounts {
  std::int64_t clients = 0;  // ever
  std::int64_t received = 0;
  std::int64_t sent = 0;       // text messages
  std::int64_t published = 0;  // states of books
  std::int64_t requests = 0;   // over HTTP
  std::int64_t refused = 0;    // errors in answer to a client
};

// The feeds whose servers can be played: the protocols of encode.hpp.
[[nodiscard]] std::vector<std::string_view> endpoint_feeds();

class EndpointMachine;

class Endpoint {
 public:
  // REQUIRES: endpoint_feeds() has options.venue.feed.
  explicit Endpoint(EndpointOptions options);
  ~Endpoint();
  Endpoint(Endpoint&&) noexcept;
  Endpoint& operator=(Endpoint&&) noexcept;

  // Times never decrease from call to call. Each call first does all that was due until `now`.

  // Whether a TLS handshake is to fail.
  [[nodiscard]] bool refuses_tls(Wall now);
  // What a WebSocket upgrade is answered instead of being accepted, if anything.
  [[nodiscard]] std::optional<HttpAnswer> refuses_upgrade(Wall now, Outbox&);
  // A client is connected; `target` is the path and query that it asked for. Ids are the shell's, each used once.
  void open(ClientId, std::string_view target, Wall now, Outbox&);
  void receive(ClientId, std::string_view text, Wall now, Outbox&);
  // The connection is gone; nothing goes out to it any more.
  void closed(ClientId);
  // A GET request.
  [[nodiscard]] HttpAnswer get(std::string_view target, Wall now, Outbox&);

  // Does what is due until now.
  void advance(Wall now, Outbox&);
  // When the next thing is due.
  [[nodiscard]] Wall next_due() const;

  // Whether a client subscribed to a channel of a symbol, at whatever depth. Symbols do not matter to heartbeats.
  [[nodiscard]] bool subscribed(ClientId, Channel, std::string_view raw_symbol) const;
  // Whether a client subscribed to anything.
  [[nodiscard]] bool subscribed(ClientId) const;
  // Sends a message of somebody else's to a client, as the address that it came by wants it.
  void forward(ClientId, std::string text, Outbox&);
  // The number of the next message to a client, where the venue counts them; `ahead` messages are left out before it.
  [[nodiscard]] std::int64_t take_sequence(ClientId, std::int64_t ahead);

  // What the venue published last of a book in the stream of this depth; nothing where nobody subscribed to it.
  [[nodiscard]] std::optional<Truth> true_book(std::string_view raw_symbol, std::uint32_t depth = 0) const;
  // All states published since truths() was cleared, where EndpointOptions::truths asks for it. The caller clears it.
  [[nodiscard]] std::vector<Truth>& truths();

  [[nodiscard]] const VenueOptions& venue() const;
  // The path that the venue's own address has: /ws/v5/public.
  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] const EndpointCounts& counts() const;
  // How often each fault struck, by FaultName.
  [[nodiscard]] std::span<const std::int64_t> struck() const;

 private:
  std::unique_ptr<EndpointMachine> machine_;
};

}  // namespace crossbook::market
