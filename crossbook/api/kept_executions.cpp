// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/kept_executions.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "crossbook/store/store.hpp"

namespace crossbook {
namespace {

// Doubles of the face are millionths in the store; each finds its way back to the same whole number.
std::optional<std::int64_t> millionths(const std::optional<double>& number) {
  if (!number) return {};
  return std::llround(*number * 1e6);
}
template <class Whole>
std::optional<Whole> as(const std::optional<std::int64_t>& count) {
  if (!count) return {};
  return Whole(*count);
}
template <class Whole>
std::optional<double> number(const std::optional<Whole>& whole) {
  if (!whole) return {};
  return static_cast<double>(whole->count()) / 1e6;
}

store::Fill fill_of(const RecordExecution& given) {
  store::Fill fill{.exchange = given.exchange, .symbol = given.symbol, .price = given.price.value_or(0.0)};
  Execution& execution = fill.execution;
  execution.role = given.order_type == "maker" ? Role::maker : Role::taker;
  const auto since_1970 = given.timestamp.value_or(TimePoint()).time_since_epoch();
  execution.at = Wall(std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count());
  if (given.size_usd)
    execution.notional = std::max<std::int64_t>(1, std::llround(std::min(*given.size_usd, 1e9) * 1e6));
  execution.fee = as<MicroBps>(millionths(given.actual_fee_bps));
  execution.fee_rounding = MicroBps(millionths(given.fee_rounding_bps).value_or(0));
  execution.latency = as<Nanos>(millionths(given.actual_latency_ms));
  execution.order_to_ack = as<Nanos>(millionths(given.order_to_ack_ms));
  execution.ack_to_fill = as<Nanos>(millionths(given.ack_to_fill_ms));
  execution.expected_fee = as<MicroBps>(millionths(given.expected_fee_bps));
  execution.expected_latency = as<Nanos>(millionths(given.expected_latency_ms));
  execution.apart = given.fee_apart;
  return fill;
}

RecordExecution given_of(const store::Fill& fill) {
  const Execution& execution = fill.execution;
  const std::chrono::nanoseconds since_1970(execution.at.nanos());
  RecordExecution given{.exchange = fill.exchange,
                        .symbol = fill.symbol,
                        .order_type = to_string(execution.role),
                        .actual_fee_bps = number(execution.fee),
                        .actual_latency_ms = number(execution.latency),
                        .price = fill.price,
                        .expected_fee_bps = number(execution.expected_fee),
                        .expected_latency_ms = number(execution.expected_latency),
                        .timestamp = TimePoint(std::chrono::duration_cast<TimePoint::duration>(since_1970)),
                        .order_to_ack_ms = number(execution.order_to_ack),
                        .ack_to_fill_ms = number(execution.ack_to_fill),
                        .fee_apart = execution.apart};
  if (execution.notional > 0) given.size_usd = static_cast<double>(execution.notional) / 1e6;
  if (execution.fee_rounding.count() > 0) given.fee_rounding_bps = number(std::optional(execution.fee_rounding));
  return given;
}

template <class T>
T value_or_throw(sys::Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(outcome.error());
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

class StoredExecutions final : public KeptExecutions {
 public:
  StoredExecutions(std::unique_ptr<store::Store> store, Keep keep) : store_(std::move(store)), keep_(keep) {}

  void keep(const RecordExecution& execution) override {
    const store::Ticket ticket = value_or_throw(store_->record(fill_of(execution)));
    if (keep_ == Keep::each) value_or_throw(store_->wait(ticket));
  }
  void replay(const std::function<void(const RecordExecution&)>& each) override {
    flush();
    value_or_throw(store_->replay(0, [&](std::int64_t, const store::Fill& fill) { each(given_of(fill)); }));
  }
  void flush() override { value_or_throw(store_->flush()); }

 private:
  std::unique_ptr<store::Store> store_;
  Keep keep_;
};

}  // namespace

std::shared_ptr<KeptExecutions> open_executions(const std::string& path, Keep keep) {
  return std::make_shared<StoredExecutions>(value_or_throw(store::open_store(path)), keep);
}

}  // namespace crossbook
