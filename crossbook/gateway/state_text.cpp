// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/state_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "crossbook/core/decimal.hpp"

namespace crossbook::gateway {
namespace {

constexpr std::string_view blanks = " \n";

}  // namespace

StateWriter& StateWriter::line(std::string_view name) {
  if (!text_.empty()) text_ += '\n';
  text_ += name;
  return *this;
}

StateWriter& StateWriter::put(Wide number) {
  std::array<char, decimal_text_max> buffer{};
  text_ += ' ';
  text_ += format_decimal(buffer, number, 0);
  return *this;
}

std::string StateWriter::finish() {
  text_ += '\n';
  return std::exchange(text_, {});
}

std::string_view StateReader::word() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
  const std::string_view word = rest_.substr(0, rest_.find_first_of(blanks));
  rest_.remove_prefix(word.size());
  return word;
}

void StateReader::line(std::string_view name) { fail_unless(word() == name); }

Wide StateReader::wide(Wide least, Wide most) {
  const Result<Wide> number = parse_decimal_wide(word(), 0);
  fail_unless(number && *number >= least && *number <= most);
  return failed_ ? least : *number;
}

std::size_t StateReader::size() { return static_cast<std::size_t>(wide(0, static_cast<Wide>(rest_.size() / 2))); }

bool StateReader::whole() { return !failed_ && word().empty(); }

}  // namespace crossbook::gateway
