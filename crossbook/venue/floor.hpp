// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace crossbook::venue {

class Parser;

// What the decoders' speed is measured against: simdjson On-Demand as Debian ships it, reading U, u and every price and
// size of a Binance depthUpdate in the order of the frame, with the product's own digit routine and nothing else: no
// listing, no batch, no check of what stands between the fields.
class Floor {
 public:
  Floor();
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // The sum of all fields, numbers as counts of 10^-8, so that no read can be left out; -1 for any other frame.
  // REQUIRES: frame_padding readable bytes behind the frame.
  std::int64_t extract(std::string_view padded_frame);

 private:
  std::unique_ptr<Parser> parser_;
};

}  // namespace crossbook::venue
