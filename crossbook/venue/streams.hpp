// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"

// How one speaks to a feed: addresses, subscriptions, keepalive and limits. Rows beside the rows of venue.hpp, with a
// few free functions that write text and read answers. Nothing here opens a socket or knows what time it is.
namespace crossbook::venue {

class Parser;

// What one subscription carries.
enum class StreamKind : std::uint8_t { book, trades, bbo };
inline constexpr std::size_t stream_kinds = 3;
[[nodiscard]] constexpr std::string_view to_string(StreamKind kind) {
  switch (kind) {
    case StreamKind::book: return "book";
    case StreamKind::trades: return "trades";
    case StreamKind::bbo: return "bbo";
  }
  return "?";
}

// At most `count` in any `window`; count 0 is no limit. `ours`: the venue publishes none, and we keep to this one.
struct Rate {
  std::int32_t count = 0;
  Nanos window{};
  bool ours = false;
};

// The streams of one kind for some symbols, and what is to become of them.
struct StreamRequest {
  bool subscribe = true;  // false: unsubscribe
  StreamKind kind = StreamKind::book;
  std::uint32_t depth = 0;                    // of a book, as depth_of() chose it
  std::int64_t id = 0;                        // the venue repeats it where it can
  std::int64_t channel = 0;                   // Bitfinex: what the subscription's answer named
  std::span<const std::string_view> symbols;  // raw
  Wall wall;                                  // venues that want the time of the request
};

// A stream that the first address may name.
struct StreamName {
  std::string_view symbol;
  StreamKind kind = StreamKind::book;
  std::uint32_t depth = 0;
};

// What a frame that is no event means to a session. Views live until the next frame is read.
struct Answer {
  enum class Kind : std::uint8_t {
    none,          // nothing that a session acts on
    greeting,      // the venue is ready for messages
    acknowledged,  // subscribed
    ended,         // unsubscribed
    refused,       // the venue will not; `text` says why
    pong,          // it lives
    reconnect,     // the venue asks us to come again soon: it is about to close
  };
  struct Topic {
    std::string_view symbol;
    std::optional<StreamKind> kind;  // nothing: of whatever kind the request was
  };

  Kind kind = Kind::none;
  std::int64_t id = 0;        // of the request, where the venue repeats it; 0: none
  std::vector<Topic> topics;  // what is named; empty: the whole request
  bool complete = false;      // `topics` is all of the request (by id), else of the connection, that is subscribed
  std::int64_t channel = 0;   // Bitfinex
  std::string_view text;      // the venue's reason
  std::string reply;          // must be sent back at once; empty: nothing
  // Where topics and text may point: a name that the frame has in parts, and a frame that came compressed.
  std::string name;
  std::vector<char> inflated;

  void clear();
};

// How a venue acknowledges a request that names several symbols.
enum class AckStyle : std::uint8_t {
  each,      // one answer a symbol
  request,   // one answer for the request, found by its id; a refusal refuses all of it
  complete,  // an answer lists everything that is subscribed now
  ordered,   // one answer for the request, without an id: in the order of the requests
};

// How one book gets a whole state again while the connection goes on.
enum class ResyncBy : std::uint8_t {
  subscription,  // unsubscribe, subscribe
  rest,          // fetch the snapshot: the stream goes on
  request,       // ask for the snapshot on the same socket (HTX)
};

inline constexpr std::uint32_t whole_book = 0;  // a depth

// What a feed lists: pairs, contracts settled in what they are quoted in (BTC/USDT:USDT, with an expiry
// BTC/USDT:USDT-250926), or contracts settled in their base (BTC/USD:BTC, BTC/USD:BTC-250926).
enum class Contract : std::uint8_t { none, linear, inverse };

// How BTC/USDT is spelled: prefix, base, separator, quote.
struct Spelling {
  std::string_view prefix = {};
  std::string_view separator = {};
  bool lower = false;
  std::string_view separator_of_long = {};  // in place of the other where a currency has more than three letters
  // Feeds of contracts spell these alone, by this function, and no pair; "" where the venue has no name for it.
  Contract contract = Contract::none;
  std::string (*of_contract)(std::string_view base, std::string_view quote, std::string_view expiry) = nullptr;
};

struct InstrumentsUrl {
  std::string_view path = {};  // after `rest`; where `each`, the raw symbol follows
  bool each = false;           // one request a symbol
  std::int32_t weight = 1;     // of the REST budget
  std::string_view tail = {};  // after the symbol
};

// A row of the table of streams.
struct StreamDialect {
  std::string_view feed = {};    // name of its row in venue.hpp, which has the address and the limit of silence
  std::string_view rest = {};    // origin of REST addresses: "https://api.binance.com"
  std::string_view source = {};  // where the facts of the row are from, and of when
  Spelling spelling{};

  // Connecting. The address is the feed's url, with `first` streams in it where url_streams_max > 0: those need no
  // message and get no answer.
  std::uint32_t url_streams_max = 0;
  void (*append_streams)(std::string& url, std::span<const StreamName> first) = nullptr;
  bool waits_for_greeting = false;  // nothing may be sent before the venue's first message
  Nanos first_message_after{};      // nothing may be sent earlier after the opening
  // Where the address comes from REST, once for each connection (KuCoin): what to POST to, and how to read the answer.
  // `connect_id` is the client's own mark. Errors: malformed.
  std::string_view token_path = {};
  Result<std::string> (*token_address)(Parser&, std::string_view bytes, std::int64_t connect_id) = nullptr;
  Nanos life_max{};  // the venue closes a connection of this age; 0: it names none

  // Subscribing.
  std::uint32_t streams_max = 0;          // on one connection
  std::uint32_t symbols_per_message = 1;  // that one message names
  // Levels a side that can be had, rising; whole_book comes last. depths_count 0: the whole book, no choice.
  std::array<std::uint32_t, 5> depths{};
  std::uint32_t depths_count = 0;
  std::uint32_t depth = 0;                                   // where nobody asks for another
  std::array<bool, stream_kinds> kinds{true, true, true};    // book, trades, bbo: what the connection offers
  std::array<bool, stream_kinds> answers{true, true, true};  // which are acknowledged; others are once they were sent
  AckStyle acks = AckStyle::each;
  bool acks_prove_nothing = false;        // unknown symbols are acknowledged too, and then silent
  Nanos first_book_within = seconds(30);  // after the answer; no book by then: subscribe again
  ResyncBy resync = ResyncBy::subscription;

  // Messages that come first on every connection, the i-th; false: there is no such. Not acknowledged one by one.
  bool (*opening)(std::string& out, std::size_t i, std::span<const std::string_view> symbols, Wall wall) = nullptr;
  void (*request)(std::string& out, const StreamRequest&) = nullptr;
  // ResyncBy::request: asks for the snapshot on the socket.
  void (*snapshot_request)(std::string& out, std::string_view symbol, std::uint32_t depth, std::int64_t id) = nullptr;
  // Fills a clear answer from a frame that the codec did not take for events. Frames that say nothing, or cannot be
  // read, leave Kind::none. REQUIRES: frame_padding readable bytes behind the frame.
  void (*answer)(Parser&, std::string_view bytes, Answer&) = nullptr;

  // Staying. The venue's own pings are answered by the socket, its heartbeats by `answer`.
  Nanos ping_every{};                                                    // 0: nothing of ours is needed
  bool ping_only_idle = false;                                           // only after so long without a frame
  void (*ping)(std::string& out, std::int64_t id, Wall wall) = nullptr;  // nullptr: a ping of the WebSocket itself

  // REST.
  void (*append_snapshot_url)(std::string& url, std::string_view symbol, std::uint32_t depth) = nullptr;
  std::int32_t snapshot_weight = 1;
  InstrumentsUrl instruments{};

  // Limits. An address or an account may be shared between shards; Rate::count is the venue's.
  Rate connects{};                   // of one address
  Rate messages{};                   // of one connection, of any kind
  Rate requests{};                   // of one connection: subscribe and unsubscribe alone
  Rate messages_of_address{};        // of all connections of one address
  std::array<Rate, 2> rest_rates{};  // weights, of one address
  Nanos reconnect_min = seconds(1);  // between two attempts of one session
};

// The row of a feed; nullptr where no live session is spoken (captures and replays only).
[[nodiscard]] const StreamDialect* find_streams(std::string_view feed);
[[nodiscard]] std::span<const StreamDialect* const> stream_dialects();

// The depth that a venue offers for a wish: the least that is enough, else the most; 0 wishes the row's own choice.
[[nodiscard]] std::uint32_t depth_of(const StreamDialect&, std::uint32_t wish);

// BTC/USDT as the feed spells it; nothing where the symbol is none of its market: a pair or, where the row's spelling
// says so, a contract.
[[nodiscard]] std::optional<std::string> raw_symbol(const StreamDialect&, std::string_view unified);

// Reads answers; keeps the parser's buffers.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  // The answer in a frame; its views live until the next call. A frame that cannot be read says nothing (the engine
  // counts it). REQUIRES: frame_padding readable bytes behind the frame.
  const Answer& read(const StreamDialect&, std::string_view padded_frame);
  // The address to connect to, from the answer to the token's request. Errors: malformed.
  [[nodiscard]] Result<std::string> read_address(const StreamDialect&, std::string_view padded_body,
                                                 std::int64_t connect_id);

 private:
  std::unique_ptr<Parser> parser_;
  Answer answer_;
};

}  // namespace crossbook::venue
