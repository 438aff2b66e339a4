// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crossbook/core/units.hpp"

// One entry of `crossbook bench`; most need no session. A part is a function in a file of its own (bench_<name>.cpp),
// declared here and listed in bench_command.cpp.
namespace crossbook::app {

struct LoadedRecord;

struct BenchPart {
  std::string name;  // its key in the JSON
  nlohmann::ordered_json json;
  std::string text;  // lines for people, each ending in a line feed
};

[[nodiscard]] BenchPart bench_calibrate();
// Of a feed of the session that is measured.
[[nodiscard]] BenchPart bench_frame_to_cancel(const std::vector<LoadedRecord>& records, FeedId feed);
[[nodiscard]] BenchPart bench_socket_to_cancel(const std::vector<LoadedRecord>& records, FeedId feed);
[[nodiscard]] BenchPart bench_guard();
[[nodiscard]] BenchPart bench_route();

// Nanoseconds a call: the median of `passes` runs of `calls` calls each. `call` is given the number of the call.
template <class Call>
[[nodiscard]] double ns_per_call(std::size_t passes, std::int64_t calls, Call call) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  std::int64_t number = 0;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const Clock::time_point begin = Clock::now();
    for (const std::int64_t end = number + calls; number < end; ++number) call(number);
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
                    static_cast<double>(calls));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace crossbook::app
