// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/writer.hpp"

#include <optional>
#include <stdexcept>

#include "crossbook/store/order_sql.hpp"
#include "crossbook/store/tca_rows.hpp"

namespace crossbook::store {

// Prepared once; the ids of names are remembered.
class Writer::Statements {
 public:
  explicit Statements(SQLite::Database& database)
      : add_exchange_(database, "INSERT INTO exchanges (name) VALUES (?) ON CONFLICT DO NOTHING"),
        find_exchange_(database, "SELECT id FROM exchanges WHERE name = ?"),
        add_market_(database, "INSERT INTO markets (exchange, symbol) VALUES (?, ?) ON CONFLICT DO NOTHING"),
        find_market_(database, "SELECT id FROM markets WHERE exchange = ? AND symbol = ?"),
        find_market_of_(database, "SELECT market FROM executions WHERE exchange = ? AND trade_id = ?"),
        add_(database,
             "INSERT INTO executions (exchange, market, at_ns, role, trade_id, order_id, price, notional, "
             "fee_micro_bps, fee_rounding_micro_bps, latency_ns, order_to_ack_ns, ack_to_fill_ns, "
             "expected_fee_micro_bps, expected_latency_ns, apart_currency, apart_amount) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
        orders_(database),
        tca_(database) {}

  void add(const Row& row, Counts& counts) {
    if (const auto* fill = std::get_if<Fill>(&row)) add(*fill, counts);
    else if (const auto* order = std::get_if<OrderRow>(&row)) orders_.add(*order);
    else tca_.add(std::get<tca::Rows>(row));
  }

 private:
  void add(const Fill& fill, Counts& counts) {
    if (add(fill)) {
      ++counts.kept;
    } else {
      ++counts.known;
      if (symbol_differs(fill)) ++counts.clashes;
    }
  }

  // Venues that count trades by symbol repeat their ids: what was left out may be another trade.
  bool symbol_differs(const Fill& fill) {
    const Ids ids = ids_of(fill);
    bind_all(find_market_of_, ids.exchange, fill.trade_id);
    return only_number(find_market_of_) != ids.market;
  }

  // False where the trade was there.
  bool add(const Fill& fill) {
    const Ids ids = ids_of(fill);
    const Execution& execution = fill.execution;
    add_.bind(1, ids.exchange);
    add_.bind(2, ids.market);
    add_.bind(3, execution.at.nanos());
    add_.bind(4, static_cast<int>(execution.role));
    bind_text(5, fill.trade_id);
    bind_text(6, fill.order_id);
    add_.bind(7, fill.price);
    add_.bind(8, execution.notional);
    bind_count(9, execution.fee);
    add_.bind(10, execution.fee_rounding.count());
    bind_count(11, execution.latency);
    bind_count(12, execution.order_to_ack);
    bind_count(13, execution.ack_to_fill);
    bind_count(14, execution.expected_fee);
    bind_count(15, execution.expected_latency);
    if (execution.apart) {
      bind_text(16, execution.apart->currency);
      add_.bind(17, execution.apart->amount);
    } else {
      add_.bind(16);
      add_.bind(17);
    }
    const bool added = add_.exec() == 1;
    add_.reset();
    return added;
  }

  struct Ids {
    std::int64_t exchange = 0;
    std::int64_t market = 0;
  };

  Ids ids_of(const Fill& fill) {
    auto& markets = ids_[fill.exchange];
    if (const auto found = markets.find(fill.symbol); found != markets.end()) return found->second;
    Ids ids;
    bind_all(add_exchange_, fill.exchange);
    add_exchange_.exec();
    bind_all(find_exchange_, fill.exchange);
    ids.exchange = only_number(find_exchange_);
    bind_all(add_market_, ids.exchange, fill.symbol);
    add_market_.exec();
    bind_all(find_market_, ids.exchange, fill.symbol);
    ids.market = only_number(find_market_);
    markets.emplace(fill.symbol, ids);
    return ids;
  }

  template <class... Values>
  static void bind_all(SQLite::Statement& statement, const Values&... values) {
    statement.reset();
    int position = 0;
    (statement.bind(++position, values), ...);
  }

  static std::int64_t only_number(SQLite::Statement& statement) {
    statement.executeStep();
    const std::int64_t number = statement.getColumn(0).getInt64();
    statement.reset();
    return number;
  }

  // The text outlives the statement's run: no temporary.
  void bind_text(int position, std::string&& text) = delete;
  void bind_text(int position, const std::string& text) {
    if (text.empty()) add_.bind(position);
    else add_.bindNoCopy(position, text);
  }

  template <class Unit>
  void bind_count(int position, const std::optional<Count<Unit>>& count) {
    if (count) add_.bind(position, count->count());
    else add_.bind(position);
  }

  SQLite::Statement add_exchange_;
  SQLite::Statement find_exchange_;
  SQLite::Statement add_market_;
  SQLite::Statement find_market_;
  SQLite::Statement find_market_of_;
  SQLite::Statement add_;
  OrderStatements orders_;
  TcaStatements tca_;
  std::map<std::string, std::map<std::string, Ids, std::less<>>, std::less<>> ids_;
};

Writer::Writer(SQLite::Database database, std::string path, std::size_t queue_max)
    : database_(std::move(database)), path_(std::move(path)), queue_max_(queue_max), thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_.join();
}

sys::Outcome<Ticket> Writer::record(Row row) {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [this] { return !failed_.empty() || queue_.rows.size() < queue_max_; });
  if (!failed_.empty()) return sys::fault(failed_);
  queue_.rows.push_back(std::move(row));
  const Ticket ticket{++queue_.rows_upto};
  const bool first = queue_.rows.size() == 1;
  lock.unlock();
  if (first) work_.notify_one();
  return ticket;
}

sys::Status Writer::wait(Ticket ticket) {
  std::unique_lock lock(mutex_);
  const auto number = static_cast<std::uint64_t>(ticket);
  moved_.wait(lock, [&] { return rows_on_disk_ >= number || !failed_.empty(); });
  if (rows_on_disk_ >= number) return {};
  return sys::fault(failed_);
}

sys::Status Writer::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t all = queue_.rows_upto;
  moved_.wait(lock, [&] { return rows_on_disk_ >= all || !failed_.empty(); });
  if (!failed_.empty()) return sys::fault(failed_);
  return {};
}

sys::Status Writer::run(Job job) {
  std::unique_lock lock(mutex_);
  if (!failed_.empty()) return sys::fault(failed_);
  queue_.jobs.push_back(std::move(job));
  const std::uint64_t number = ++queue_.jobs_upto;
  work_.notify_one();
  moved_.wait(lock, [&] { return jobs_on_disk_ >= number || !failed_.empty(); });
  if (jobs_on_disk_ >= number) return {};
  return sys::fault(failed_);
}

sys::Status Writer::healthy() const {
  const std::scoped_lock lock(mutex_);
  if (!failed_.empty()) return sys::fault(failed_);
  return {};
}

Counts Writer::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Writer::write(Statements& statements, const Batch& batch, Counts& counts) {
  database_.exec("BEGIN IMMEDIATE");
  for (const Row& row : batch.rows) statements.add(row, counts);
  for (const Job& job : batch.jobs) job(database_);
  database_.exec("COMMIT");
}

void Writer::loop() {
  std::optional<Statements> statements;
  Batch batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return ending_ || !queue_.rows.empty() || !queue_.jobs.empty(); });
    if (queue_.rows.empty() && queue_.jobs.empty()) return;
    std::swap(batch.rows, queue_.rows);
    std::swap(batch.jobs, queue_.jobs);
    batch.rows_upto = queue_.rows_upto;
    batch.jobs_upto = queue_.jobs_upto;
    lock.unlock();
    moved_.notify_all();
    Counts counts = counts_;  // written by this thread only
    std::string failure;
    try {
      if (!statements) statements.emplace(database_);
      write(*statements, batch, counts);
    } catch (const SQLite::Exception& error) {
      failure = sentence(path_, error);
    } catch (const std::exception& error) {
      failure = path_ + ": " + error.what();
    }
    batch.rows.clear();
    batch.jobs.clear();
    if (!failure.empty()) database_.tryExec("ROLLBACK");
    lock.lock();
    failed_ = std::move(failure);
    if (!failed_.empty()) break;
    rows_on_disk_.store(batch.rows_upto, std::memory_order_release);
    jobs_on_disk_ = batch.jobs_upto;
    counts_ = counts;
    moved_.notify_all();
  }
  moved_.notify_all();
}

}  // namespace crossbook::store
