// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace crossbook {

// CRC-32 as zlib and the exchanges compute it (IEEE 802.3, reflected, initial and final inversion), fed piece by piece.
//   Crc32().update("123456789").value() == 0xCBF43926
class Crc32 {
 public:
  Crc32& update(std::string_view bytes);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace crossbook
