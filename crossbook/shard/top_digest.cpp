// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/top_digest.hpp"

namespace crossbook::shard {

bool TopDigest::add(Wall t, const QuoteText& bid, const QuoteText& ask) {
  if (changes_ > 0 && bid == bid_ && ask == ask_) return false;
  bid_ = bid;
  ask_ = ask;
  ++changes_;
  line_ = std::to_string(t.nanos());
  for (const QuoteText* quote : {&bid_, &ask_}) {
    line_.append(" ").append(quote->price).append(" ").append(quote->size);
    if (with_venues_) line_.append(" ").append(quote->venues);
  }
  line_.append("\n");
  sha_.update(line_);
  return true;
}

}  // namespace crossbook::shard
