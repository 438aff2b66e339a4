// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

// The parts of the compiled module; the Python files beside it give them their names, signatures and documentation.
namespace crossbook::python {

void bind_values(pybind11::module_& module);      // errors, forks
void bind_aggregator(pybind11::module_& module);  // bind_api.cpp
void bind_calibrator(pybind11::module_& module);  // bind_calibrator.cpp
void bind_manager(pybind11::module_& module);     // bind_manager.cpp
void bind_paper(pybind11::module_& module);       // bind_paper.cpp
void bind_route(pybind11::module_& module);       // bind_route.cpp
void bind_replay(pybind11::module_& module);      // bind_replay.cpp
void bind_live(pybind11::module_& module);        // bind_live.cpp

}  // namespace crossbook::python
