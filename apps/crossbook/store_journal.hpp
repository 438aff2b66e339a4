// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crossbook/shard/journal.hpp"
#include "crossbook/store/store.hpp"

namespace crossbook::app {

// A shard's journal in a store; the state of the paper exchanges is a file beside it, `<store>.paper`.
class StoreJournal final : public shard::Journal {
 public:
  // REQUIRES: the store outlives the journal. `path` is the store's.
  StoreJournal(store::Store& store, std::string path);

  void intent(const shard::Intent& intent) override;
  void step(OrderId order, OrderState to, OrderReason reason, Wall at) override;
  void execution(OrderId order, const OrderFill& fill, Wall at) override;
  void learned(const shard::Learned& learned) override;
  void performance(const tca::Rows& rows) override;
  [[nodiscard]] sys::Status commit() override;
  [[nodiscard]] sys::Status keep_exchanges(const std::string& state) override;

  // What an earlier process left. Errors: the store's.
  [[nodiscard]] sys::Outcome<std::vector<shard::RestoredIntent>> live_orders();
  // Empty where there is none.
  [[nodiscard]] sys::Outcome<std::string> exchanges() const;

 private:
  template <class Row>
  void record(Row row);
  [[nodiscard]] sys::Status replace_exchanges(const std::string& state) const;

  store::Store& store_;
  std::string exchanges_path_;
  store::Ticket last_{};
  sys::Status failed_;
};

}  // namespace crossbook::app
