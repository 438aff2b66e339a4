// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crossbook/capture/format.hpp"
#include "crossbook/sys/file.hpp"

namespace crossbook::capture {

enum class Compression : std::uint8_t { none, gzip, zstd };

// By the end of the name: ".gz", ".zst", anything else is plain.
[[nodiscard]] Compression compression_of(std::string_view path);

// Appends the record as one line with its newline. The payload of `norm` is the line itself.
// Errors: a name or url that is not UTF-8; a `norm` payload that is not one line; a line beyond line_bytes_max. Nothing
// is appended then.
sys::Status append_line(const Record& record, std::string& to);

// Writes records so that a Reader gives back exactly what was written, in the recordings' own form: keys in the order
// t, venue, conn, dir, url, t_mono, raw; a payload that is not UTF-8 as raw_b64. `file` and `line` are not written.
class Writer {
 public:
  // Errors: no such folder, no permission, read-only.
  [[nodiscard]] static sys::Outcome<Writer> create(const std::string& path);
  Writer(std::unique_ptr<sys::Sink> sink, Compression compression);
  // Without close() the file ends somewhere: readers will call it cut.
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  // Buffered. An error of the file (disk full) stays: every later call returns it too. An error of the record leaves
  // the file as it was.
  sys::Status write(const Record& record);
  // Everything so far is in the file, readable though not yet whole, and on the disk. Costs compression.
  sys::Status sync();
  // Ends the file and puts it on the disk.
  sys::Status close();

  // Before and after compression, without what is still buffered.
  [[nodiscard]] std::uint64_t text_bytes() const;
  [[nodiscard]] std::uint64_t file_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossbook::capture
