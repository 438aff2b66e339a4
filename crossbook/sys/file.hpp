// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "crossbook/sys/outcome.hpp"

// Files behind two seams, so that tests and fuzzers read from memory and write to disks that fill up.
namespace crossbook::sys {

// Bytes to read from front to back.
class Source {
 public:
  virtual ~Source() = default;
  // Fills the front of `into`; 0 at the end, and only there.
  [[nodiscard]] virtual Outcome<std::size_t> read(std::span<char> into) = 0;
  // For error texts: the path as it was given.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // In bytes; 0 where it is not known (a pipe).
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

// Bytes to write from front to back.
class Sink {
 public:
  virtual ~Sink() = default;
  // All of the bytes, or an error.
  virtual Status write(std::string_view bytes) = 0;
  // Returns once what was written is on the disk.
  virtual Status sync() = 0;
  // Syncs and lets go of the file. Further calls are errors.
  virtual Status close() = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

// Errors: no such file, a folder, no permission.
[[nodiscard]] Outcome<std::unique_ptr<Source>> open_file(const std::string& path);
// Makes the file, or empties it. Errors: no such folder, no permission, read-only.
[[nodiscard]] Outcome<std::unique_ptr<Sink>> create_file(const std::string& path);

// A file that one process at a time holds: until the lock goes, or the process ends, however it does.
class FileLock {
 public:
  virtual ~FileLock() = default;
};
// Makes the file where it is missing; nothing where another process (or another lock of this one) holds it. Errors: as
// create_file.
[[nodiscard]] Outcome<std::unique_ptr<FileLock>> lock_file(const std::string& path);

// A whole small file (configuration, an expected result) as text.
[[nodiscard]] Outcome<std::string> read_file(const std::string& path);

// REQUIRES: the bytes outlive the source.
[[nodiscard]] std::unique_ptr<Source> memory_source(std::string name, std::string_view bytes);
// Appends to `into`, and fails as a full disk does once it would hold more than `room` bytes.
// REQUIRES: `into` outlives the sink.
[[nodiscard]] std::unique_ptr<Sink> memory_sink(std::string name, std::string& into, std::size_t room = SIZE_MAX);

}  // namespace crossbook::sys
