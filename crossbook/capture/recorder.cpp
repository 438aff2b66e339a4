// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/recorder.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "crossbook/capture/manifest.hpp"
#include "crossbook/capture/recorder_file.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/record_ring.hpp"

namespace crossbook::capture {
namespace {

// A record on its way through the ring; its texts stand behind it.
struct Queued {
  enum class Kind : std::uint8_t { record, gap };
  std::int64_t t = 0;
  std::int64_t t_mono = 0;
  std::uint32_t feed = 0;  // lengths
  std::uint32_t conn = 0;
  std::uint32_t url = 0;
  std::uint32_t payload = 0;
  std::uint32_t skipped = 0;  // of this connection, just before this one
  Kind kind = Kind::record;
  Direction dir = Direction::in;
};

std::uint32_t length(std::string_view text) { return static_cast<std::uint32_t>(text.size()); }

}  // namespace

struct Recorder::State {
  explicit State(const RecorderOptions& given) : options(given), ring(given.queue_bytes), files(given) {}

  // -- the shard's thread
  [[nodiscard]] bool queue(const Queued& head, const Record& record);

  // -- the writer's thread
  void run();
  void drain();
  void take(std::span<const char> piece);
  void write(const Record& record);
  void set_status(const sys::Status& status);

  RecorderOptions options;
  sys::RecordRing ring;
  std::map<std::string, std::uint32_t, std::less<>> skipped_of;  // by feed and conn; the shard's thread
  std::string key;                                               // reused
  std::uint64_t records = 0;
  std::uint64_t skipped_records = 0;

  RecorderFiles files;  // the writer's thread from here
  std::atomic<std::uint64_t> lost_by_disk{0};
  std::atomic<std::uint64_t> files_begun{0};

  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  sys::Status status;
  std::thread thread;
};

// -- the shard's thread ----------------------------------------------------------------------------------------------

bool Recorder::State::queue(const Queued& head, const Record& record) {
  const std::size_t size =
      sizeof(head) + record.feed.size() + record.conn.size() + record.url.size() + record.payload.size();
  if (size > ring.piece_max()) return false;
  const auto room = ring.reserve(size);
  if (room.data() == nullptr) return false;
  char* to = room.data();
  std::memcpy(to, &head, sizeof(head));
  to += sizeof(head);
  for (const std::string_view text : {record.feed, record.conn, record.url, record.payload})
    to = std::copy(text.begin(), text.end(), to);
  ring.publish();
  return true;
}

void Recorder::offer(const Record& record) {
  State& state = *state_;
  ++state.records;
  Queued head{.t = record.t.nanos(),
              .t_mono = record.t_mono.value_or(Steady()).nanos(),
              .feed = length(record.feed),
              .conn = length(record.conn),
              .url = length(record.url),
              .payload = length(record.payload),
              .dir = record.dir};
  auto missing = state.skipped_of.end();
  if (!state.skipped_of.empty()) {
    state.key.assign(record.feed).append(1, ' ').append(record.conn);
    missing = state.skipped_of.find(state.key);
    if (missing != state.skipped_of.end()) head.skipped = missing->second;
  }
  if (state.queue(head, record)) {
    if (missing != state.skipped_of.end()) state.skipped_of.erase(missing);
    return;
  }
  ++state.skipped_records;
  state.key.assign(record.feed).append(1, ' ').append(record.conn);
  ++state.skipped_of[state.key];
}

void Recorder::note_gap(Wall t, std::string_view feed, std::string_view symbol, std::string_view reason) {
  const Queued head{.t = t.nanos(),
                    .feed = length(feed),
                    .conn = length(symbol),
                    .payload = length(reason),
                    .kind = Queued::Kind::gap};
  Record texts;
  texts.feed = feed;
  texts.conn = symbol;
  texts.payload = reason;
  std::ignore = state_->queue(head, texts);  // a gap that finds no room is still in the frames
}

// -- the writer's thread ---------------------------------------------------------------------------------------------

void Recorder::State::run() {
  constexpr auto nap = std::chrono::milliseconds(5);  // the ring holds what comes meanwhile
  for (;;) {
    drain();
    set_status(files.sync_when_due(sys::steady_now()));
    std::unique_lock lock(mutex);
    if (stopping) break;
    wake.wait_for(lock, nap, [&] { return stopping; });
  }
  drain();
  const sys::Status closed = files.close();
  const std::lock_guard lock(mutex);
  if (status) status = closed;
}

void Recorder::State::drain() {
  for (auto piece = ring.front(); piece.data() != nullptr; piece = ring.front()) {
    take(piece);
    ring.pop();
  }
}

void Recorder::State::take(std::span<const char> piece) {
  Queued head;
  std::memcpy(&head, piece.data(), sizeof(head));
  const char* from = piece.data() + sizeof(head);
  const auto text = [&](std::uint32_t size) { return std::string_view(std::exchange(from, from + size), size); };
  Record record;
  record.t = Wall(head.t);
  record.feed = text(head.feed);
  record.conn = text(head.conn);
  record.url = text(head.url);
  record.payload = text(head.payload);
  if (head.kind == Queued::Kind::gap) return files.note_gap(record.t, record.feed, record.conn, record.payload);
  record.t_mono = Steady(head.t_mono);
  record.dir = head.dir;
  if (head.skipped > 0) files.lose(record.feed, record.conn, head.skipped);
  write(record);
}

void Recorder::State::write(const Record& record) {
  const sys::Status written = files.write(record);
  if (!written) lost_by_disk.fetch_add(1, std::memory_order_relaxed);
  files_begun.store(files.begun(), std::memory_order_relaxed);
  set_status(written);
}

void Recorder::State::set_status(const sys::Status& now) {
  const std::lock_guard lock(mutex);
  if (now.has_value() != status.has_value()) status = now;
}

Recorder::Recorder(std::unique_ptr<State> state) : state_(std::move(state)) {}

sys::Outcome<std::unique_ptr<Recorder>> Recorder::start(const RecorderOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return sys::fault(options.folder + ": cannot be made: " + error.message());
  auto state = std::make_unique<State>(options);
  if (auto ready = state->files.begin(); !ready) return sys::fault(ready.error());
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<Recorder>(new Recorder(std::move(state)));
}

Recorder::~Recorder() { std::ignore = close(); }

RecorderCounts Recorder::counts() const {
  return {state_->records, state_->skipped_records + state_->lost_by_disk.load(std::memory_order_relaxed),
          state_->files_begun.load(std::memory_order_relaxed), state_->ring.used()};
}

sys::Status Recorder::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

sys::Status Recorder::close() {
  if (state_->thread.joinable()) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->stopping = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
  }
  return status();
}

}  // namespace crossbook::capture
