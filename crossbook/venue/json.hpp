// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only include of simdjson, and what every JSON codec does with it. Private to this room.
#include <simdjson.h>

#include <string_view>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/row_layout.hpp"
#include "crossbook/venue/venue.hpp"

namespace crossbook::venue {

namespace ondemand = simdjson::ondemand;

class Parser {
 public:
  // The frame as a document. REQUIRES: frame_padding readable bytes behind the text.
  simdjson::simdjson_result<ondemand::document> iterate(std::string_view padded) {
    return parser_.iterate(padded.data(), padded.size(), padded.size() + simdjson::SIMDJSON_PADDING);
  }

  ScanScratch scan;  // of the scanner, reused from frame to frame

 private:
  ondemand::parser parser_;
};
static_assert(simdjson::SIMDJSON_PADDING <= 64, "frame_padding must cover what simdjson reads ahead");

// Absent is not broken: NO_SUCH_FIELD is an answer, every other error means malformed.
template <class T>
[[nodiscard]] bool absent(const simdjson::simdjson_result<T>& result) {
  return result.error() == simdjson::NO_SUCH_FIELD;
}

// CROSSBOOK_JSON(name, simdjson expression): names the value or returns malformed.
#define CROSSBOOK_JSON(name, expression, what)                               \
  auto CROSSBOOK_JOIN(name, _json) = (expression);                           \
  if (CROSSBOOK_JOIN(name, _json).error() != simdjson::SUCCESS) [[unlikely]] \
    return ::crossbook::failure(::crossbook::Errc::malformed, what);         \
  auto name = std::move(CROSSBOOK_JOIN(name, _json)).value_unsafe()

// The digits of a number that is sent as a JSON string or as a JSON number, exactly as written.
[[nodiscard]] inline Result<std::string_view> number_text(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
    token.remove_suffix(1);
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') return token.substr(1, token.size() - 2);
  if (token.empty() || token.front() == '"') return failure(Errc::malformed, "a number");
  return token;
}

// Reads one level at the listing's scales and appends it to a side of the batch. A number that does not fit is noted in
// the context (Context::needs) and the level is appended all the same; the codec then ends with fits(context).
// Errors: malformed.
Result<void> append_level(Context&, Listing&, Side, std::string_view price, std::string_view quantity, EventBatch&);
// The same for prices of any sign: Gemini's book has them where prices are relative (and in sessions whose prices a
// recorder moved).
Result<void> append_signed_level(Context&, Listing&, Side, std::string_view price, std::string_view quantity,
                                 EventBatch&);
// The same, and remembers how the digits were written (checksums over text).
Result<void> append_written_level(Context&, Listing&, Side, std::string_view price, std::string_view quantity,
                                  EventBatch&);
Result<Price> read_signed_price(Context&, Listing&, std::string_view text);
// A price, and a trade's quantity. The same rules.
Result<Price> read_price(Context&, Listing&, std::string_view text);
Result<WideQuantity> read_trade_quantity(Context&, Listing&, std::string_view text);

// What decode returns at its end: success, or inexact/overflow where the context has needs.
[[nodiscard]] Result<void> fits(const Context&);

// "1672515782136" or 1672515782136 as a whole number.
[[nodiscard]] Result<std::int64_t> read_integer(std::string_view text);
// RFC 3339 with up to nine digits of fraction, in UTC ("Z"). 1970-01-01T00:00:00Z is a time like any other.
[[nodiscard]] Result<Wall> read_rfc3339(std::string_view text);
[[nodiscard]] constexpr Wall wall_from_milliseconds(std::int64_t ms) { return Wall(ms * 1'000'000); }
[[nodiscard]] constexpr Wall wall_from_microseconds(std::int64_t us) { return Wall(us * 1'000); }

}  // namespace crossbook::venue
