// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace crossbook::sys {

// A value, or a sentence for people that names the thing, what is wrong with it and, where there is one, the way out.
// A class of our own because a discarded std::expected draws no warning. Off the steady path: the text allocates.
template <class T>
class [[nodiscard]] Outcome : public std::expected<T, std::string> {
 public:
  using std::expected<T, std::string>::expected;
};

using Status = Outcome<void>;

[[nodiscard]] inline std::unexpected<std::string> fault(std::string sentence) {
  return std::unexpected<std::string>(std::move(sentence));
}

}  // namespace crossbook::sys
