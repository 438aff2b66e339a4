// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Why a book is not ready, a venue does not contribute, a request waits: one code, the same in logs, API, metrics,
// docs.
namespace crossbook {

enum class Reason : std::uint8_t {
  none,                  // nothing is wrong: null in JSON
  waiting_for_snapshot,  // no whole state yet
  gap,                   // this book's own numbers show a lost message
  connection_gap,        // the connection's counter shows a lost message: every book on it
  checksum_failed,       // the venue's checksum is not the one of our book
  crossed,               // bid above ask for longer than the grace: something was lost
  reconnect,             // the socket was closed or opened again
  malformed_frame,       // bytes that the venue does not document
  buffer_overflow,       // more messages than the buffer holds arrived before the snapshot
  out_of_range,          // a number beyond 63 bits at the scale needed
  late,                  // stale: silent for L1 while the others moved
  silent,                // stale: silent for L2, whatever the others did
  connection_silent,     // stale: the whole connection is silent beyond its venue's limit
  behind,                // stale: messages wait unread for longer than the limit, so what is read is old
  own_book_crossed,      // this venue's bid is above its own ask
  off_consensus,         // further from the other venues than max_price_diff_pct
  low_reliability,       // below min_reliability
  duplicate_feed,        // another feed of the same venue and instrument contributes
  no_price,              // ready, and both sides empty
  removed,               // taken out by hand
  budget,                // waits for the venue's request budget
};

[[nodiscard]] constexpr const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::waiting_for_snapshot: return "waiting_for_snapshot";
    case Reason::gap: return "gap";
    case Reason::connection_gap: return "connection_gap";
    case Reason::checksum_failed: return "checksum_failed";
    case Reason::crossed: return "crossed";
    case Reason::reconnect: return "reconnect";
    case Reason::malformed_frame: return "malformed_frame";
    case Reason::buffer_overflow: return "buffer_overflow";
    case Reason::out_of_range: return "out_of_range";
    case Reason::late: return "late";
    case Reason::silent: return "silent";
    case Reason::connection_silent: return "connection_silent";
    case Reason::behind: return "behind";
    case Reason::own_book_crossed: return "own_book_crossed";
    case Reason::off_consensus: return "off_consensus";
    case Reason::low_reliability: return "low_reliability";
    case Reason::duplicate_feed: return "duplicate_feed";
    case Reason::no_price: return "no_price";
    case Reason::removed: return "removed";
    case Reason::budget: return "budget";
  }
  return "?";
}

}  // namespace crossbook
