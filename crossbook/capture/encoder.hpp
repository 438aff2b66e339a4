// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crossbook/capture/writer.hpp"

// The other direction of decoder.hpp. Private to this room.
namespace crossbook::capture {

enum class Flush : std::uint8_t {
  none,  // keeps what compresses better together
  sync,  // everything so far can be decoded from what came out
  end,   // the text is whole
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends to `out` what is ready of `text` and of the texts before it. After Flush::end nothing may follow.
  virtual void encode(std::string_view text, Flush flush, std::string& out) = 0;
};

[[nodiscard]] std::unique_ptr<Encoder> make_encoder(Compression compression);

}  // namespace crossbook::capture
