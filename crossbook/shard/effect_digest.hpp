// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossbook/core/effect.hpp"
#include "crossbook/sys/sha256.hpp"

namespace crossbook::shard {

// One number for everything that an engine decided: the same inputs must give the same, on every compiler and at every
// optimisation. SHA-256 over each field of each effect, as little-endian 64-bit words in the order of Effects.
class EffectDigest {
 public:
  // Inputs without effects leave no trace.
  void add(Wall wall, const Effects& effects);
  [[nodiscard]] std::uint64_t effects() const { return effects_; }
  [[nodiscard]] std::string hex() const { return sha_.hex(); }

 private:
  void put(std::int64_t word);
  void put_wide(Wide word);
  template <class Kind>
  void put_kind(Kind kind) {
    put(static_cast<std::int64_t>(kind));
  }
  void put(const OrderTerms& terms);
  void put(const OrderFill& fill);

  sys::Sha256 sha_;
  std::string bytes_;  // of the effects at hand
  std::uint64_t effects_ = 0;
};

}  // namespace crossbook::shard
