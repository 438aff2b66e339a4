// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a session. The first byte chooses how the rest becomes a file: as it is (plain, or packed data that was
// damaged), or packed by us first, so that the fuzzer need not learn to compress to reach the lines. Then the two
// parsers of a line must agree, and what was read must be written and read again unchanged.
#include <cstdint>

#include "crossbook/capture/compressed.hpp"
#include "crossbook/capture/line_parser.hpp"
#include "crossbook/capture/session.hpp"
#include "crossbook/capture/writer.hpp"
#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"

namespace crossbook::capture {
namespace {

bool same(const Record& a, const Record& b) {
  return a.t == b.t && a.t_mono == b.t_mono && a.feed == b.feed && a.conn == b.conn && a.dir == b.dir &&
         a.url == b.url && a.payload == b.payload;
}

std::string file_of(std::string_view input) {
  if (input.empty()) return {};
  const std::string_view rest = input.substr(1);
  switch (static_cast<unsigned char>(input.front()) % 4) {
    case 1: return compressed(rest, Compression::gzip);
    case 2: return compressed(rest, Compression::zstd);
    case 3:
      return compressed(rest.substr(0, rest.size() / 2), Compression::gzip) +
             compressed(rest.substr(rest.size() / 2), Compression::gzip);
    default: return std::string(rest);
  }
}

std::string padded(std::string_view line) {
  std::string text(line);
  text.resize(line.size() + frame_padding);
  return text;
}

// The parsers live on, as a reader's do: what an earlier line left in their buffers must not show.
void check_line_parsers(std::string_view line) {
  static LineParser quick, careful;
  const std::string text = padded(line);
  Record a, b;
  if (!quick.scan(std::string_view(text).substr(0, line.size()), a)) return;
  CROSSBOOK_ASSERT(careful.parse_any(std::string_view(text).substr(0, line.size()), b).has_value());
  CROSSBOOK_ASSERT(same(a, b));
}

void check_written_again(const Record& record) {
  static LineParser parser;
  std::string line;
  if (!append_line(record, line)) return;  // escaping made it longer than a line may be
  CROSSBOOK_ASSERT(line.find('\n') == line.size() - 1);
  const std::string text = padded(line);
  Record copy;
  CROSSBOOK_ASSERT(parser.parse(std::string_view(text).substr(0, line.size() - 1), copy).has_value());
  CROSSBOOK_ASSERT(same(copy, record));
}

void read_session(const std::string& file) {
  std::vector<Reader> readers;
  readers.emplace_back(sys::memory_source("fuzz", file));
  Session session(std::move(readers));
  std::uint64_t line = 0;
  Steady at(INT64_MIN);
  while (const Arrival* arrival = session.next()) {
    CROSSBOOK_ASSERT(arrival->line > line && arrival->at >= at);
    line = arrival->line;
    at = arrival->at;
    volatile char behind = arrival->payload.data()[arrival->payload.size() + frame_padding - 1];
    static_cast<void>(behind);
    if (arrival->payload.size() < 4096) check_written_again(*arrival);
  }
  for (const ReadError& error : session.errors()) CROSSBOOK_ASSERT(error.line > 0 && !error.reason.empty());
  CROSSBOOK_ASSERT(!session.cut() || session.error_count() > 0);
}

}  // namespace
}  // namespace crossbook::capture

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  crossbook::capture::read_session(crossbook::capture::file_of(input));
  if (size > 1) crossbook::capture::check_line_parsers(input.substr(1, input.find('\n', 1) - 1));
  return 0;
}
