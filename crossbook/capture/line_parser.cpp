// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/line_parser.hpp"

#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "crossbook/capture/text.hpp"
#include "crossbook/core/input.hpp"

namespace crossbook::capture {
namespace {

namespace dom = simdjson::dom;

static_assert(simdjson::SIMDJSON_PADDING <= frame_padding, "simdjson reads ahead of a line");

// Walks the usual form of a line, key by key.
class Scan {
 public:
  explicit Scan(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  bool take(std::string_view literal) {
    if (static_cast<std::size_t>(end_ - at_) < literal.size()) return false;
    if (std::memcmp(at_, literal.data(), literal.size()) != 0) return false;
    at_ += literal.size();
    return true;
  }

  // A whole number as JSON writes it: no leading zero, no fraction, no exponent.
  bool number(std::int64_t& value) {
    const char* const digits = at_ < end_ && *at_ == '-' ? at_ + 1 : at_;
    if (digits == end_ || (*digits == '0' && digits + 1 < end_ && digits[1] >= '0' && digits[1] <= '9')) return false;
    const auto [rest, error] = std::from_chars(at_, end_, value);
    if (error != std::errc()) return false;
    at_ = rest;
    return true;
  }

  // Up to the closing quote. Only plain ASCII: no escape, so that the text is its own meaning.
  bool name(std::string_view& text) {
    const char* const from = at_;
    for (; at_ < end_; ++at_) {
      const char c = *at_;
      if (c == '"') {
        text = std::string_view(from, static_cast<std::size_t>(at_ - from));
        ++at_;
        return true;
      }
      if (c < 0x20 || c == '\\') return false;  // beyond ASCII is negative
    }
    return false;
  }

  bool ascii_text(char* to, std::string_view& text) {
    const auto read = unescape(at_, end_, to);
    if (!read || !read->ascii) return false;
    at_ = read->rest;
    text = std::string_view(to, static_cast<std::size_t>(read->end - to));
    return true;
  }

  [[nodiscard]] bool done() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

// simdjson says so of lone surrogates and of bytes that are not UTF-8 too.
constexpr auto not_json = "it is not a JSON object";

// A key's value, or absent. Errors: malformed where the value is not the kind that is asked for.
template <class T>
Result<std::optional<T>> member(const dom::object& object, std::string_view key, const char* what) {
  const auto element = object.at_key(key);
  if (element.error() == simdjson::NO_SUCH_FIELD) return std::optional<T>();
  T value;
  if (element.get(value) != simdjson::SUCCESS) return failure(Errc::malformed, what);
  return std::optional<T>(value);
}

}  // namespace

struct LineParser::Json {
  dom::parser parser;
};

struct LineParser::Fields {
  std::optional<std::int64_t> t;
  std::optional<std::int64_t> t_mono;
  std::optional<std::string_view> venue, conn, dir, url, raw, raw_b64;
};

LineParser::LineParser() : json_(std::make_unique<Json>()) {}
LineParser::~LineParser() = default;

char* LineParser::room(std::size_t bytes) {
  if (payload_.size() < bytes + frame_padding) payload_.resize((bytes + frame_padding) * 3 / 2);
  return payload_.data();
}

bool LineParser::scan(std::string_view line, Record& record) {
  Scan scan(line);
  std::int64_t t = 0;
  if (!scan.take(R"({"t":)") || !scan.number(t)) return false;
  std::int64_t t_orig = 0;
  if (scan.take(R"(,"t_orig":)") && !scan.number(t_orig)) return false;
  std::string_view dir_name;
  if (!scan.take(R"(,"venue":")") || !scan.name(record.feed)) return false;
  if (!scan.take(R"(,"conn":")") || !scan.name(record.conn)) return false;
  if (!scan.take(R"(,"dir":")") || !scan.name(dir_name)) return false;
  const auto dir = direction_named(dir_name);
  if (!dir || *dir == Direction::norm) return false;
  record.t = Wall(t);
  record.dir = *dir;
  record.url = {};
  if (scan.take(R"(,"url":")") && !scan.name(record.url)) return false;
  record.t_mono.reset();
  if (std::int64_t t_mono = 0; scan.take(R"(,"t_mono":)")) {
    if (!scan.number(t_mono)) return false;
    record.t_mono = Steady(t_mono);
  }
  record.payload = std::string_view(room(line.size()), 0);
  if (scan.take(R"(,"raw":")")) {
    if (!scan.ascii_text(payload_.data(), record.payload)) return false;
  } else if (needs_payload(*dir)) {
    return false;
  }
  return scan.take("}") && scan.done();
}

Result<void> LineParser::read_fields(std::string_view line, Fields& fields) {
  dom::object object;
  if (json_->parser.parse(line.data(), line.size(), false).get(object) != simdjson::SUCCESS)
    return failure(Errc::malformed, not_json);
  CROSSBOOK_TRY(t, member<std::int64_t>(object, "t", "t is not a whole number of nanoseconds"));
  CROSSBOOK_TRY(t_mono, member<std::int64_t>(object, "t_mono", "t_mono is not a whole number of nanoseconds"));
  CROSSBOOK_TRY(venue, member<std::string_view>(object, "venue", "venue is not a string"));
  CROSSBOOK_TRY(conn, member<std::string_view>(object, "conn", "conn is not a string"));
  CROSSBOOK_TRY(dir, member<std::string_view>(object, "dir", "dir is not a string"));
  CROSSBOOK_TRY(url, member<std::string_view>(object, "url", "url is not a string"));
  CROSSBOOK_TRY(raw, member<std::string_view>(object, "raw", "raw is not a string"));
  CROSSBOOK_TRY(raw_b64, member<std::string_view>(object, "raw_b64", "raw_b64 is not a string"));
  fields = {t, t_mono, venue, conn, dir, url, raw, raw_b64};
  return {};
}

Result<void> LineParser::read_payload(std::string_view line, const Fields& fields, Record& record) {
  if (record.dir == Direction::norm) {
    record.payload = line;
    return {};
  }
  if (fields.raw && fields.raw_b64) return failure(Errc::malformed, "it has both raw and raw_b64");
  char* const to = room(line.size());
  record.payload = std::string_view(to, 0);
  if (fields.raw) {
    std::memcpy(to, fields.raw->data(), fields.raw->size());
    record.payload = std::string_view(to, fields.raw->size());
  } else if (fields.raw_b64) {
    const auto size = decode_base64(*fields.raw_b64, to);
    if (!size) return failure(Errc::malformed, "raw_b64 is not base64");
    record.payload = std::string_view(to, *size);
  } else if (needs_payload(record.dir)) {
    return failure(Errc::malformed, "neither raw nor raw_b64 is there");
  }
  return {};
}

Result<void> LineParser::parse_any(std::string_view line, Record& record) {
  Fields fields;
  CROSSBOOK_CHECKED(read_fields(line, fields));
  if (!fields.t) return failure(Errc::malformed, "t is missing");
  if (!fields.venue) return failure(Errc::malformed, "venue is missing");
  if (!fields.conn) return failure(Errc::malformed, "conn is missing");
  if (!fields.dir) return failure(Errc::malformed, "dir is missing");
  const auto dir = direction_named(*fields.dir);
  if (!dir) return failure(Errc::malformed, "dir is none of open, out, in, http, norm, close");
  record.t = Wall(*fields.t);
  record.t_mono = fields.t_mono ? std::optional(Steady(*fields.t_mono)) : std::nullopt;
  record.feed = *fields.venue;
  record.conn = *fields.conn;
  record.dir = *dir;
  record.url = fields.url.value_or(std::string_view());
  return read_payload(line, fields, record);
}

Result<void> LineParser::parse(std::string_view line, Record& record) {
  if (scan(line, record)) [[likely]]
    return {};
  return parse_any(line, record);
}

}  // namespace crossbook::capture
