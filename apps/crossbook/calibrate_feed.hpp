// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commands.hpp"

namespace crossbook::app {

struct FeedOptions {
  std::vector<std::string> files;
  double round_trip_ms = 0.0;  // the shortest measured to the venues; 0: none was
  bool json = false;
};

// How late each feed of recorded sessions was, from the venues' stamps in its frames; prints what came of it.
[[nodiscard]] Exit show_feed_delays(const FeedOptions& options);

}  // namespace crossbook::app
