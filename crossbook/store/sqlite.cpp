// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cstring>
#include <exception>
#include <map>
#include <utility>

#include "crossbook/store/order_sql.hpp"
#include "crossbook/store/store.hpp"
#include "crossbook/store/tca_rows.hpp"
#include "crossbook/store/writer.hpp"

namespace crossbook::store {
namespace {

template <class Number>
std::optional<Number> number_of(const SQLite::Column& column) {
  if (column.isNull()) return {};
  return Number(column.getInt64());
}

// Words of 8 bytes, the lowest byte first: this is on disk.
std::string bytes_of(const std::vector<std::int64_t>& words) {
  std::string bytes;
  bytes.reserve(words.size() * 8);
  for (const std::int64_t word : words) {
    const auto bits = static_cast<std::uint64_t>(word);
    for (int byte = 0; byte < 8; ++byte) bytes.push_back(static_cast<char>(bits >> (8 * byte) & 0xFF));
  }
  return bytes;
}

std::vector<std::int64_t> words_of(std::string_view bytes) {
  std::vector<std::int64_t> words(bytes.size() / 8);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint64_t bits = 0;
    for (std::size_t byte = 8; byte-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[i * 8 + byte]);
    words[i] = static_cast<std::int64_t>(bits);
  }
  return words;
}

// Exchange and symbol of each market, asked for once. Within a read that has begun: of the same moment.
class MarketNames {
 public:
  struct Names {
    std::string exchange;
    std::string symbol;
  };
  explicit MarketNames(SQLite::Database& database)
      : find_(database, "SELECT x.name, m.symbol FROM markets m JOIN exchanges x ON x.id = m.exchange WHERE m.id = ?") {
  }

  const Names& of(std::int64_t market) {
    const auto known = known_.find(market);
    if (known != known_.end()) return known->second;
    find_.reset();
    find_.bind(1, market);
    if (!find_.executeStep()) throw SQLite::Exception("an execution of a market that is not there", SQLITE_CORRUPT);
    return known_.emplace(market, Names{find_.getColumn(0).getString(), find_.getColumn(1).getString()}).first->second;
  }

 private:
  SQLite::Statement find_;
  std::map<std::int64_t, Names> known_;
};

// In the order of fill_from().
constexpr const char* select_fills =
    "SELECT id, market, at_ns, role, trade_id, order_id, price, notional, fee_micro_bps, fee_rounding_micro_bps, "
    "latency_ns, order_to_ack_ns, ack_to_fill_ns, expected_fee_micro_bps, expected_latency_ns, apart_currency, "
    "apart_amount FROM executions e ";
// The match that a journal of orders kept under "<order>-<trade>".
constexpr const char* of_no_order =
    "AND NOT EXISTS (SELECT 1 FROM order_executions o WHERE o.order_id = CAST(e.order_id AS INTEGER) "
    "AND e.trade_id = o.order_id || '-' || o.trade) ";

void fill_from(SQLite::Statement& row, MarketNames& names, Fill& fill) {
  const MarketNames::Names& of = names.of(row.getColumn(1).getInt64());
  fill.exchange = of.exchange;
  fill.symbol = of.symbol;
  fill.trade_id = row.getColumn(4).getString();
  fill.order_id = row.getColumn(5).getString();
  fill.price = row.getColumn(6).getDouble();
  Execution& execution = fill.execution;
  execution.at = Wall(row.getColumn(2).getInt64());
  execution.role = row.getColumn(3).getInt() == 0 ? Role::maker : Role::taker;
  execution.notional = row.getColumn(7).getInt64();
  execution.fee = number_of<MicroBps>(row.getColumn(8));
  execution.fee_rounding = MicroBps(row.getColumn(9).getInt64());
  execution.latency = number_of<Nanos>(row.getColumn(10));
  execution.order_to_ack = number_of<Nanos>(row.getColumn(11));
  execution.ack_to_fill = number_of<Nanos>(row.getColumn(12));
  execution.expected_fee = number_of<MicroBps>(row.getColumn(13));
  execution.expected_latency = number_of<Nanos>(row.getColumn(14));
  execution.apart.reset();
  if (!row.getColumn(15).isNull())
    execution.apart = ApartFee{row.getColumn(15).getString(), row.getColumn(16).getInt64()};
}

HistoryRow history_from(SQLite::Statement& row) {
  const auto fees = [&](int column) {
    return HistoryRow::Fees{row.getColumn(column).getInt64(), row.getColumn(column + 1).getDouble(),
                            row.getColumn(column + 2).getDouble()};
  };
  return {.exchange = row.getColumn(0).getString(),
          .from = Wall(row.getColumn(1).getInt64()),
          .length = Nanos(row.getColumn(2).getInt64()),
          .maker = fees(3),
          .taker = fees(6),
          .latency_samples = row.getColumn(9).getInt64(),
          .latency_mean_ns = row.getColumn(10).getDouble(),
          .latency_p50 = Nanos(row.getColumn(11).getInt64()),
          .latency_p95 = Nanos(row.getColumn(12).getInt64()),
          .latency_p99 = Nanos(row.getColumn(13).getInt64())};
}

void put(SQLite::Database& database, const KeptCalibration& calibration) {
  SQLite::Statement put(database, "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, ?)");
  const std::string bytes = bytes_of(calibration.words);
  put.bind(1, calibration.settings.lookback.count());
  put.bind(2, calibration.settings.min_samples);
  put.bind(3, calibration.upto);
  put.bindNoCopy(4, bytes.data(), static_cast<int>(bytes.size()));
  put.exec();
}

void put(SQLite::Database& database, const std::vector<HistoryRow>& rows) {
  SQLite::Statement put(database, "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const HistoryRow& row : rows) {
    put.bind(1, row.exchange);
    put.bind(2, row.from.nanos());
    put.bind(3, row.length.count());
    put.bind(4, row.maker.samples);
    put.bind(5, row.maker.median_bps);
    put.bind(6, row.maker.estimate_bps);
    put.bind(7, row.taker.samples);
    put.bind(8, row.taker.median_bps);
    put.bind(9, row.taker.estimate_bps);
    put.bind(10, row.latency_samples);
    put.bind(11, row.latency_mean_ns);
    put.bind(12, row.latency_p50.count());
    put.bind(13, row.latency_p95.count());
    put.bind(14, row.latency_p99.count());
    put.exec();
    put.reset();
  }
}

void put(SQLite::Database& database, const FeeSchedules& schedules) {
  SQLite::Statement put(database, "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const FeeTier& tier : schedules.tiers()) {
    put.bind(1, tier.exchange);
    put.bind(2, tier.products);
    put.bind(3, tier.volume_usd_min);
    put.bind(4, tier.maker.count());
    put.bind(5, tier.taker.count());
    put.bind(6, tier.read_on);
    put.bind(7, tier.source);
    put.bind(8, tier.unverified ? 1 : 0);
    put.exec();
    put.reset();
  }
}

class SqliteStore final : public Store {
 public:
  // Without `write`: for reading only.
  SqliteStore(std::string path, std::optional<SQLite::Database> write, SQLite::Database read, std::size_t queue_max)
      : path_(std::move(path)), read_(std::move(read)) {
    if (write) writer_ = std::make_unique<Writer>(std::move(*write), path_, queue_max);
  }

  sys::Outcome<Ticket> record(Fill fill) override {
    if (!writer_) return refused();
    return writer_->record(std::move(fill));
  }
  sys::Outcome<Ticket> record(OrderRow row) override {
    if (!writer_) return refused();
    return writer_->record(std::move(row));
  }
  sys::Outcome<Ticket> record(tca::Rows rows) override {
    if (!writer_) return refused();
    return writer_->record(std::move(rows));
  }
  sys::Status wait(Ticket ticket) override {
    if (!writer_) return refused();
    return writer_->wait(ticket);
  }
  sys::Status flush() override {
    if (!writer_) return {};
    return writer_->flush();
  }
  Ticket on_disk() const override { return writer_ ? writer_->on_disk() : Ticket{}; }
  sys::Status healthy() const override {
    if (!writer_) return {};
    return writer_->healthy();
  }
  Counts counts() const override { return writer_ ? writer_->counts() : Counts{}; }

  sys::Status replay(std::int64_t after, const std::function<void(std::int64_t, const Fill&)>& each) override {
    return replay_fills(after, "", each);
  }
  sys::Status replay_outside(const std::function<void(const Fill&)>& each) override {
    return replay_fills(0, of_no_order, [&](std::int64_t, const Fill& fill) { each(fill); });
  }

  sys::Outcome<std::int64_t> executions() override {
    return reading(
        [](SQLite::Database& database) { return database.execAndGet("SELECT count(*) FROM executions").getInt64(); });
  }

  sys::Status keep_calibration(const KeptCalibration& calibration, std::vector<HistoryRow> history) override {
    if (!writer_) return refused();
    return writer_->run([&](SQLite::Database& database) {
      put(database, calibration);
      put(database, history);
    });
  }
  sys::Status keep_schedules(const FeeSchedules& schedules) override {
    if (!writer_) return refused();
    return writer_->run([&](SQLite::Database& database) { put(database, schedules); });
  }

  sys::Outcome<std::optional<KeptCalibration>> calibration(const CalibratorSettings& of) override {
    return reading([&](SQLite::Database& database) -> std::optional<KeptCalibration> {
      SQLite::Statement row(database, "SELECT upto, words FROM calibrations WHERE lookback_ns = ? AND min_samples = ?");
      row.bind(1, of.lookback.count());
      row.bind(2, of.min_samples);
      if (!row.executeStep()) return {};
      const SQLite::Column words = row.getColumn(1);
      const auto size = static_cast<std::size_t>(words.getBytes());
      return KeptCalibration{of, row.getColumn(0).getInt64(),
                             words_of({static_cast<const char*>(words.getBlob()), size})};
    });
  }

  sys::Outcome<std::vector<HistoryRow>> history(Nanos slice) override {
    return reading([&](SQLite::Database& database) {
      SQLite::Statement rows(database, "SELECT * FROM history WHERE length_ns = ? ORDER BY exchange, from_ns");
      rows.bind(1, slice.count());
      std::vector<HistoryRow> found;
      while (rows.executeStep()) found.push_back(history_from(rows));
      return found;
    });
  }

  sys::Outcome<FeeSchedules> schedules() override {
    return reading([](SQLite::Database& database) {
      SQLite::Statement rows(database, "SELECT * FROM schedules ORDER BY exchange, products, volume_usd_min");
      std::vector<FeeTier> tiers;
      while (rows.executeStep())
        tiers.push_back({.exchange = rows.getColumn(0).getString(),
                         .products = rows.getColumn(1).getString(),
                         .volume_usd_min = rows.getColumn(2).getInt64(),
                         .maker = MicroBps(rows.getColumn(3).getInt64()),
                         .taker = MicroBps(rows.getColumn(4).getInt64()),
                         .read_on = rows.getColumn(5).getString(),
                         .source = rows.getColumn(6).getString(),
                         .unverified = rows.getColumn(7).getInt() != 0});
      return FeeSchedules(std::move(tiers));
    });
  }

  sys::Outcome<std::vector<KeptOrder>> live_orders() override { return reading(read_live_orders); }
  sys::Outcome<OrderId> next_order() override { return reading(read_next_order); }
  sys::Outcome<std::optional<OrderHistory>> order(OrderId order) override {
    return reading([order](SQLite::Database& database) { return read_order(database, order); });
  }
  sys::Status each_order(OrderId after, const std::function<void(const OrderHistory&)>& each) override {
    const auto read = reading([&](SQLite::Database& database) {
      read_orders(database, after, each);
      return true;
    });
    if (!read) return sys::fault(read.error());
    return {};
  }
  sys::Outcome<LiveOrders> want_live_orders_gone(OrderReason reason, Wall at) override {
    if (!writer_) return refused();
    LiveOrders orders;
    const auto done = writer_->run(
        [&](SQLite::Database& database) { orders = crossbook::store::want_live_orders_gone(database, reason, at); });
    if (!done) return sys::fault(done.error());
    return orders;
  }
  sys::Outcome<std::vector<FaceOrder>> face_orders() override { return reading(read_face_orders); }
  sys::Outcome<std::vector<FaceOrderStep>> face_order_history(const std::string& id) override {
    return reading([&](SQLite::Database& database) { return read_face_order_history(database, id); });
  }

  sys::Outcome<tca::Rows> tca_rows() override { return reading(read_tca_rows); }

 private:
  sys::Status replay_fills(std::int64_t after, const char* condition,
                           const std::function<void(std::int64_t, const Fill&)>& each) {
    const auto read = reading([&](SQLite::Database& database) {
      SQLite::Statement rows(database, std::string(select_fills) + "WHERE id > ? " + condition + "ORDER BY id");
      rows.bind(1, after);
      MarketNames names(database);
      Fill fill;
      while (rows.executeStep()) {
        fill_from(rows, names, fill);
        each(rows.getColumn(0).getInt64(), fill);
      }
      return true;
    });
    if (!read) return sys::fault(read.error());
    return {};
  }

  [[nodiscard]] std::unexpected<std::string> refused() const { return sys::fault(path_ + ": opened for reading only"); }

  // SQLite's exceptions end here.
  template <class Read>
  auto reading(Read read) -> sys::Outcome<decltype(read(std::declval<SQLite::Database&>()))> {
    const std::scoped_lock lock(mutex_);
    try {
      return read(read_);
    } catch (const SQLite::Exception& error) {
      return sys::fault(sentence(path_, error));
    }
  }

  std::string path_;
  // Closed last: only one that may write folds the log into the file and removes it.
  std::unique_ptr<Writer> writer_;
  std::mutex mutex_;  // of read_
  SQLite::Database read_;
};

}  // namespace

sys::Outcome<std::unique_ptr<Store>> open_store(const std::string& path, StoreOptions options) {
  try {
    std::optional<SQLite::Database> write;
    if (options.access == Access::write) write.emplace(open_to_write(path, options));
    SQLite::Database read = open_to_read(path);
    return std::make_unique<SqliteStore>(path, std::move(write), std::move(read), options.queue_max);
  } catch (const SQLite::Exception& error) {
    return sys::fault(sentence(path, error));
  } catch (const std::exception& error) {
    return sys::fault(error.what());
  }
}

}  // namespace crossbook::store
