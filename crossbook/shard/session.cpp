// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/session.hpp"

#include <algorithm>

namespace crossbook::shard {
namespace {

// Where the venue says to wait and not how long: too many requests, then bans (Binance's 418, Bybit's 403).
Nanos held_for(std::uint16_t http_status) { return http_status == 429 ? seconds(60) : seconds(600); }
bool says_to_wait(std::uint16_t http_status) { return http_status == 429 || http_status == 418 || http_status == 403; }

}  // namespace

std::string with_origin(std::string_view url, std::string_view origin) {
  if (origin.empty()) return std::string(url);
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string_view::npos ? 0 : url.find_first_of("/?", scheme + 3);
  return std::string(origin).append(path == std::string_view::npos ? std::string_view() : url.substr(path));
}

Session::Session(const venue::StreamDialect& dialect, const venue::Feed& feed, const SessionTimes& times,
                 std::string_view stream_origin, SharedBudget& shared, ConnectionId id, std::uint64_t seed)
    : dialect_(&dialect),
      feed_(&feed),
      times_(times),
      stream_origin_(stream_origin),
      shared_(&shared),
      id_(id),
      random_(seed, index(id)) {}

bool Session::is_open() const {
  return phase_ == SessionPhase::greeting || phase_ == SessionPhase::subscribing || phase_ == SessionPhase::live;
}

void Session::enter(SessionPhase phase, SessionReason reason, Actions& actions, std::string_view text) {
  phase_ = phase;
  SessionChange change{.connection = id_, .phase = phase, .reason = reason, .retry_at = {}, .text = std::string(text)};
  if (phase == SessionPhase::waiting) change.retry_at = due_;
  actions.emplace_back(std::move(change));
}

void Session::start(Moment now, std::optional<ConnectionId> replaces, Actions& actions) {
  started_ = true;
  replaces_ = replaces;
  due_ = now.at;
  enter(SessionPhase::waiting, replaces ? SessionReason::rollover : SessionReason::planned, actions);
  try_connect(now, actions);
}

void Session::end(Moment now, SessionReason reason, Actions& actions) {
  if (phase_ == SessionPhase::ended) return;
  if (is_open() || phase_ == SessionPhase::connecting) actions.emplace_back(Close{id_, reason});
  for (Subscription& subscription : subscriptions_) set(subscription, SubscriptionState::ending, reason, actions);
  due_ = now.at;
  enter(SessionPhase::ended, reason, actions);
}

std::string Session::planned_address() {
  std::string url = with_origin(feed_->url, stream_origin_);
  if (dialect_->append_streams == nullptr) return url;
  names_.clear();
  for (Subscription& subscription : subscriptions_) {
    if (subscription.state != SubscriptionState::wanted || names_.size() == dialect_->url_streams_max) continue;
    names_.push_back({subscription.raw_symbol, subscription.kind, subscription.depth});
    subscription.state = SubscriptionState::asked;
    subscription.request = 0;
  }
  if (!names_.empty()) dialect_->append_streams(url, names_);
  return url;
}

void Session::try_connect(Moment now, Actions& actions) {
  if (phase_ != SessionPhase::waiting || !started_ || streams_ == 0 || now.at < due_) return;
  if (!dialect_->token_path.empty() && !address_) {
    address_asked_ = false;
    return enter(SessionPhase::addressing, SessionReason::planned, actions);
  }
  if (shared_->next_connect(now.at) > now.at) return;
  shared_->connects.take(now.at);
  ++connects_;
  std::string url = address_ ? std::move(*address_) : planned_address();
  address_.reset();
  due_ = now.at + times_.connect_within;
  actions.emplace_back(Connect{id_, std::move(url), replaces_});
  enter(SessionPhase::connecting, SessionReason::planned, actions);
}

void Session::address(Moment now, std::optional<std::string> url, Actions& actions) {
  if (phase_ != SessionPhase::addressing) return;
  if (!url) return lose(now, SessionReason::connect_failed, "no address", actions);
  address_ = with_origin(*url, stream_origin_);
  due_ = now.at;
  phase_ = SessionPhase::waiting;
  try_connect(now, actions);
}

void Session::opened(Moment now, Actions& actions) {
  if (phase_ != SessionPhase::connecting) return;
  opened_at_ = heard_at_ = pinged_at_ = now.at;
  answered_ = false;
  outgoing_.clear();
  messages_ = RateBudget(dialect_->messages);
  requests_ = RateBudget(dialect_->requests);
  // Early by one to two parts of 24, so that connections of one start do not all go at once.
  if (const std::int64_t life = dialect_->life_max.count(); life > 0)
    rollover_at_ = now.at + Nanos(life - random_.between(life / 24, life / 12));
  if (!dialect_->waits_for_greeting && dialect_->first_message_after == Nanos(0)) return begin(now, actions);
  due_ = now.at + (dialect_->waits_for_greeting ? times_.answer_within : dialect_->first_message_after);
  enter(SessionPhase::greeting, SessionReason::none, actions);
}

void Session::begin(Moment now, Actions& actions) {
  if (dialect_->opening != nullptr) {
    symbols_.clear();
    for (const Subscription& subscription : subscriptions_) symbols_.push_back(subscription.raw_symbol);
    std::string text;
    for (std::size_t i = 0; dialect_->opening(text, i, symbols_, now.wall); ++i) {
      outgoing_.push_back(std::move(text));
      text.clear();
    }
  }
  enter(SessionPhase::subscribing, SessionReason::none, actions);
  // What the address named is subscribed by the opening itself.
  for (Subscription& subscription : subscriptions_)
    if (subscription.state == SubscriptionState::asked && subscription.request == 0)
      acknowledge(now, subscription, actions);
  work(now, actions);
}

void Session::closed(Moment now, const Closure& closure, Actions& actions) {
  if (!is_open() && phase_ != SessionPhase::connecting) return;
  const bool waits = says_to_wait(closure.http_status) || closure.retry_after.has_value();
  if (waits)
    shared_->held_until =
        std::max(shared_->held_until, now.at + closure.retry_after.value_or(held_for(closure.http_status)));
  const SessionReason failed = waits ? SessionReason::rate_limited : SessionReason::connect_failed;
  lose(now, closure.opened && !waits ? SessionReason::closed : failed, closure.text, actions);
}

// Closes the connection from our side.
void Session::drop(Moment now, SessionReason reason, std::string_view text, Actions& actions) {
  actions.emplace_back(Close{id_, reason});
  lose(now, reason, text, actions);
}

// The connection is gone: everything is wanted again, after a wait of capped exponential ceiling with full jitter.
void Session::lose(Moment now, SessionReason reason, std::string_view text, Actions& actions) {
  for (Subscription& subscription : subscriptions_) {
    subscription.request = 0;
    subscription.channel = 0;
    subscription.tries = 0;
    subscription.gone |= subscription.unwatched;
    if (subscription.state == SubscriptionState::refused) continue;
    subscription.due = now.at;
    if (subscription.state != SubscriptionState::wanted) set(subscription, SubscriptionState::wanted, reason, actions);
  }
  sweep();
  if (live_since_ && now.at - *live_since_ >= times_.steady_after) failures_ = 0;
  live_since_.reset();
  rollover_at_.reset();
  address_.reset();
  next_.reset();
  ++failures_;
  due_ = now.at + dialect_->reconnect_min + wait_after(failures_);
  enter(SessionPhase::waiting, reason, actions, text);
}

void Session::received(Moment now, const EventBatch& batch, Actions& actions) {
  if (!is_open()) return;
  heard_at_ = now.at;
  for (const BookEvent& book : batch.books)
    heard(now, book.listing, venue::StreamKind::book, book.kind == BookEventKind::snapshot, actions);
  for (const Trade& trade : batch.trades) heard(now, trade.listing, venue::StreamKind::trades, true, actions);
  for (const Bbo& bbo : batch.bbos) heard(now, bbo.listing, venue::StreamKind::bbo, true, actions);
}

void Session::received(Moment now, const venue::Answer& answer, Actions& actions) {
  if (!is_open()) return;
  heard_at_ = now.at;
  if (!answer.reply.empty()) outgoing_.push_back(answer.reply);
  switch (answer.kind) {
    case venue::Answer::Kind::greeting:
      if (phase_ == SessionPhase::greeting) begin(now, actions);
      break;
    case venue::Answer::Kind::acknowledged: on_acknowledged(now, answer, actions); break;
    case venue::Answer::Kind::ended:
      choose_answered(answer);
      on_ended(now, actions);
      break;
    case venue::Answer::Kind::refused: on_refused(now, answer, actions); break;
    case venue::Answer::Kind::reconnect:
      rollover_at_ = now.at;
      enter(phase_, SessionReason::reconnect_asked, actions, answer.text);
      break;
    case venue::Answer::Kind::none:
    case venue::Answer::Kind::pong: break;
  }
  if (!answer.reply.empty() || answer.kind != venue::Answer::Kind::none) work(now, actions);
}

void Session::alive(Moment now) {
  if (is_open()) heard_at_ = now.at;
}

std::optional<Steady> Session::ping_at() const {
  if (dialect_->ping_every == Nanos(0)) return {};
  return (dialect_->ping_only_idle ? std::max(heard_at_, pinged_at_) : pinged_at_) + dialect_->ping_every;
}

// Subscriptions that are due, messages that are allowed, and whether all is settled now.
void Session::work(Moment now, Actions& actions) {
  sweep();
  if (phase_ != SessionPhase::subscribing && phase_ != SessionPhase::live) return;
  if (subscriptions_.empty()) return drop(now, SessionReason::unsubscribed, {}, actions);
  pump(now, actions);
  if (phase_ == SessionPhase::subscribing && serves()) {
    if (!live_since_) live_since_ = now.at;
    enter(SessionPhase::live, SessionReason::none, actions);
  }
  plan_next(now.at);
}

void Session::tick(Moment now, Actions& actions) {
  if (phase_ == SessionPhase::waiting) return try_connect(now, actions);
  if (phase_ == SessionPhase::connecting && now.at >= due_)
    return drop(now, SessionReason::connect_failed, "no connection in time", actions);
  if (!is_open()) return;
  if (now.at >= heard_at_ + feed_->silence_max) return drop(now, SessionReason::connection_silent, {}, actions);
  if (phase_ == SessionPhase::greeting) {
    if (now.at < due_) return;
    if (dialect_->waits_for_greeting) return drop(now, SessionReason::connect_failed, "no greeting", actions);
    return begin(now, actions);
  }
  if (const auto ping = ping_at(); ping && now.at >= *ping) {
    outgoing_.emplace_back();
    if (dialect_->ping != nullptr) dialect_->ping(outgoing_.back(), ++last_request_, now.wall);
    pinged_at_ = now.at;
    pump(now, actions);
    plan_next(now.at);
  }
  if (!next_ || now.at < *next_) return;
  check_deadlines(now, actions);
  if (is_open()) work(now, actions);
}

std::optional<Steady> Session::due() const {
  switch (phase_) {
    case SessionPhase::waiting:
      if (!started_ || streams_ == 0) return {};
      return address_ || dialect_->token_path.empty() ? shared_->next_connect(due_) : due_;
    case SessionPhase::addressing:
    case SessionPhase::ended: return {};
    case SessionPhase::connecting: return due_;
    case SessionPhase::greeting: return std::min(due_, heard_at_ + feed_->silence_max);
    case SessionPhase::subscribing:
    case SessionPhase::live: break;
  }
  Steady due = heard_at_ + feed_->silence_max;
  if (const auto ping = ping_at()) due = std::min(due, *ping);
  if (next_) due = std::min(due, *next_);
  return due;
}

}  // namespace crossbook::shard
