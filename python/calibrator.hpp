// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/api/kept_executions.hpp"
#include "values.hpp"

namespace crossbook::python {

// The calibrator of a Python object. With a store it waits for the disk, so its calls let go of the interpreter.
struct CalibratorHandle {
  std::shared_ptr<FeeLatencyCalibrator> face;
  std::shared_ptr<KeptExecutions> store;
  bool aware = false;  // an aware timestamp was given: answers are aware as well
  Home home;

  void check() const {
    if (store != nullptr) home.check("a calibrator with a store");
  }
};

}  // namespace crossbook::python
