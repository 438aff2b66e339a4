// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/core/units.hpp"
#include "crossbook/sys/sha256.hpp"

// Digests of how best prices moved: two programs that agree on them agree on every change of a session.
// The line forms are those of the recordings' oracle (data/README.md).
namespace crossbook::shard {

// A best price with its size, and who shows it, as canonical decimal text; "-" where a side is empty.
struct QuoteText {
  std::string price = "-";
  std::string size = "-";
  std::string venues = "-";  // names joined with '+', in alphabetical order; consolidated books only
  friend bool operator==(const QuoteText&, const QuoteText&) = default;
};

// "{t} {bid} {size} {ask} {size}\n", or with the venues behind each size. Unchanged quotes add nothing.
class TopDigest {
 public:
  explicit TopDigest(bool with_venues) : with_venues_(with_venues) {}

  // True where the quote differed from the one before, and was added.
  bool add(Wall t, const QuoteText& bid, const QuoteText& ask);

  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::string hex() const { return sha_.hex(); }

 private:
  bool with_venues_;
  std::uint64_t changes_ = 0;
  QuoteText bid_;
  QuoteText ask_;
  std::string line_;
  sys::Sha256 sha_;
};

}  // namespace crossbook::shard
