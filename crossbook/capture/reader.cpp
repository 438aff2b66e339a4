// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/reader.hpp"

#include <optional>

#include "crossbook/capture/line_parser.hpp"
#include "crossbook/capture/line_source.hpp"
#include "crossbook/capture/tardis_rows.hpp"

namespace crossbook::capture {

struct Reader::State {
  explicit State(std::unique_ptr<sys::Source> source) : lines(std::move(source)) {}

  void note(std::uint64_t line, std::string reason) {
    ++error_count;
    if (errors.size() < errors_kept_max) errors.push_back({lines.stream().name(), line, std::move(reason)});
  }

  // The line as a record, or false with the reason noted.
  bool accept() {
    const auto parsed = parser.parse(lines.text(), record);
    if (parsed) [[likely]]
      return true;
    // The stump of a line where the text breaks off: finish() says why it broke off, once.
    if (!lines.ended() && lines.broken()) return false;
    if (!lines.ended()) cut = true;
    note(lines.number(), lines.ended() ? parsed.error().what : std::string("the file ends in the middle of this line"));
    return false;
  }

  // A first line that is the head of a CSV of tardis.dev: from now on lines are its rows.
  bool is_csv_head() {
    if (lines.number() != 1 || !TardisRows::is_head(lines.text())) return false;
    rows.emplace();
    if (TardisRows::is_known_head(lines.text())) return true;
    note(1, "a CSV of tardis.dev that holds no books: incremental_book_L2 and book_snapshot_N are read");
    refused = true;
    return true;
  }

  // Whether the row made a record whole.
  bool take_row() {
    if (!lines.ended()) {  // a number that was cut would read as another
      cut = true;
      if (!lines.broken()) note(lines.number(), "the file ends in the middle of this line");
      return false;
    }
    const auto whole = rows->take(lines.text(), lines.number());
    if (!whole) note(lines.number(), whole.error().what);
    if (!whole || !*whole) return false;
    rows->fill(record);
    return true;
  }

  bool finish_rows() {
    if (!rows || !rows->finish()) return false;
    rows->fill(record);
    return true;
  }

  void finish() {
    if (finished || !lines.broken()) return;
    finished = true;
    cut = true;
    // The line that could not be completed: the stump itself, or the one that would have followed.
    note(lines.number() + (lines.ended() ? 1 : 0), *lines.broken());
  }

  LineSource lines;
  LineParser parser;
  std::optional<TardisRows> rows;
  bool refused = false;  // nothing of the file can be used
  Record record;
  std::vector<ReadError> errors;
  std::uint64_t error_count = 0;
  bool cut = false;
  bool finished = false;
};

sys::Outcome<Reader> Reader::open(const std::string& path, std::uint32_t file) {
  auto source = sys::open_file(path);
  if (!source) return sys::fault(source.error());
  return Reader(std::move(*source), file);
}

Reader::Reader(std::unique_ptr<sys::Source> source, std::uint32_t file)
    : state_(std::make_unique<State>(std::move(source))) {
  state_->record.file = file;
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

const Record* Reader::next() {
  State& state = *state_;
  for (;;) {
    switch (state.lines.next()) {
      case Found::end: state.finish(); return state.finish_rows() ? &state.record : nullptr;
      case Found::too_long: state.note(state.lines.number(), "the line is longer than 16 MiB"); break;
      case Found::line:
        if (state.refused || state.is_csv_head()) break;
        if (state.rows) {
          if (!state.lines.text().empty() && state.take_row()) return &state.record;
          break;
        }
        if (state.lines.text().empty() || !state.accept()) break;
        state.record.line = state.lines.number();
        return &state.record;
    }
  }
}

const std::vector<ReadError>& Reader::errors() const { return state_->errors; }
std::uint64_t Reader::error_count() const { return state_->error_count; }
bool Reader::cut() const { return state_->cut; }
const std::string& Reader::name() const { return state_->lines.stream().name(); }
std::uint64_t Reader::bytes_total() const { return state_->lines.stream().bytes_total(); }
std::uint64_t Reader::bytes_consumed() const { return state_->lines.stream().bytes_consumed(); }

}  // namespace crossbook::capture
