// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "crossbook/capture/encoder.hpp"

// For tests, the fuzzer and the benchmark.
namespace crossbook::capture {

[[nodiscard]] inline std::string compressed(std::string_view text, Compression compression) {
  std::string bytes;
  make_encoder(compression)->encode(text, Flush::end, bytes);
  return bytes;
}

}  // namespace crossbook::capture
