// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/capture/manifest.hpp"
#include "crossbook/capture/recorder.hpp"
#include "crossbook/capture/writer.hpp"

// The files of a recorder: which is written, when the next begins, and the manifest. Private to this room; used by the
// recorder's thread alone.
namespace crossbook::capture {

class RecorderFiles {
 public:
  explicit RecorderFiles(const RecorderOptions& options) : options_(options) {}

  // Proves that the folder can be written to. An older recording's manifest in it is an error.
  [[nodiscard]] sys::Status begin();
  // An error is told until a later file can be begun; what comes meanwhile is lost, and counted as skipped.
  sys::Status write(const Record& record);
  sys::Status sync_when_due(Steady now);
  sys::Status close();

  // So many records of this connection are missing before the next one.
  void lose(std::string_view feed, std::string_view conn, std::uint64_t count);
  void note_gap(Wall t, std::string_view feed, std::string_view symbol, std::string_view reason);
  [[nodiscard]] std::uint64_t begun() const { return begun_; }

 private:
  sys::Status put(const Record& record);
  sys::Status begin_file(Wall first);
  sys::Status end_file();
  void delete_oldest();

  RecorderOptions options_;
  Manifest manifest_;
  std::optional<Writer> writer_;
  std::shared_ptr<std::string> digest_;                     // of the open file, set when its sink is closed
  std::map<std::string, std::uint64_t, std::less<>> lost_;  // by feed and conn, not yet said in a file
  std::string key_;                                         // reused
  std::uint64_t begun_ = 0;
  Steady synced_at_;
  Steady retry_at_;
  std::string failure_;
  bool unsynced_ = false;
};

}  // namespace crossbook::capture
