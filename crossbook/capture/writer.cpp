// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/writer.hpp"

#include "crossbook/capture/encoder.hpp"
#include "crossbook/capture/text.hpp"

namespace crossbook::capture {
namespace {

// Enough that a write is a rare call, and little to lose.
constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

void append_key(std::string_view key, std::string& to) {
  to += ",\"";
  to += key;
  to += "\":";
}

void append_text(std::string_view key, std::string_view text, std::string& to) {
  append_key(key, to);
  append_escaped(text, to);
}

void append_payload(const Record& record, std::string& to) {
  if (!needs_payload(record.dir) && record.payload.empty()) return;
  if (is_utf8(record.payload)) return append_text("raw", record.payload, to);
  append_key("raw_b64", to);
  to += '"';
  append_base64(record.payload, to);
  to += '"';
}

void append_object(const Record& record, std::string& to) {
  to += "{\"t\":";
  to += std::to_string(record.t.nanos());
  append_text("venue", record.feed, to);
  append_text("conn", record.conn, to);
  append_text("dir", to_string(record.dir), to);
  if (!record.url.empty()) append_text("url", record.url, to);
  if (record.t_mono) {
    append_key("t_mono", to);
    to += std::to_string(record.t_mono->nanos());
  }
  append_payload(record, to);
  to += '}';
}

sys::Status check_names(const Record& record) {
  if (!is_utf8(record.feed)) return sys::fault("a record's venue is not UTF-8");
  if (!is_utf8(record.conn)) return sys::fault("a record's conn is not UTF-8");
  if (!is_utf8(record.url)) return sys::fault("a record's url is not UTF-8");
  return {};
}

}  // namespace

Compression compression_of(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::gzip;
  if (path.ends_with(".zst")) return Compression::zstd;
  return Compression::none;
}

sys::Status append_line(const Record& record, std::string& to) {
  const std::size_t start = to.size();
  if (record.dir == Direction::norm) {
    if (record.payload.find_first_of("\r\n") != std::string_view::npos || !record.payload.starts_with('{'))
      return sys::fault("a norm record's payload is not one line with a JSON object");
    to += record.payload;
  } else {
    if (auto named = check_names(record); !named) return named;
    append_object(record, to);
  }
  if (to.size() - start > line_bytes_max) {
    to.resize(start);
    return sys::fault("a record makes a line of more than 16 MiB");
  }
  to += '\n';
  return {};
}

struct Writer::State {
  State(std::unique_ptr<sys::Sink> to, Compression compression)
      : sink(std::move(to)), encoder(make_encoder(compression)) {}

  // What was buffered goes through the encoder to the sink.
  sys::Status drain(Flush flush) {
    if (!failed.empty()) return sys::fault(failed);
    encoder->encode(text, flush, encoded);
    text_bytes += text.size();
    text.clear();
    auto written = keep(sink->write(encoded));
    if (written) file_bytes += encoded.size();
    encoded.clear();
    return written;
  }

  sys::Status keep(sys::Status status) {
    if (!status && failed.empty()) failed = status.error();
    return status;
  }

  std::unique_ptr<sys::Sink> sink;
  std::unique_ptr<Encoder> encoder;
  std::string text;     // lines not yet encoded
  std::string encoded;  // reused
  std::string failed;   // the first error of the file, or that it is closed
  std::uint64_t text_bytes = 0;
  std::uint64_t file_bytes = 0;
};

sys::Outcome<Writer> Writer::create(const std::string& path) {
  auto sink = sys::create_file(path);
  if (!sink) return sys::fault(sink.error());
  return Writer(std::move(*sink), compression_of(path));
}

Writer::Writer(std::unique_ptr<sys::Sink> sink, Compression compression)
    : state_(std::make_unique<State>(std::move(sink), compression)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

sys::Status Writer::write(const Record& record) {
  if (!state_->failed.empty()) return sys::fault(state_->failed);
  if (auto appended = append_line(record, state_->text); !appended) return appended;
  if (state_->text.size() < buffer_bytes) return {};
  return state_->drain(Flush::none);
}

sys::Status Writer::sync() {
  if (auto drained = state_->drain(Flush::sync); !drained) return drained;
  return state_->keep(state_->sink->sync());
}

sys::Status Writer::close() {
  if (auto drained = state_->drain(Flush::end); !drained) return drained;
  auto closed = state_->keep(state_->sink->close());
  if (closed) state_->failed = state_->sink->name() + ": is closed already";
  return closed;
}

std::uint64_t Writer::text_bytes() const { return state_->text_bytes; }
std::uint64_t Writer::file_bytes() const { return state_->file_bytes; }

}  // namespace crossbook::capture
