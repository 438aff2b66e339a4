// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/improvement.hpp"

#include <algorithm>
#include <array>

#include "crossbook/cost/all_in.hpp"

namespace crossbook::tca {
namespace {

// Whether the cost a is better than b for who pays or receives it.
bool better_cost(Action action, Wide a, Wide b) { return action == Action::buy ? a < b : a > b; }

std::optional<Wide> completed(Action action, Wide value, Wide fee, Wide rest,
                              std::span<const CompletionLevel> completion) {
  const Wide own = all_in_of(action, value, fee);
  if (rest == 0) return own;
  const std::optional<Wide> more = complete(action, completion, rest);
  if (!more) return {};
  return own + *more;
}

const Reference* best_of(Action action, std::span<const Reference> references) {
  const Reference* best = nullptr;
  for (const Reference& one : references) {
    if (!one.row.all_in) continue;
    if (best == nullptr || better_cost(action, *one.row.all_in, *best->row.all_in)) best = &one;
  }
  return best;
}

// Nothing where no venue filled anything.
std::optional<double> average_of(std::span<const Reference> references) {
  double sum = 0.0;
  double weights = 0.0;
  for (const Reference& one : references) {
    if (!one.row.all_in || one.row.value == 0) continue;
    const double weight = to_double(one.row.value);
    sum += weight * to_double(*one.row.all_in);
    weights += weight;
  }
  if (weights == 0.0) return {};
  return sum / weights;
}

}  // namespace

Wide fee_of(Wide value, MicroBps rate) {
  // In two steps, since the product of a large value and a rate may need more than 128 bits.
  const Wide whole = value / rate_one;
  const Wide rest = (value % rate_one) * rate.count();
  Wide part = rest / rate_one;
  if (rest % rate_one > 0) ++part;
  return whole * rate.count() + part;
}

void take_alone(std::span<const BookLevel> levels, Wide wanted, ReferenceRow& row) {
  Wide depth = 0;
  for (const BookLevel& level : levels) depth += level.quantity;
  const Wide most = std::min(depth, wanted);
  const Wide quantity = most - most % row.lot;
  Wide value = 0;
  Wide left = quantity;
  for (const BookLevel& level : levels) {
    const Wide taken = std::min(left, level.quantity);
    value += taken * level.price.count();
    left -= taken;
  }
  const bool allowed = quantity >= row.min_quantity && value >= row.min_notional;
  row.quantity = allowed ? quantity : 0;
  row.value = allowed ? value : 0;
  row.fee = fee_of(row.value, row.fee_rate);
}

std::optional<Wide> complete(Action action, std::span<const CompletionLevel> levels, Wide need) {
  struct Part {
    Wide value = 0;
    MicroBps fee_rate;
  };
  std::array<Part, book::members_max> parts{};
  for (const CompletionLevel& level : levels) {
    const Wide taken = std::min(need, level.quantity);
    if (taken == 0) break;
    parts[level.member].value += taken * level.price.count();
    parts[level.member].fee_rate = level.fee_rate;
    need -= taken;
  }
  if (need > 0) return {};
  Wide cost = 0;
  for (const Part& part : parts) cost += all_in_of(action, part.value, fee_of(part.value, part.fee_rate));
  return cost;
}

std::optional<double> improvement_bps(Action action, double reference, double actual) {
  if (!(reference > 0.0)) return {};
  const double saved = action == Action::buy ? reference - actual : actual - reference;
  return 1e4 * saved / reference;
}

ImprovementRow compare(const DecisionRow& decision, const Actual& actual, std::span<Reference> references,
                       std::span<const CompletionLevel> completion) {
  const Action action = decision.action;
  ImprovementRow row{.decision = decision.decision, .scales = decision.scales, .filled = actual.filled};
  for (Reference& one : references) {
    one.row.all_in.reset();
    if (one.row.ready)
      one.row.all_in = completed(action, one.row.value, one.row.fee, decision.quantity - one.row.quantity, completion);
  }
  if (actual.filled > decision.quantity) return row;
  row.all_in = completed(action, actual.value, actual.fee, decision.quantity - actual.filled, completion);
  if (!row.all_in) return row;
  const double paid = to_double(*row.all_in);
  if (const Reference* best = best_of(action, references)) {
    row.best_venue = best->row.venue;
    row.best_single_bps = improvement_bps(action, to_double(*best->row.all_in), paid);
  }
  for (const Reference& one : references) {
    if (one.row.venue != decision.home || !one.row.all_in) continue;
    row.home_bps = improvement_bps(action, to_double(*one.row.all_in), paid);
  }
  if (const std::optional<double> average = average_of(references))
    row.average_bps = improvement_bps(action, *average, paid);
  return row;
}

}  // namespace crossbook::tca
