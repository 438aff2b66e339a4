// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "crossbook/sys/file.hpp"

// The text of a file that may be compressed. Private to this room.
namespace crossbook::capture {

// One compression. Concatenated members or frames are one text.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Takes from the front of `input` and fills the front of `output`; the answer is the number of bytes filled. Call
  // again with more input, or with more room, until it fills nothing.
  [[nodiscard]] virtual sys::Outcome<std::size_t> decode(std::string_view& input, std::span<char> output) = 0;
  // Whether a file may end here.
  [[nodiscard]] virtual bool whole() const = 0;
};

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(std::string_view first_bytes);

// The decoded bytes of a source.
class TextStream {
 public:
  explicit TextStream(std::unique_ptr<sys::Source> source);

  // Fills the front of `into`; 0 at the end. Errors: the file cannot be read, is damaged or ends too early. An error is
  // final; what was decodable before it has been given out.
  [[nodiscard]] sys::Outcome<std::size_t> read(std::span<char> into);

  [[nodiscard]] const std::string& name() const { return source_->name(); }
  [[nodiscard]] std::uint64_t bytes_total() const { return source_->size(); }
  [[nodiscard]] std::uint64_t bytes_consumed() const { return fetched_ - rest_.size(); }

 private:
  sys::Status fetch();   // fills rest_ from the source
  sys::Status detect();  // chooses the decoder by the first bytes

  std::unique_ptr<sys::Source> source_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> chunk_;
  std::string_view rest_;  // of chunk_, not yet decoded
  std::uint64_t fetched_ = 0;
  bool ended_ = false;  // the source has no more
};

}  // namespace crossbook::capture
