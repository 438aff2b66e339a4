// SPDX-License-Identifier: Apache-2.0
#include "store_journal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "crossbook/sys/file.hpp"

namespace crossbook::app {

StoreJournal::StoreJournal(store::Store& store, std::string path)
    : store_(store), exchanges_path_(std::move(path) + ".paper") {}

template <class Row>
void StoreJournal::record(Row row) {
  if (!failed_) return;
  const auto ticket = store_.record(std::move(row));
  if (ticket) {
    last_ = *ticket;
  } else {
    failed_ = sys::fault(ticket.error());
  }
}

void StoreJournal::intent(const shard::Intent& intent) {
  record(store::OrderRow(store::OrderIntent{.order = intent.order,
                                            .client = {},
                                            .feed = intent.listing.feed,
                                            .raw_symbol = intent.listing.raw_symbol,
                                            .symbol = intent.symbol,
                                            .terms = intent.terms,
                                            .limits = intent.limits,
                                            .placed_at = intent.placed_at}));
}

void StoreJournal::step(OrderId order, OrderState to, OrderReason reason, Wall at) {
  record(store::OrderRow(store::OrderStep{order, to, reason, at}));
}

void StoreJournal::execution(OrderId order, const OrderFill& fill, Wall at) {
  record(store::OrderRow(store::OrderExecution{order, fill, at}));
}

// The exchanges on paper number their matches anew in each process; the order's number makes them differ.
void StoreJournal::learned(const shard::Learned& learned) {
  const auto order = static_cast<std::uint64_t>(learned.order);
  record(store::Fill{.exchange = learned.exchange,
                     .symbol = learned.symbol,
                     .trade_id = fmt::format("{}-{}", order, learned.trade),
                     .order_id = fmt::format("{}", order),
                     .price = learned.price,
                     .execution = learned.execution});
}

void StoreJournal::performance(const tca::Rows& rows) { record(tca::Rows(rows)); }

sys::Status StoreJournal::commit() {
  if (!failed_) return failed_;
  if (store_.on_disk() >= last_) return store_.healthy();
  return store_.wait(last_);
}

// A new file takes the old one's place in one step: a process that dies between leaves one of the two, whole.
sys::Status StoreJournal::keep_exchanges(const std::string& state) {
  if (failed_) failed_ = replace_exchanges(state);
  return failed_;
}

sys::Status StoreJournal::replace_exchanges(const std::string& state) const {
  const std::string fresh = exchanges_path_ + ".new";
  auto file = sys::create_file(fresh);
  if (!file) return sys::fault(file.error());
  if (auto written = (*file)->write(state); !written) return written;
  if (auto closed = (*file)->close(); !closed) return closed;
  std::error_code error;
  std::filesystem::rename(fresh, exchanges_path_, error);
  if (error) return sys::fault(fmt::format("{}: {}", exchanges_path_, error.message()));
  return {};
}

sys::Outcome<std::vector<shard::RestoredIntent>> StoreJournal::live_orders() {
  const auto kept = store_.live_orders();
  if (!kept) return sys::fault(kept.error());
  std::vector<shard::RestoredIntent> orders;
  for (const store::KeptOrder& order : *kept) {
    const store::OrderIntent& intent = order.intent;
    shard::RestoredIntent& restored = orders.emplace_back();
    restored.intent = {.order = intent.order,
                       .listing = {intent.feed, intent.raw_symbol},
                       .symbol = intent.symbol,
                       .terms = intent.terms,
                       .limits = intent.limits,
                       .placed_at = intent.placed_at};
    restored.filled = order.filled;
    restored.wanted_gone = order.state == OrderState::cancelling;
    const auto history = store_.order(intent.order);
    if (!history) return sys::fault(history.error());
    if (*history)
      for (const store::OrderExecution& execution : (*history)->executions)
        restored.trades.push_back(execution.fill.trade);
  }
  return orders;
}

sys::Outcome<std::string> StoreJournal::exchanges() const {
  if (!std::filesystem::exists(exchanges_path_)) return std::string();
  return sys::read_file(exchanges_path_);
}

}  // namespace crossbook::app
