// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "crossbook/core/check.hpp"
#include "crossbook/shard/session.hpp"

namespace crossbook::shard {
namespace {

using enum SubscriptionState;
using venue::StreamKind;

std::size_t slot_of(ListingId listing, StreamKind kind) {
  return index(listing) * venue::stream_kinds + static_cast<std::size_t>(kind);
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whether the text has the symbol as a word of its own: BTC-USD is not in "BTC-USDT".
bool names(std::string_view text, std::string_view symbol) {
  for (std::size_t at = text.find(symbol); at != std::string_view::npos; at = text.find(symbol, at + 1)) {
    const std::size_t behind = at + symbol.size();
    if ((at == 0 || !is_word(text[at - 1])) && (behind == text.size() || !is_word(text[behind]))) return true;
  }
  return false;
}

// A refusal that concerns how often we ask, not what for.
bool is_about_rate(std::string_view text) {
  return text.find("oo many") != std::string_view::npos || text.find("rate limit") != std::string_view::npos ||
         text.find("msg rate") != std::string_view::npos;
}

bool has_topic(const venue::Answer& answer, const Subscription& subscription) {
  return std::ranges::any_of(answer.topics, [&](const venue::Answer::Topic& topic) {
    return topic.symbol == subscription.raw_symbol && (!topic.kind || *topic.kind == subscription.kind);
  });
}

bool is_unanswered(const Subscription& subscription) {
  return subscription.request != 0 && (subscription.state == asked || subscription.state == ending);
}

}  // namespace

void Session::watch(Moment now, ListingId listing, std::string_view raw_symbol, StreamKind kind, std::uint32_t depth) {
  if (Subscription* known = find(listing, kind)) {
    if (!known->unwatched) return;
    known->unwatched = false;
    known->gone = false;
    ++streams_;
    next_ = now.at;
    return;
  }
  const std::size_t slot = slot_of(listing, kind);
  if (positions_.size() <= slot) positions_.resize(slot + 1);
  Subscription& added = subscriptions_.emplace_back();
  added.listing = listing;
  added.kind = kind;
  added.depth = depth;
  added.raw_symbol = raw_symbol;
  added.due = now.at;
  positions_[slot] = static_cast<std::uint32_t>(subscriptions_.size());
  ++streams_;
  next_ = now.at;
}

void Session::unwatch(Moment now, ListingId listing) {
  for (const StreamKind kind : {StreamKind::book, StreamKind::trades, StreamKind::bbo}) {
    Subscription* const known = find(listing, kind);
    if (known == nullptr || known->unwatched) continue;
    known->unwatched = true;
    --streams_;
    if (known->state == wanted || known->state == refused || !is_open()) {
      known->gone = true;
    } else if (known->state != ending) {
      known->state = ending;
      known->reason = SessionReason::unsubscribed;
      known->request = 0;
      known->due = now.at;
    }
  }
  next_ = now.at;
  sweep();
}

Subscription* Session::find(ListingId listing, StreamKind kind) {
  const std::size_t slot = slot_of(listing, kind);
  if (slot >= positions_.size() || positions_[slot] == 0) return nullptr;
  return &subscriptions_[positions_[slot] - 1];
}

// Forgets what is gone; the others keep their order.
void Session::sweep() {
  if (std::ranges::none_of(subscriptions_, &Subscription::gone)) return;
  for (const Subscription& subscription : subscriptions_)
    positions_[slot_of(subscription.listing, subscription.kind)] = 0;
  std::erase_if(subscriptions_, [](const Subscription& subscription) { return subscription.gone; });
  for (std::size_t i = 0; i < subscriptions_.size(); ++i)
    positions_[slot_of(subscriptions_[i].listing, subscriptions_[i].kind)] = static_cast<std::uint32_t>(i + 1);
}

bool Session::is_settled(const Subscription& subscription) const {
  switch (subscription.state) {
    case refused:
    case live: return true;
    case acknowledged: return subscription.kind != StreamKind::book || feed_->snapshot == SnapshotSource::rest;
    case wanted:
    case asked:
    case ending: return subscription.unwatched;
  }
  return false;
}

bool Session::serves() const {
  return (phase_ == SessionPhase::subscribing || phase_ == SessionPhase::live) &&
         std::ranges::all_of(subscriptions_, [this](const Subscription& s) { return is_settled(s); });
}

// Even in [0, ceiling]; the ceiling doubles with each try.
Nanos Session::wait_after(std::uint32_t tries) {
  const std::int64_t first = times_.backoff_first.count();
  const std::uint32_t doublings = std::min<std::uint32_t>(tries == 0 ? 0 : tries - 1, 20);
  const std::int64_t ceiling = std::min(first << doublings, times_.backoff_max.count());
  return Nanos(random_.between(0, std::max<std::int64_t>(ceiling, 0)));
}

void Session::set(Subscription& subscription, SubscriptionState state, SessionReason reason, Actions& actions,
                  std::string_view text) {
  if (subscription.state == state && subscription.reason == reason) return;
  subscription.state = state;
  subscription.reason = reason;
  actions.emplace_back(SubscriptionChange{.connection = id_,
                                          .listing = subscription.listing,
                                          .kind = subscription.kind,
                                          .state = state,
                                          .reason = reason,
                                          .text = std::string(text)});
}

void Session::ask_again(Moment now, Subscription& subscription, SessionReason reason, Actions& actions,
                        std::string_view text) {
  ++subscription.tries;
  subscription.request = 0;
  subscription.due = now.at + wait_after(subscription.tries + 1);
  set(subscription, wanted, reason, actions, text);
}

// Unsubscribes first: some venues give no new snapshot to who is subscribed already.
void Session::subscribe_anew(Moment now, Subscription& subscription, SessionReason reason, Actions& actions) {
  subscription.request = 0;
  subscription.due = now.at;
  if (subscription.tries > 0) subscription.due = now.at + wait_after(subscription.tries);
  ++subscription.tries;
  set(subscription, ending, reason, actions);
}

void Session::acknowledge(Moment now, Subscription& subscription, Actions& actions) {
  subscription.request = 0;
  subscription.alone = false;
  subscription.due =
      now.at + Nanos(dialect_->first_book_within.count() << std::min<std::uint32_t>(subscription.tries, 4));
  set(subscription, acknowledged, SessionReason::acknowledged, actions);
}

void Session::refuse(Moment now, Subscription& subscription, std::string_view text, Actions& actions) {
  if (is_about_rate(text)) return ask_again(now, subscription, SessionReason::rate_limited, actions, text);
  subscription.request = 0;
  subscription.due = now.at + times_.refused_again;
  set(subscription, refused, SessionReason::refused, actions, text);
}

// Unsubscribed, or as good as.
void Session::finish(Moment now, Subscription& subscription, Actions& actions) {
  subscription.request = 0;
  subscription.channel = 0;
  subscription.gone = subscription.unwatched;
  subscription.due = now.at;
  set(subscription, wanted, subscription.reason, actions);
}

std::int64_t Session::oldest_request() const {
  std::int64_t oldest = 0;
  for (const Subscription& subscription : subscriptions_)
    if (is_unanswered(subscription) && (oldest == 0 || subscription.request < oldest)) oldest = subscription.request;
  return oldest;
}

// The unanswered subscriptions that an answer is about.
void Session::choose_answered(const venue::Answer& answer) {
  chosen_.clear();
  const bool unnamed = answer.id == 0 && answer.topics.empty();
  const std::int64_t request = unnamed ? oldest_request() : answer.id;
  for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
    const Subscription& subscription = subscriptions_[i];
    if (!is_unanswered(subscription)) continue;
    if (answer.channel != 0 && subscription.channel != 0) {
      if (answer.channel == subscription.channel) chosen_.push_back(i);
    } else if ((request == 0 || subscription.request == request) &&
               (answer.topics.empty() || has_topic(answer, subscription))) {
      chosen_.push_back(i);
    }
  }
}

void Session::on_acknowledged(Moment now, const venue::Answer& answer, Actions& actions) {
  if (answer.complete) return on_complete(now, answer, actions);
  choose_answered(answer);
  answered_ |= !chosen_.empty();
  for (const std::size_t i : chosen_) {
    Subscription& subscription = subscriptions_[i];
    if (subscription.state == ending) {
      // An answer that only repeats the request's id does not say what it acknowledges.
      if (dialect_->acks == venue::AckStyle::request) finish(now, subscription, actions);
      continue;
    }
    subscription.channel = answer.channel;
    acknowledge(now, subscription, actions);
  }
}

// The answer lists all that is subscribed: of one request where it has an id, else of the connection.
void Session::on_complete(Moment now, const venue::Answer& answer, Actions& actions) {
  for (Subscription& subscription : subscriptions_) {
    if (!is_unanswered(subscription) || (answer.id != 0 && subscription.request != answer.id)) continue;
    const bool named = has_topic(answer, subscription);
    answered_ |= named;
    if (subscription.state == asked && named) {
      acknowledge(now, subscription, actions);
    } else if (subscription.state == ending && (!named || answer.id != 0)) {
      finish(now, subscription, actions);
    } else if (subscription.state == asked && answer.id != 0) {
      refuse(now, subscription, "not in the venue's answer", actions);
    }
  }
}

void Session::on_ended(Moment now, Actions& actions) {
  answered_ |= !chosen_.empty();
  for (const std::size_t i : chosen_)
    if (subscriptions_[i].state == ending) finish(now, subscriptions_[i], actions);
}

void Session::on_refused(Moment now, const venue::Answer& answer, Actions& actions) {
  choose_answered(answer);
  on_ended(now, actions);  // what it will not end is not there
  std::erase_if(chosen_, [this](std::size_t i) { return subscriptions_[i].state != asked; });
  if (answer.topics.empty() && chosen_.size() > 1) return refuse_unnamed(now, answer.text, actions);
  for (const std::size_t i : chosen_) refuse(now, subscriptions_[i], answer.text, actions);
}

// A message with several symbols was refused. The text may name the one; else each is asked for alone, so that the
// refusal reaches the right one and harms no other.
void Session::refuse_unnamed(Moment now, std::string_view text, Actions& actions) {
  const auto named = [&](std::size_t i) { return names(text, subscriptions_[i].raw_symbol); };
  const bool any = std::ranges::any_of(chosen_, named);
  for (const std::size_t i : chosen_) {
    Subscription& subscription = subscriptions_[i];
    if (any && named(i)) {
      refuse(now, subscription, text, actions);
    } else if (!any || dialect_->acks != venue::AckStyle::each) {
      subscription.alone = !any;
      subscription.request = 0;
      subscription.due = now.at;
      set(subscription, wanted, SessionReason::refused, actions, text);
    }
  }
}

void Session::heard(Moment now, ListingId listing, StreamKind kind, bool whole, Actions& actions) {
  Subscription* const subscription = find(listing, kind);
  if (subscription == nullptr) return;
  subscription->heard_at = now.at;
  if (subscription->state == live || subscription->state == ending) [[likely]]
    return;
  if (kind == StreamKind::book && !whole && feed_->snapshot == SnapshotSource::stream) return;
  answered_ = true;
  subscription->request = 0;
  subscription->live_since = now.at;
  set(*subscription, live, SessionReason::book_came, actions);
  work(now, actions);
}

void Session::resync(Moment now, ListingId listing, Actions& actions) {
  Subscription* const book = find(listing, StreamKind::book);
  if (book == nullptr || !is_open()) return;
  if (dialect_->resync == venue::ResyncBy::request && (book->state == live || book->state == acknowledged)) {
    std::string text;
    dialect_->snapshot_request(text, book->raw_symbol, book->depth, ++last_request_);
    outgoing_.push_back(std::move(text));
  } else if (book->state == live) {
    if (now.at - book->live_since >= times_.steady_after) book->tries = 0;
    subscribe_anew(now, *book, SessionReason::resync, actions);
  } else {
    return;  // a whole book is on its way already
  }
  work(now, actions);
}

// Whether the connection is to be given up: nobody ever answered on it.
bool Session::check_deadline(Moment now, Subscription& subscription, Actions& actions) {
  const bool late = now.at >= subscription.due;
  switch (subscription.state) {
    case wanted: return false;
    case asked:
      if (!late) return false;
      if (!answered_) return true;
      ask_again(now, subscription, SessionReason::not_acknowledged, actions);
      return false;
    case ending:
      if (late && subscription.request != 0) finish(now, subscription, actions);
      return false;
    case acknowledged:
      if (late && subscription.kind == StreamKind::book)
        subscribe_anew(now, subscription, SessionReason::no_book, actions);
      return false;
    case live:
      if (subscription.kind == StreamKind::book && now.at >= subscription.heard_at + times_.book_silence_max)
        subscribe_anew(now, subscription, SessionReason::silent, actions);
      return false;
    case refused:
      if (late) set(subscription, wanted, SessionReason::refused, actions);
      return false;
  }
  return false;
}

void Session::check_deadlines(Moment now, Actions& actions) {
  for (Subscription& subscription : subscriptions_)
    if (check_deadline(now, subscription, actions))
      return drop(now, SessionReason::not_acknowledged, "nothing was answered on this connection", actions);
}

}  // namespace crossbook::shard
