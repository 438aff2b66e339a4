// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/crossbook/paper_session.hpp"
#include "apps/crossbook/paper_text.hpp"
#include "apps/crossbook/source.hpp"
#include "bindings.hpp"
#include "crossbook/core/decimal.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t records_between_signals = 20'000;

// Orders and fills as rows: a number of ours is a decimal text, so that no digit is lost on the way.
class Rows final : public shard::PaperListener {
 public:
  void on_decided(const shard::TrackedOrder& order, const shard::MadeOrder& made, Wall wall) override {
    const OrderTerms& terms = order.terms;
    Json row = {{"order", number(order.id)},
                {"decided_at", wall.nanos()},
                {"venue", order.venue},
                {"symbol", order.symbol},
                {"side", to_string(terms.action)},
                {"type", to_string(terms.type)},
                {"price", format_decimal(terms.price.count(), terms.price_scale)},
                {"quantity", format_decimal(terms.quantity.count(), terms.quantity_scale)},
                {"expected_average", nullptr},
                {"expected_fee_bps", static_cast<double>(made.fee.count()) / 1e6},
                {"venues_compared", made.compared},
                {"filled", "0"},
                {"state", to_string(OrderState::pending)},
                {"reason", to_string(OrderReason::ok)},
                {"ended_at", nullptr}};
    if (made.average) row["expected_average"] = *made.average;
    place_of_[order.id] = orders_.size();
    orders_.push_back(std::move(row));
  }
  void on_unmade(const shard::ScriptOrder&, shard::Unmade, Wall) override {}
  void on_cancel(const shard::TrackedOrder&, const CancelOrder&, Wall) override {}
  void on_change(const shard::TrackedOrder& order, const OrderChange& change, Wall wall) override {
    const OrderTerms& terms = order.terms;
    if (change.fill)
      fills_.push_back({{"order", number(order.id)},
                        {"at", wall.nanos()},
                        {"venue", order.venue},
                        {"symbol", order.symbol},
                        {"side", to_string(terms.action)},
                        {"role", to_string(change.fill->role)},
                        {"price", format_decimal(change.fill->price.count(), terms.price_scale)},
                        {"quantity", format_decimal(change.fill->quantity.count(), terms.quantity_scale)},
                        {"fee", format_decimal(change.fill->fee, terms.price_scale + terms.quantity_scale)},
                        {"fee_bps", static_cast<double>(change.fill->fee_rate.count()) / 1e6}});
    const auto found = place_of_.find(order.id);
    if (found == place_of_.end()) return;
    Json& row = orders_[found->second];
    row["filled"] = format_decimal(change.filled.count(), terms.quantity_scale);
    row["state"] = to_string(change.to);
    row["reason"] = to_string(change.reason);
    if (ended(change.to)) row["ended_at"] = wall.nanos();
  }
  void on_alarm(const OrderAlarm&, Wall) override {}

  [[nodiscard]] const std::vector<Json>& orders() const { return orders_; }
  [[nodiscard]] const std::vector<Json>& fills() const { return fills_; }

 private:
  static std::uint64_t number(OrderId order) { return static_cast<std::uint64_t>(order); }

  std::vector<Json> orders_;
  std::vector<Json> fills_;
  std::map<OrderId, std::size_t> place_of_;
};

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

// The report of "crossbook replay --paper --json", and every order and fill.
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
  Rows rows;
  auto session = app::PaperSession::open({.script = given["script"].cast<std::string>(),
                                          .store = given["store"].cast<std::string>(),
                                          .notional = given["notional"].cast<std::string>(),
                                          .show_step = {},
                                          .listener = &rows},
                                         player);
  if (!session) raise(classes().input_error, session.error());
  play(*source, (*session)->loop(), until);
  if (const auto finished = (*session)->finish(); !finished) raise(classes().store_error, finished.error());
  const Json all = {
      {"report", app::paper_json((*session)->loop())}, {"orders", rows.orders()}, {"fills", rows.fills()}};
  return all.dump();
}

}  // namespace

void bind_paper(py::module_& module) { module.def("paper", &paper); }

}  // namespace crossbook::python
