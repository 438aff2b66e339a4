// SPDX-License-Identifier: Apache-2.0
#include "prefetch.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crossbook/core/input.hpp"

namespace crossbook::python {

std::string_view Prefetch::Batch::keep(std::string_view text, std::size_t padding) {
  char* const place = bytes.get() + used;
  std::memcpy(place, text.data(), text.size());
  std::memset(place + text.size(), 0, padding);
  used += text.size() + padding;
  return {place, text.size()};
}

// False where there is no room; the first record of a batch makes its own.
bool Prefetch::Batch::take(const capture::Arrival& arrival) {
  const std::size_t needed =
      arrival.feed.size() + arrival.conn.size() + arrival.url.size() + arrival.payload.size() + frame_padding;
  if (records.empty() && room < needed) {
    room = std::max(batch_bytes, needed);
    bytes = std::make_unique<char[]>(room);
  }
  if (room - used < needed || records.size() == records_max) return false;
  capture::Arrival& kept = records.emplace_back(arrival);
  kept.feed = keep(arrival.feed, 0);
  kept.conn = keep(arrival.conn, 0);
  kept.url = keep(arrival.url, 0);
  kept.payload = keep(arrival.payload, frame_padding);
  return true;
}

Prefetch::Prefetch(app::Source& source, std::optional<Wall> until)
    : source_(source), until_(until), thread_([this] { read(); }) {}

Prefetch::~Prefetch() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetch::read() {
  auto batch = std::make_unique<Batch>();
  bool more = true;
  while (more) {
    const capture::Arrival* const arrival = source_.next();
    if (arrival == nullptr || (until_ && arrival->t > *until_)) break;
    if (batch->take(*arrival)) continue;
    more = hand_over(std::exchange(batch, std::make_unique<Batch>()));
    (void)batch->take(*arrival);
  }
  if (more && !batch->records.empty()) (void)hand_over(std::move(batch));
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// Waits for room; false when nobody wants more.
bool Prefetch::hand_over(std::unique_ptr<Batch> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || ready_.size() < batches_max; });
  if (stopped_) return false;
  ready_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

const capture::Arrival* Prefetch::next() {
  if (current_ == nullptr || at_ == current_->records.size()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) return nullptr;
    current_ = std::move(ready_.front());
    ready_.pop_front();
    at_ = 0;
    changed_.notify_all();
  }
  return &current_->records[at_++];
}

}  // namespace crossbook::python
