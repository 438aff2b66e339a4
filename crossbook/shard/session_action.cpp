// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/session_action.hpp"

namespace crossbook::shard {

std::string_view to_string(SessionReason reason) {
  switch (reason) {
    case SessionReason::none: return "none";
    case SessionReason::planned: return "planned";
    case SessionReason::acknowledged: return "acknowledged";
    case SessionReason::book_came: return "book_came";
    case SessionReason::refused: return "refused";
    case SessionReason::not_acknowledged: return "not_acknowledged";
    case SessionReason::no_book: return "no_book";
    case SessionReason::silent: return "silent";
    case SessionReason::resync: return "resync";
    case SessionReason::connect_failed: return "connect_failed";
    case SessionReason::rate_limited: return "rate_limited";
    case SessionReason::closed: return "closed";
    case SessionReason::connection_silent: return "connection_silent";
    case SessionReason::reconnect_asked: return "reconnect_asked";
    case SessionReason::rollover: return "rollover";
    case SessionReason::replaced: return "replaced";
    case SessionReason::unsubscribed: return "unsubscribed";
    case SessionReason::stopped: return "stopped";
  }
  return "?";
}

std::string_view to_string(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::wanted: return "wanted";
    case SubscriptionState::asked: return "asked";
    case SubscriptionState::acknowledged: return "acknowledged";
    case SubscriptionState::live: return "live";
    case SubscriptionState::ending: return "ending";
    case SubscriptionState::refused: return "refused";
  }
  return "?";
}

std::string_view to_string(SessionPhase phase) {
  switch (phase) {
    case SessionPhase::waiting: return "waiting";
    case SessionPhase::addressing: return "addressing";
    case SessionPhase::connecting: return "connecting";
    case SessionPhase::greeting: return "greeting";
    case SessionPhase::subscribing: return "subscribing";
    case SessionPhase::live: return "live";
    case SessionPhase::ended: return "ended";
  }
  return "?";
}

}  // namespace crossbook::shard
