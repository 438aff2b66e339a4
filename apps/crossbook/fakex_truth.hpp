// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crossbook/market/endpoint.hpp"
#include "crossbook/sys/file.hpp"

namespace crossbook::app {

// Writes what the simulated venues published, one JSON object a line: docs/fakex.md shows one.
class TruthWriter {
 public:
  // Errors: a file that cannot be written.
  [[nodiscard]] static sys::Outcome<std::unique_ptr<TruthWriter>> create(const std::string& path);

  void write(std::string_view feed, const market::Truth& truth);
  // Errors: a full disk; the first that happened.
  sys::Status close();

 private:
  explicit TruthWriter(std::unique_ptr<sys::Sink> sink) : sink_(std::move(sink)) {}
  void flush();

  std::unique_ptr<sys::Sink> sink_;
  std::string buffer_;
  std::string error_;
};

// "64250.1:0.5,64249:2|64250.3:1": bids, then asks, best first, in canonical decimals. Its CRC-32 is a line's `crc32`.
[[nodiscard]] std::string truth_text(const market::Truth& truth);

}  // namespace crossbook::app
