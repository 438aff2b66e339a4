// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/capture/session.hpp"

// Where records come from: recorded files, or the simulated market. The player cannot tell which.
namespace crossbook::app {

class Source {
 public:
  virtual ~Source() = default;
  // The next record, or nullptr at the end; lives until the next call.
  [[nodiscard]] virtual const capture::Arrival* next() = 0;
  // From 0 to 1 where an end is known.
  [[nodiscard]] virtual std::optional<double> progress() const = 0;
  [[nodiscard]] virtual std::vector<capture::ReadError> errors() const = 0;
  [[nodiscard]] virtual bool cut() const = 0;
};

// Errors: the file that cannot be opened, in a sentence.
[[nodiscard]] sys::Outcome<std::unique_ptr<Source>> open_captures(const std::vector<std::string>& files);
// The simulated market of a seed; ends after `duration` where one is given.
[[nodiscard]] std::unique_ptr<Source> simulated_market(std::uint64_t seed, std::optional<Nanos> duration);

}  // namespace crossbook::app
