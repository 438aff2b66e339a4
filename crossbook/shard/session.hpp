// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/market/random.hpp"
#include "crossbook/shard/rate_budget.hpp"
#include "crossbook/shard/session_action.hpp"
#include "crossbook/shard/subscription.hpp"
#include "crossbook/venue/streams.hpp"
#include "crossbook/venue/venue.hpp"

namespace crossbook::shard {

// Waits of ours, where a venue names none.
struct SessionTimes {
  Nanos connect_within = seconds(15);
  Nanos answer_within = seconds(10);  // to a subscribe or unsubscribe
  Nanos backoff_first = seconds(1);   // the ceiling of the first wait; doubled with each failure
  Nanos backoff_max = seconds(60);
  Nanos steady_after = seconds(60);       // live for so long: the next failure is a first one
  Nanos book_silence_max = seconds(900);  // of one book while others on the connection speak: subscribe again
  Nanos overlap = seconds(10);            // of a connection with the one that replaces it
  Nanos refused_again = seconds(600);     // until a refused subscription is asked for again
};

// One connection of a venue as a pure state machine: what happened comes in with its time, what to do goes out.
//
//   waiting -> (addressing ->) connecting -> greeting -> subscribing <-> live
//      ^------------------------- closed, silent, failed -----------------'
//
// Every subscription has a state of its own (SubscriptionState): each is asked for within the limits, must be answered
// in time, must bring a book, and is asked for again alone when it falls silent. A refusal harms no other.
class Session {
 public:
  Session(const venue::StreamDialect& dialect, const venue::Feed& feed, const SessionTimes& times,
          std::string_view stream_origin, SharedBudget& shared, ConnectionId id, std::uint64_t seed);

  // Takes up a stream, or gives it up; at any time.
  void watch(Moment now, ListingId listing, std::string_view raw_symbol, venue::StreamKind kind, std::uint32_t depth);
  void unwatch(Moment now, ListingId listing);
  // Begins to connect when limits allow. `replaces`: the connection that this one is to succeed.
  void start(Moment now, std::optional<ConnectionId> replaces, Actions& actions);
  // Over for good.
  void end(Moment now, SessionReason reason, Actions& actions);

  void opened(Moment now, Actions& actions);
  void closed(Moment now, const Closure& closure, Actions& actions);
  // A frame was received: its events, or what else it says.
  void received(Moment now, const EventBatch& batch, Actions& actions);
  void received(Moment now, const venue::Answer& answer, Actions& actions);
  // A ping or pong of the WebSocket was received.
  void alive(Moment now);
  // The book of a listing cannot be trusted until a new snapshot.
  void resync(Moment now, ListingId listing, Actions& actions);
  // Where the address comes by REST.
  [[nodiscard]] bool wants_address() const { return phase_ == SessionPhase::addressing && !address_asked_; }
  void address_asked() { address_asked_ = true; }
  void address(Moment now, std::optional<std::string> url, Actions& actions);

  // Time passed. Call it at due() at the latest.
  void tick(Moment now, Actions& actions);
  // When tick() has something to do; never before the time of the last call unless something changed.
  [[nodiscard]] std::optional<Steady> due() const;

  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] SessionPhase phase() const { return phase_; }
  // Every subscription is settled: live, acknowledged where no book is due, or refused.
  [[nodiscard]] bool serves() const;
  [[nodiscard]] std::optional<Steady> live_since() const { return live_since_; }
  // When a successor is to be made, since the venue will cut this connection soon; nothing where it will not.
  [[nodiscard]] std::optional<Steady> successor_due() const { return is_open() ? rollover_at_ : std::nullopt; }
  [[nodiscard]] std::span<const Subscription> subscriptions() const { return subscriptions_; }
  [[nodiscard]] std::size_t streams() const { return streams_; }  // watched
  [[nodiscard]] std::uint64_t connects() const { return connects_; }

 private:
  // session.cpp: the connection.
  void enter(SessionPhase phase, SessionReason reason, Actions& actions, std::string_view text = {});
  void try_connect(Moment now, Actions& actions);
  [[nodiscard]] std::string planned_address();
  void begin(Moment now, Actions& actions);
  void lose(Moment now, SessionReason reason, std::string_view text, Actions& actions);
  void drop(Moment now, SessionReason reason, std::string_view text, Actions& actions);
  void work(Moment now, Actions& actions);
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::optional<Steady> ping_at() const;

  // session_subscribe.cpp: its subscriptions.
  [[nodiscard]] Subscription* find(ListingId listing, venue::StreamKind kind);
  [[nodiscard]] bool is_settled(const Subscription& subscription) const;
  [[nodiscard]] Nanos wait_after(std::uint32_t tries);
  void set(Subscription& subscription, SubscriptionState state, SessionReason reason, Actions& actions,
           std::string_view text = {});
  void ask_again(Moment now, Subscription& subscription, SessionReason reason, Actions& actions,
                 std::string_view text = {});
  void subscribe_anew(Moment now, Subscription& subscription, SessionReason reason, Actions& actions);
  void acknowledge(Moment now, Subscription& subscription, Actions& actions);
  void refuse(Moment now, Subscription& subscription, std::string_view text, Actions& actions);
  void finish(Moment now, Subscription& subscription, Actions& actions);
  [[nodiscard]] std::int64_t oldest_request() const;
  void choose_answered(const venue::Answer& answer);
  void on_acknowledged(Moment now, const venue::Answer& answer, Actions& actions);
  void on_complete(Moment now, const venue::Answer& answer, Actions& actions);
  void on_ended(Moment now, Actions& actions);
  void on_refused(Moment now, const venue::Answer& answer, Actions& actions);
  void refuse_unnamed(Moment now, std::string_view text, Actions& actions);
  void heard(Moment now, ListingId listing, venue::StreamKind kind, bool whole, Actions& actions);
  [[nodiscard]] bool check_deadline(Moment now, Subscription& subscription, Actions& actions);
  void check_deadlines(Moment now, Actions& actions);
  void sweep();

  // session_send.cpp: what goes out, within the limits.
  void pump(Moment now, Actions& actions);
  [[nodiscard]] Steady next_message(Steady at, bool of_subscription) const;
  void take_message(Steady at, bool of_subscription);
  [[nodiscard]] bool is_due(const Subscription& subscription, bool subscribe, Steady at) const;
  [[nodiscard]] bool gather(bool subscribe, Steady at);
  void send_request(Moment now, bool subscribe, Actions& actions);
  [[nodiscard]] bool may_ask(Steady at) const;
  void plan_next(Steady at);

  const venue::StreamDialect* dialect_;
  const venue::Feed* feed_;
  SessionTimes times_;
  std::string stream_origin_;
  SharedBudget* shared_;
  ConnectionId id_;
  market::Random random_;
  std::optional<ConnectionId> replaces_;

  SessionPhase phase_ = SessionPhase::waiting;
  bool started_ = false;
  std::uint32_t failures_ = 0;  // in a row
  Steady due_;                  // waiting, connecting, greeting: the time of the next step
  std::optional<std::string> address_;
  bool address_asked_ = false;
  Steady opened_at_;
  Steady heard_at_;
  Steady pinged_at_;
  bool answered_ = false;  // the venue said anything about a subscription since the opening
  std::optional<Steady> live_since_;
  std::optional<Steady> rollover_at_;
  std::uint64_t connects_ = 0;

  std::vector<Subscription> subscriptions_;
  std::vector<std::uint32_t> positions_;  // by listing and kind: position in subscriptions_, plus one
  std::size_t streams_ = 0;
  std::int64_t last_request_ = 0;
  std::vector<std::string> outgoing_;  // before any subscription; an empty text is a ping of the WebSocket
  RateBudget messages_;
  RateBudget requests_;
  std::optional<Steady> next_;  // of the subscriptions: a deadline, or a message that limits allow then

  // Reused.
  std::vector<std::size_t> chosen_;
  std::vector<std::string_view> symbols_;
  std::vector<venue::StreamName> names_;
};

// The address with another scheme, host and port in front, up to its path; unchanged where `origin` is empty.
[[nodiscard]] std::string with_origin(std::string_view url, std::string_view origin);

}  // namespace crossbook::shard
