// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/crossbook/paper_rows.hpp"
#include "apps/crossbook/paper_session.hpp"
#include "apps/crossbook/paper_text.hpp"
#include "apps/crossbook/source.hpp"
#include "bindings.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr std::size_t records_between_signals = 20'000;

void play(app::Source& source, shard::PaperLoop& loop, std::optional<Wall> until) {
  bool more = true;
  while (more) {
    {
      const py::gil_scoped_release released;
      for (std::size_t i = 0; more && i < records_between_signals; ++i) {
        const capture::Arrival* const arrival = source.next();
        more = arrival != nullptr && (!until || arrival->t <= *until) && loop.healthy();
        if (more) loop.play(*arrival, arrival->connection, arrival->at);
      }
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
}

// What "crossbook replay --paper --json" prints under "paper".
std::string paper(const std::vector<std::string>& files, const py::dict& given) {
  std::unique_ptr<app::Source> source;
  if (files.empty()) {
    const auto seconds_played = given["seconds"].cast<double>();
    source = app::simulated_market(given["seed"].cast<std::uint64_t>(), Nanos(std::llround(seconds_played * 1e9)));
  } else {
    auto opened = app::open_captures(files);
    if (!opened) raise(classes().capture_error, opened.error());
    source = std::move(*opened);
  }
  std::optional<Wall> until;
  if (!given["until"].is_none()) until = Wall(given["until"].cast<std::int64_t>());
  shard::Player player(shard::PlayerOptions{.engine = {.use_bbo = true}, .groups = {}});
  app::PaperRows rows;
  auto session = app::PaperSession::open({.script = given["script"].cast<std::string>(),
                                          .home = given["home"].cast<std::string>(),
                                          .store = given["store"].cast<std::string>(),
                                          .notional = given["notional"].cast<std::string>(),
                                          .show_step = {},
                                          .listener = &rows},
                                         player);
  if (!session) raise(classes().input_error, session.error());
  play(*source, (*session)->loop(), until);
  if (const auto finished = (*session)->finish(); !finished) raise(classes().store_error, finished.error());
  return app::paper_json((*session)->loop(), rows).dump();
}

}  // namespace

void bind_paper(py::module_& module) { module.def("paper", &paper); }

}  // namespace crossbook::python
