// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crossbook/shard/session.hpp"

namespace crossbook::shard {
namespace {

using enum SubscriptionState;

}  // namespace

// Of a subscription's message: one more is left to the answers and pings that a venue waits for.
Steady Session::next_message(Steady at, bool of_subscription) const {
  const auto room = [of_subscription](const RateBudget& budget) {
    return of_subscription ? std::min(2, std::max(1, budget.burst())) : 1;
  };
  Steady next = std::max(messages_.next(at, room(messages_)), shared_->messages.next(at, room(shared_->messages)));
  if (of_subscription) next = std::max(next, requests_.next(at));
  return next;
}

void Session::take_message(Steady at, bool of_subscription) {
  messages_.take(at);
  shared_->messages.take(at);
  if (of_subscription) requests_.take(at);
}

// Where an answer lists all that is subscribed, a refusal belongs to the one request that is unanswered.
bool Session::may_ask(Steady at) const {
  if (next_message(at, true) > at) return false;
  return dialect_->acks != venue::AckStyle::complete || oldest_request() == 0;
}

bool Session::is_due(const Subscription& subscription, bool subscribe, Steady at) const {
  if (subscription.due > at || subscription.request != 0) return false;
  return subscribe ? subscription.state == wanted && !subscription.unwatched : subscription.state == ending;
}

// Chooses what one message asks for: one kind, one depth, as many symbols as it may name.
bool Session::gather(bool subscribe, Steady at) {
  chosen_.clear();
  for (std::size_t i = 0; i < subscriptions_.size() && chosen_.size() < dialect_->symbols_per_message; ++i) {
    const Subscription& subscription = subscriptions_[i];
    if (!is_due(subscription, subscribe, at)) continue;
    if (!chosen_.empty()) {
      const Subscription& first = subscriptions_[chosen_.front()];
      if (subscription.alone || subscription.kind != first.kind || subscription.depth != first.depth) continue;
    }
    chosen_.push_back(i);
    if (subscription.alone) break;
  }
  return !chosen_.empty();
}

void Session::send_request(Moment now, bool subscribe, Actions& actions) {
  symbols_.clear();
  for (const std::size_t i : chosen_) symbols_.push_back(subscriptions_[i].raw_symbol);
  const Subscription& first = subscriptions_[chosen_.front()];
  const venue::StreamRequest wish{.subscribe = subscribe,
                                  .kind = first.kind,
                                  .depth = first.depth,
                                  .id = ++last_request_,
                                  .channel = first.channel,
                                  .symbols = symbols_,
                                  .wall = now.wall};
  std::string text;
  dialect_->request(text, wish);
  take_message(now.at, true);
  actions.emplace_back(Send{id_, std::move(text)});
  for (const std::size_t i : chosen_) {
    Subscription& subscription = subscriptions_[i];
    subscription.request = wish.id;
    subscription.due = now.at + times_.answer_within;
    if (!subscribe) continue;
    set(subscription, asked, subscription.reason, actions);
    if (!dialect_->answers[static_cast<std::size_t>(subscription.kind)]) acknowledge(now, subscription, actions);
  }
}

void Session::pump(Moment now, Actions& actions) {
  std::size_t sent = 0;
  for (; sent < outgoing_.size() && next_message(now.at, false) <= now.at; ++sent) {
    take_message(now.at, false);
    if (outgoing_[sent].empty()) {
      actions.emplace_back(SendPing{id_});
    } else {
      actions.emplace_back(Send{id_, std::move(outgoing_[sent])});
    }
  }
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(sent));
  for (const bool subscribe : {false, true})
    while (may_ask(now.at) && gather(subscribe, now.at)) send_request(now, subscribe, actions);
}

// When there is something to do for the subscriptions again. Live books are looked at when the first of them could be
// silent for too long.
void Session::plan_next(Steady at) {
  next_.reset();
  const auto consider = [this](Steady time) { next_ = next_ ? std::min(*next_, time) : time; };
  if (!outgoing_.empty()) consider(next_message(at, false));
  const bool blocked = dialect_->acks == venue::AckStyle::complete && oldest_request() != 0;
  for (const Subscription& subscription : subscriptions_) {
    const bool book = subscription.kind == venue::StreamKind::book;
    const bool unsent = subscription.request == 0 && (subscription.state == wanted || subscription.state == ending);
    if (unsent) {
      if (!blocked) consider(std::max(subscription.due, next_message(std::max(at, subscription.due), true)));
    } else if (subscription.state == live) {
      if (book) consider(subscription.heard_at + times_.book_silence_max);
    } else if (subscription.state != acknowledged || book) {
      consider(subscription.due);
    }
  }
}

}  // namespace crossbook::shard
