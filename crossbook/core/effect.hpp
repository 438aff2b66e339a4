// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/reason.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"

// What should be done, or be known, because of an input. The engine appends; the shard carries out.
namespace crossbook {

// Subscribe again to one listing: its book cannot be trusted until a new snapshot.
struct Resync {
  ListingId listing{};
  Reason reason = Reason::none;
};

// Fetch the REST snapshot of one listing; the answer comes back as an HttpBody.
struct FetchSnapshot {
  ListingId listing{};
};

// Something an operator or a log should see. Every note carries a reason code.
struct Note {
  enum class Kind : std::uint8_t { malformed_frame, unreadable_body, connection_gap, book_state };
  Kind kind = Kind::book_state;
  Reason reason = Reason::none;
  std::optional<ListingId> listing;
  std::optional<ConnectionId> connection;
  Error error;  // of a malformed frame: what was expected, and where
};

struct Effects {
  std::vector<Resync> resyncs;
  std::vector<FetchSnapshot> fetches;
  std::vector<Note> notes;
  std::vector<ListingId> books;  // whose levels or state changed, each once, in the order of change
  std::vector<GroupId> groups;   // consolidated books whose best changed; one may stand here twice

  void clear() {
    resyncs.clear();
    fetches.clear();
    notes.clear();
    books.clear();
    groups.clear();
  }
};

}  // namespace crossbook
