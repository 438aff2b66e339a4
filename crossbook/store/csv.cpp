// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/csv.hpp"

namespace crossbook::store {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) next_.offset = 3;
}

// Passes LF or CR LF.
bool CsvReader::skip_line_end() {
  const std::string_view rest = text_.substr(next_.offset);
  const std::size_t size = rest.starts_with("\r\n") ? 2 : rest.starts_with('\n') ? 1 : 0;
  next_.offset += size;
  if (size > 0) ++next_.line;
  return size > 0;
}

void CsvReader::skip_line() {
  const std::size_t end = text_.find('\n', next_.offset);
  next_.offset = end == std::string_view::npos ? text_.size() : end + 1;
  ++next_.line;
}

std::string_view CsvReader::plain_field() {
  const std::size_t begin = next_.offset;
  std::size_t end = text_.find_first_of(",\n\"", begin);
  if (end == std::string_view::npos) end = text_.size();
  next_.offset = end;
  if (end > begin && text_[end - 1] == '\r' && end < text_.size() && text_[end] == '\n') --next_.offset;
  return text_.substr(begin, next_.offset - begin);
}

sys::Outcome<std::string_view> CsvReader::quoted_field() {
  const std::size_t begin = next_.offset + 1;
  std::size_t end = begin;
  bool doubled = false;
  for (;;) {
    end = text_.find('"', end);
    if (end == std::string_view::npos) return sys::fault("a quoted field does not end");
    if (end + 1 >= text_.size() || text_[end + 1] != '"') break;
    doubled = true;
    end += 2;
  }
  const std::string_view inside = text_.substr(begin, end - begin);
  for (const char byte : inside) next_.line += byte == '\n' ? 1U : 0U;
  next_.offset = end + 1;
  if (!doubled) return inside;
  if (unquoted_used_ == unquoted_.size()) unquoted_.emplace_back();
  std::string& single = unquoted_[unquoted_used_++];
  single.clear();
  for (std::size_t i = 0; i < inside.size(); ++i) {
    single.push_back(inside[i]);
    if (inside[i] == '"') ++i;
  }
  return std::string_view(single);
}

sys::Outcome<bool> CsvReader::next(std::vector<std::string_view>& fields) {
  fields.clear();
  unquoted_used_ = 0;
  while (skip_line_end()) {
  }
  row_ = next_;
  if (next_.offset >= text_.size()) return false;
  for (;;) {
    const bool quoted = next_.offset < text_.size() && text_[next_.offset] == '"';
    if (quoted) {
      auto field = quoted_field();
      if (!field) {
        next_ = row_;
        skip_line();
        return sys::fault(field.error());
      }
      fields.push_back(*field);
    } else {
      fields.push_back(plain_field());
    }
    if (next_.offset >= text_.size() || skip_line_end()) return true;
    if (text_[next_.offset] != ',') {
      skip_line();
      return sys::fault(quoted ? "text after a closing quote" : "a quote inside a field that does not begin with one");
    }
    ++next_.offset;
  }
}

}  // namespace crossbook::store
