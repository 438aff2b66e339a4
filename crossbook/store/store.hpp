// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/cost/calibration.hpp"
#include "crossbook/cost/fee_schedule.hpp"
#include "crossbook/store/order_rows.hpp"
#include "crossbook/sys/outcome.hpp"
#include "crossbook/tca/rows.hpp"

// What must outlive the process. An interface in our types; a file of SQLite behind it by default.
//
//   auto store = open_store("crossbook.db");                    // sys::Outcome
//   (*store)->record({.exchange = "kraken", .symbol = "BTC/USD", .trade_id = "T1", .execution = {...}});
//   (*store)->flush();                                          // on disk once it returns without an error
namespace crossbook::store {

// One execution with its names. `execution.market` is not used: handles end with the process.
struct Fill {
  std::string exchange;
  std::string symbol;
  std::string trade_id;  // empty: not compared with any other
  std::string order_id;
  double price = 0.0;
  Execution execution;
};

enum class Ticket : std::uint64_t {};  // the nth row handed in

// Of fills, since the store was opened; of what is on disk.
struct Counts {
  std::int64_t kept = 0;
  std::int64_t known = 0;    // left out: an execution of this exchange and trade id was there
  std::int64_t clashes = 0;  // of these, where that execution is of another symbol: perhaps another trade
};

// A calibrator's words as of the execution `upto`.
struct KeptCalibration {
  CalibratorSettings settings;
  std::int64_t upto = 0;
  std::vector<std::int64_t> words;
};

// One slice of one exchange, summed up.
struct HistoryRow {
  struct Fees {
    std::int64_t samples = 0;
    double median_bps = 0.0;
    double estimate_bps = 0.0;
    friend bool operator==(const Fees&, const Fees&) = default;
  };
  std::string exchange;
  Wall from;
  Nanos length;
  Fees maker;
  Fees taker;
  std::int64_t latency_samples = 0;
  double latency_mean_ns = 0.0;
  Nanos latency_p50;
  Nanos latency_p95;
  Nanos latency_p99;
  friend bool operator==(const HistoryRow&, const HistoryRow&) = default;
};

// Safe to use from several threads. After one error of writing every later record, flush and keep gives that error
// again: nothing that was acknowledged is lost, nothing after the gap is taken.
class Store {
 public:
  virtual ~Store() = default;

  // Hands a row to the writer, in order; waits while its queue is full.
  virtual sys::Outcome<Ticket> record(Fill fill) = 0;
  virtual sys::Outcome<Ticket> record(OrderRow row) = 0;
  // All rows of one call are in one transaction. A row whose key is there changes nothing.
  virtual sys::Outcome<Ticket> record(tca::Rows rows) = 0;
  // Returns once that row (all of them) is on disk: acknowledged.
  virtual sys::Status wait(Ticket ticket) = 0;
  virtual sys::Status flush() = 0;
  // The last row that is on disk, with all before it; 0 before the first. Never waits for the disk.
  [[nodiscard]] virtual Ticket on_disk() const = 0;
  // The error of writing, if there was one: then on_disk() rises no more.
  [[nodiscard]] virtual sys::Status healthy() const = 0;
  [[nodiscard]] virtual Counts counts() const = 0;

  // Gives the fills on disk after execution number `after` in the order in which they were recorded, with their
  // numbers, which rise. `each` does not call the store.
  virtual sys::Status replay(std::int64_t after, const std::function<void(std::int64_t, const Fill&)>& each) = 0;
  // The same for all fills from outside: those of none of the store's orders.
  virtual sys::Status replay_outside(const std::function<void(const Fill&)>& each) = 0;
  [[nodiscard]] virtual sys::Outcome<std::int64_t> executions() = 0;

  // All on disk once they return. Rows of the same key are replaced.
  virtual sys::Status keep_calibration(const KeptCalibration& calibration, std::vector<HistoryRow> history) = 0;
  virtual sys::Status keep_schedules(const FeeSchedules& schedules) = 0;

  [[nodiscard]] virtual sys::Outcome<std::optional<KeptCalibration>> calibration(const CalibratorSettings& of) = 0;
  // By exchange and time; of slices of this length only.
  [[nodiscard]] virtual sys::Outcome<std::vector<HistoryRow>> history(Nanos slice) = 0;
  [[nodiscard]] virtual sys::Outcome<FeeSchedules> schedules() = 0;

  // Orders on disk, by number. Live ones have no end state: cost in time is theirs alone, however many have ended.
  [[nodiscard]] virtual sys::Outcome<std::vector<KeptOrder>> live_orders() = 0;
  // Above every number that was ever used; 1 in a new file.
  [[nodiscard]] virtual sys::Outcome<OrderId> next_order() = 0;
  [[nodiscard]] virtual sys::Outcome<std::optional<OrderHistory>> order(OrderId order) = 0;
  // All after that number. `each` does not call the store.
  virtual sys::Status each_order(OrderId after, const std::function<void(const OrderHistory&)>& each) = 0;

  // Marks every live order, of the engine and of the face, as cancelling, in one transaction that is on disk once it
  // returns: whoever starts with the store next cancels them. A program that runs on the store now does not see it.
  // Those that are cancelling already keep their reasons. How many there are.
  virtual sys::Outcome<LiveOrders> want_live_orders_gone(OrderReason reason, Wall at) = 0;

  // Orders of the face that were not forgotten, in the order of their first rows.
  [[nodiscard]] virtual sys::Outcome<std::vector<FaceOrder>> face_orders() = 0;
  // Empty where the id was never there. An id that was forgotten and used again has the steps of both.
  [[nodiscard]] virtual sys::Outcome<std::vector<FaceOrderStep>> face_order_history(const std::string& id) = 0;

  // All rows of performance tracking on disk, in the order in which they were recorded.
  [[nodiscard]] virtual sys::Outcome<tca::Rows> tca_rows() = 0;
};

enum class Access : std::uint8_t { write, read };

struct StoreOptions {
  Access access = Access::write;   // read: the file must be there, and record is an error
  std::size_t queue_max = 65'536;  // rows; as many go into one transaction at most
  std::int64_t pages_max = 0;      // of 4096 bytes; 0: as many as the disk holds
};

// Whether this or another process has the file open now. No error: a file that cannot be opened is not in use.
[[nodiscard]] bool in_use(const std::string& path);

// Opens the file, makes it where there is none, and brings its schema up. Errors name the file and the way out: no such
// folder, read-only, not ours, a newer schema, busy.
[[nodiscard]] sys::Outcome<std::unique_ptr<Store>> open_store(const std::string& path, StoreOptions options = {});

}  // namespace crossbook::store
