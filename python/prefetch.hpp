// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "apps/crossbook/source.hpp"

// Reads a source ahead on a thread of its own: decompressing and splitting lines costs as much as playing them.
namespace crossbook::python {

class Prefetch {
 public:
  // Reads from `source` until its end or a record behind `until`; nobody else may until the end of this object.
  Prefetch(app::Source& source, std::optional<Wall> until);
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  ~Prefetch();

  // The next record, or nullptr at the end; lives until the next call.
  [[nodiscard]] const capture::Arrival* next();

 private:
  // Records and the bytes that their views show.
  struct Batch {
    std::vector<capture::Arrival> records;
    std::unique_ptr<char[]> bytes;
    std::size_t room = 0;
    std::size_t used = 0;
    [[nodiscard]] bool take(const capture::Arrival& arrival);
    [[nodiscard]] std::string_view keep(std::string_view text, std::size_t padding);
  };
  static constexpr std::size_t batch_bytes = std::size_t{1} << 18;
  static constexpr std::size_t records_max = 1'000;
  static constexpr std::size_t batches_max = 4;

  void read();
  [[nodiscard]] bool hand_over(std::unique_ptr<Batch> batch);

  app::Source& source_;
  std::optional<Wall> until_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Batch>> ready_;
  bool ended_ = false;
  bool stopped_ = false;
  std::unique_ptr<Batch> current_;
  std::size_t at_ = 0;
  std::thread thread_;
};

}  // namespace crossbook::python
