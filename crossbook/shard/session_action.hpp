// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/venue/streams.hpp"

// What a venue session hears and what it wants done. Sessions are pure: the shard carries these actions out, and
// reports what came of them as calls of the Connector (connector.hpp).
namespace crossbook::shard {

// Both times of what happened, as in an Input.
struct Moment {
  Steady at;
  Wall wall;
};

// Why a session or a subscription is where it is: one code, the same in logs, status, metrics and docs/sessions.md.
enum class SessionReason : std::uint8_t {
  none,
  planned,            // it was asked for by the plan
  acknowledged,       // the venue said yes
  book_came,          // the first whole book, or the first message
  refused,            // the venue said no, and why
  not_acknowledged,   // no answer within the deadline
  no_book,            // acknowledged, and then silent
  silent,             // this one subscription is silent
  resync,             // the engine cannot trust the book
  connect_failed,     // no connection: name, TCP, TLS or upgrade
  rate_limited,       // 429 or 418: the venue says to wait
  closed,             // the connection ended from the other side or by a failure
  connection_silent,  // nothing came for longer than the feed's limit
  reconnect_asked,    // the venue announced that it is about to close
  rollover,           // replaced before the venue's own cut
  replaced,           // its successor serves
  unsubscribed,       // nobody wants it any more
  stopped,            // by the operator
};
[[nodiscard]] std::string_view to_string(SessionReason reason);

enum class SubscriptionState : std::uint8_t {
  wanted,        // to be asked for when limits and back-off allow
  asked,         // sent, not answered
  acknowledged,  // the venue said yes; a book has not come yet
  live,          // its messages come
  ending,        // unsubscribe sent, not answered
  refused,       // asked again much later
};
[[nodiscard]] std::string_view to_string(SubscriptionState state);

enum class SessionPhase : std::uint8_t {
  waiting,      // for its back-off, or for the venue's budget of connects
  addressing,   // for the address that comes by REST
  connecting,   // for the socket
  greeting,     // open; waits for the venue's first message, or for the time at which we may speak
  subscribing,  // some subscription is not settled
  live,         // all are settled: live, acknowledged or refused
  ended,        // over for good
};
[[nodiscard]] std::string_view to_string(SessionPhase phase);

// A REST request; numbered by the connector.
enum class FetchId : std::uint64_t {};
enum class FetchPurpose : std::uint8_t { snapshot, instruments, address };

// Open a socket. `replaces`: the connection that goes on until this one serves (make before break); the engine may then
// take over its books from the new connection's snapshots.
struct Connect {
  ConnectionId connection{};
  std::string url;
  std::optional<ConnectionId> replaces;
};
struct Send {
  ConnectionId connection{};
  std::string text;
};
// A ping of the WebSocket itself; its pong is reported by Connector::alive.
struct SendPing {
  ConnectionId connection{};
};
// Close the socket. Nothing more is reported of it: the id may be used for the next one at once.
struct Close {
  ConnectionId connection{};
  SessionReason reason = SessionReason::none;
};
// Ask by REST; the answer, or its failure, is reported by Connector::fetched, always.
struct Fetch {
  FetchId id{};
  FetchPurpose purpose = FetchPurpose::snapshot;
  bool post = false;  // POST without a body; else GET
  std::string url;
  std::optional<ListingId> listing;  // of a snapshot
};
// For logs, status and metrics.
struct SubscriptionChange {
  ConnectionId connection{};
  ListingId listing{};
  venue::StreamKind kind = venue::StreamKind::book;
  SubscriptionState state = SubscriptionState::wanted;
  SessionReason reason = SessionReason::none;
  std::string text;  // what the venue said
};
struct SessionChange {
  ConnectionId connection{};
  SessionPhase phase = SessionPhase::waiting;
  SessionReason reason = SessionReason::none;
  std::optional<Steady> retry_at;  // of waiting
  std::string text;
};
using SessionAction = std::variant<Connect, Send, SendPing, Close, Fetch, SubscriptionChange, SessionChange>;
using Actions = std::vector<SessionAction>;

// How a socket ended, or failed to open.
struct Closure {
  bool opened = true;                // false: it never was
  std::uint16_t http_status = 0;     // of a refused upgrade
  std::optional<Nanos> retry_after;  // of its Retry-After header
  std::string_view text;             // of the failure, or of the close frame
};

// What came of a Fetch. The body is padded like a Frame.
struct FetchAnswer {
  FetchId id{};
  std::uint16_t status = 0;  // 0: no answer
  std::optional<Nanos> retry_after;
  std::string_view body;
};

}  // namespace crossbook::shard
