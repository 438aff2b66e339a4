// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

// Would not compile under our own flags: a stranger's code is not held to them.
int narrowed = (int)1.5L;

int main() {
  const auto price = crossbook::parse_decimal("64250.10", 2);
  if (!price || *price != 6425010) return 1;
  std::printf("%zu feeds\n", crossbook::venue::feeds().size());
  return crossbook::venue::feeds().empty() ? 1 : 0;
}
