// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"
#include "values.hpp"

PYBIND11_MODULE(_core, module) {
  using namespace crossbook::python;
  module.doc() = "The compiled part of crossbook; import crossbook instead.";
  module.attr("version") = CROSSBOOK_VERSION;
  bind_classes();
  bind_values(module);
  bind_aggregator(module);
  bind_calibrator(module);
  bind_manager(module);
  bind_replay(module);
  bind_route(module);
  bind_paper(module);
  bind_live(module);
}
