// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <functional>

#include "crossbook/shard/live_feeder.hpp"

// What a live market may feed. The functions are called without the interpreter, and are let go of with it; the objects
// that they were made from outlive them.
namespace crossbook::python {

// bind_api.cpp, bind_manager.cpp. Errors: an object that is none, a manager that was left in a parent process.
[[nodiscard]] std::function<void(const shard::LiveVenueBook&)> books_to_aggregator(pybind11::handle aggregator);
[[nodiscard]] std::function<void(const shard::LiveChange&)> spreads_to_manager(pybind11::handle manager);

}  // namespace crossbook::python
