// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

// Our own mistakes: a state that cannot be. On in release too, since a wrong state beside live orders is worse than a
// restart. What the world does wrong (bytes, venues, users) is a Result instead.
#define CROSSBOOK_ASSERT(condition)                                  \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::crossbook::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)

namespace crossbook {

[[noreturn, gnu::cold]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: crossbook is in a state that cannot be: %s\n", file, line, condition);
  std::abort();
}

}  // namespace crossbook
