// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/engine/engine.hpp"

// A simulated day in words, on the standard output: each input, and indented what followed.
namespace crossbook::sim {

class Transcript {
 public:
  void input(const Input& input, const std::string& words);
  void effects(const Effects& effects, const engine::Engine& engine);
};

[[nodiscard]] std::string to_words(OrderId id);
[[nodiscard]] std::string to_words(const OrderTerms& terms, const engine::Engine& engine);
[[nodiscard]] std::string to_words(const OrderLimits& limits);
[[nodiscard]] std::string to_words(const OrderReport& report);

}  // namespace crossbook::sim
