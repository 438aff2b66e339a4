// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossbook/core/units.hpp"
#include "crossbook/shard/session_action.hpp"
#include "crossbook/venue/streams.hpp"

namespace crossbook::shard {

// One stream of one listing on one connection.
struct Subscription {
  ListingId listing{};
  venue::StreamKind kind = venue::StreamKind::book;
  std::uint32_t depth = 0;
  std::string raw_symbol;

  SubscriptionState state = SubscriptionState::wanted;
  SessionReason reason = SessionReason::planned;  // of the state
  // wanted, refused: not asked for before. asked, ending: answered by then. acknowledged: a first book by then.
  Steady due;
  Steady heard_at;  // its last message; where live
  Steady live_since;
  std::int64_t request = 0;  // the message that carries it; 0: not sent
  std::int64_t channel = 0;  // the venue's number for it (Bitfinex)
  std::uint32_t tries = 0;   // without success
  bool alone = false;        // in a message of its own: a message with others was refused, and nobody knows for whom
  bool unwatched = false;    // nobody wants it
  bool gone = false;         // to be forgotten
};

}  // namespace crossbook::shard
