// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

namespace crossbook {

// What went wrong, named for what to do next.
enum class Errc : std::uint8_t {
  malformed,  // not the bytes that the venue documents: the book it names is not to be trusted
  unknown,    // a message kind, channel or symbol that we do not hold: count it and go on
  inexact,    // finer than the listing's scale: rescale and decode again
  overflow,   // beyond 63 bits at the listing's scale: widen and decode again
};

// A code, where in the text, and a literal that says what was expected. Allocates nothing.
struct Error {
  Errc code = Errc::malformed;
  std::uint32_t offset = 0;  // bytes from the start of the text that was read
  const char* what = "";     // a literal: lives for ever

  friend constexpr bool operator==(const Error& a, const Error& b) { return a.code == b.code && a.offset == b.offset; }
};

[[nodiscard]] constexpr const char* to_string(Errc code) {
  switch (code) {
    case Errc::malformed: return "malformed";
    case Errc::unknown: return "unknown";
    case Errc::inexact: return "inexact";
    case Errc::overflow: return "overflow";
  }
  return "?";
}

// A value or an Error. A class of our own because a discarded std::expected draws no warning.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

[[nodiscard]] constexpr std::unexpected<Error> failure(Errc code, const char* what, std::uint32_t offset = 0) {
  return std::unexpected<Error>(Error{code, offset, what});
}

}  // namespace crossbook

#define CROSSBOOK_JOIN_(a, b) a##b
#define CROSSBOOK_JOIN(a, b) CROSSBOOK_JOIN_(a, b)

// CROSSBOOK_TRY(name, expression): names the value, or returns the error from the enclosing function.
#define CROSSBOOK_TRY(name, expression)                                                \
  auto CROSSBOOK_JOIN(name, _result) = (expression);                                   \
  if (!CROSSBOOK_JOIN(name, _result)) [[unlikely]]                                     \
    return std::unexpected<::crossbook::Error>(CROSSBOOK_JOIN(name, _result).error()); \
  auto&& name = *CROSSBOOK_JOIN(name, _result)

// CROSSBOOK_CHECKED(expression): the same where there is no value to name.
#define CROSSBOOK_CHECKED(expression)                               \
  do {                                                              \
    if (auto checked_ = (expression); !checked_) [[unlikely]]       \
      return std::unexpected<::crossbook::Error>(checked_.error()); \
  } while (false)
