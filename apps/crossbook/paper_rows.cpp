// SPDX-License-Identifier: Apache-2.0
#include "paper_rows.hpp"

#include <utility>

#include "crossbook/core/decimal.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t number(OrderId order) { return static_cast<std::uint64_t>(order); }

}  // namespace

void PaperRows::on_decided(const shard::TrackedOrder& order, const shard::MadeOrder& made, Wall wall) {
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

void PaperRows::on_change(const shard::TrackedOrder& order, const OrderChange& change, Wall wall) {
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

}  // namespace crossbook::app
