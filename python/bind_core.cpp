// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include "bindings.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

// A tuple of (exchange, price) with two more names: `exchange, price = aggregator.get_best_exchange(...)`.
PyTypeObject* make_best_exchange() {
  static PyStructSequence_Field fields[] = {{"exchange", "where all of it costs least"},
                                            {"price", "the raw average price there, in the quote currency"},
                                            {"filled_usd", "how much of the size its book has, in the quote currency"},
                                            {"complete", "whether that is all of it"},
                                            {nullptr, nullptr}};
  static PyStructSequence_Desc description{
      "crossbook.BestExchange", "Where to trade, and at which price: unpacks as (exchange, price).", fields, 2};
  PyTypeObject* const type = PyStructSequence_NewType(&description);
  if (type == nullptr) throw py::error_already_set();
  return type;
}

}  // namespace

void bind_values(py::module_& module) {
  py::register_local_exception_translator(
      [](std::exception_ptr thrown) {  // NOLINT(performance-unnecessary-value-param): its type is given
        if (thrown) set_error(thrown);
      });
  classes().best_exchange = make_best_exchange();
  module.attr("BestExchange") = py::handle(reinterpret_cast<PyObject*>(classes().best_exchange));
  module.def("note_fork", &note_fork);
}

}  // namespace crossbook::python
