// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crossbook/sys/outcome.hpp"
#include "fakex_side.hpp"

namespace crossbook::app {

// The feeds of a recording whose dialogue can be played. Errors: a file that cannot be read, no such feed.
[[nodiscard]] sys::Outcome<std::vector<std::string>> recorded_feeds(const std::vector<std::string>& files);

// One feed of a recording. Its frames go to each client that subscribed to what they are about, at the distance in time
// at which they were recorded, from the client's first subscription on; then the connection is closed. REST requests
// get the recorded answers. Errors: a file that cannot be read, a feed that is not in it.
[[nodiscard]] sys::Outcome<std::unique_ptr<FakexSide>> recorded_side(const std::vector<std::string>& files,
                                                                     const std::string& feed, Wall start);

}  // namespace crossbook::app
