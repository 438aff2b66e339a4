// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/volatility.hpp"

namespace crossbook {

void Volatility::set(Wall t, std::optional<double> price) {
  settle(t);
  if (!price_ || !price) {
    last_.reset();
    due_ = t;
  }
  price_ = price;
}

void Volatility::settle(Wall t) {
  if (!price_) return;
  if ((t - due_).count() / step.count() > steps_max) {
    *this = Volatility();
    return;
  }
  for (; due_ <= t; due_ = due_ + step) {
    if (last_) add((*price_ - *last_) / *last_);
    last_ = price_;
  }
}

void Volatility::add(double change) {
  constexpr double share = 1.0 / steps_mean;
  squares_ += share * (change * change - squares_);
  weight_ += share * (1.0 - weight_);
  ++steps_;
}

std::optional<double> Volatility::per_sqrt_second() const {
  if (steps_ < steps_min) return {};
  return std::sqrt(squares_ / weight_);
}

}  // namespace crossbook
