// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/session.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "crossbook/core/wide.hpp"

namespace crossbook::capture {

Steady SteadyTime::of(const Record& record) {
  if (!started_) by_t_mono_ = one_file_ && record.t_mono.has_value();
  Steady at(record.t.nanos());
  if (by_t_mono_ && record.t_mono) {
    at = *record.t_mono;
    anchor_.t = record.t;
    anchor_.t_mono = record.t_mono;
  } else if (by_t_mono_) {
    const Wide moved = Wide{anchor_.t_mono->nanos()} + record.t.nanos() - anchor_.t.nanos();
    at = Steady(narrow(moved).value_or(last_.nanos()));
  }
  last_ = started_ ? std::max(last_, at) : at;
  started_ = true;
  return last_;
}

namespace {

// Numbers connections as they are first seen. Finding a known one allocates nothing.
class Connections {
 public:
  explicit Connections(std::size_t files) : last_(files) {}

  void number(Arrival& arrival) {
    Last& last = last_[arrival.file];
    arrival.first = false;
    if (!last.known || last.feed != arrival.feed || last.conn != arrival.conn) {
      key_.assign(std::to_string(arrival.file)).append(1, ' ').append(std::to_string(arrival.feed.size()));
      key_.append(1, ' ').append(arrival.feed).append(arrival.conn);
      const auto [entry, added] = ids_.try_emplace(key_, ConnectionId(static_cast<std::uint32_t>(ids_.size())));
      last.known = true;
      last.id = entry->second;
      last.feed = arrival.feed;
      last.conn = arrival.conn;
      arrival.first = added;
    }
    arrival.connection = last.id;
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }

 private:
  struct Last {
    bool known = false;
    ConnectionId id{};
    std::string feed, conn;
  };
  std::vector<Last> last_;  // of each file: most lines continue the connection of the line before
  std::unordered_map<std::string, ConnectionId> ids_;
  std::string key_;
};

}  // namespace

struct Session::State {
  State(std::vector<Reader> all, bool one_after_another)
      : readers(std::move(all)),
        heads(readers.size()),
        connections(one_after_another ? 1 : readers.size()),
        time(one_after_another ? 1 : readers.size()),
        chained(one_after_another) {}

  // Moves `given` to the file whose record is next, and to their number at the end.
  void step_to_earliest() {
    if (!std::exchange(started, true)) {
      for (std::size_t i = 0; i < readers.size(); ++i) heads[i] = readers[i].next();
    } else if (given < heads.size()) {
      heads[given] = readers[given].next();
    }
    given = earliest();
  }
  void step_along() {
    for (; given < readers.size(); ++given)
      if ((heads[given] = readers[given].next()) != nullptr) return;
  }

  // The file whose waiting record is next, or the number of files.
  [[nodiscard]] std::size_t earliest() const {
    std::size_t best = heads.size();
    for (std::size_t i = 0; i < heads.size(); ++i)
      if (heads[i] != nullptr && (best == heads.size() || heads[i]->t < heads[best]->t)) best = i;
    return best;
  }

  std::vector<Reader> readers;
  std::vector<const Record*> heads;  // one waiting record of each file; nullptr once it has no more
  Connections connections;
  SteadyTime time;
  Arrival arrival;
  std::size_t given = 0;  // the file that arrival is from
  bool started = false;
  bool chained = false;
};

namespace {

sys::Outcome<std::vector<Reader>> open_all(std::span<const std::string> paths) {
  std::vector<Reader> readers;
  readers.reserve(paths.size());
  for (const std::string& path : paths) {
    auto reader = Reader::open(path, static_cast<std::uint32_t>(readers.size()));
    if (!reader) return sys::fault(reader.error());
    readers.push_back(std::move(*reader));
  }
  return readers;
}

}  // namespace

sys::Outcome<Session> Session::open(std::span<const std::string> paths) {
  auto readers = open_all(paths);
  if (!readers) return sys::fault(readers.error());
  return Session(std::move(*readers));
}

sys::Outcome<Session> Session::open_chain(std::span<const std::string> paths) {
  auto readers = open_all(paths);
  if (!readers) return sys::fault(readers.error());
  return Session(std::make_unique<State>(std::move(*readers), true));
}

Session::Session(std::vector<Reader> readers) : state_(std::make_unique<State>(std::move(readers), false)) {}
Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const Arrival* Session::next() {
  State& state = *state_;
  if (state.chained) {
    state.step_along();
  } else {
    state.step_to_earliest();
  }
  if (state.given == state.heads.size()) return nullptr;
  Arrival& arrival = state.arrival;
  static_cast<Record&>(arrival) = *state.heads[state.given];
  arrival.file = state.chained ? 0 : static_cast<std::uint32_t>(state.given);
  state.connections.number(arrival);
  arrival.file = static_cast<std::uint32_t>(state.given);
  arrival.at = state.time.of(arrival);
  return &arrival;
}

std::size_t Session::connection_count() const { return state_->connections.size(); }

std::vector<ReadError> Session::errors() const {
  std::vector<ReadError> all;
  for (const Reader& reader : state_->readers) all.insert(all.end(), reader.errors().begin(), reader.errors().end());
  return all;
}

std::uint64_t Session::error_count() const {
  std::uint64_t sum = 0;
  for (const Reader& reader : state_->readers) sum += reader.error_count();
  return sum;
}

bool Session::cut() const {
  return std::ranges::any_of(state_->readers, [](const Reader& reader) { return reader.cut(); });
}

std::uint64_t Session::bytes_total() const {
  std::uint64_t sum = 0;
  for (const Reader& reader : state_->readers) sum += reader.bytes_total();
  return sum;
}

std::uint64_t Session::bytes_consumed() const {
  std::uint64_t sum = 0;
  for (const Reader& reader : state_->readers) sum += reader.bytes_consumed();
  return sum;
}

}  // namespace crossbook::capture
