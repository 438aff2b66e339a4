// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "crossbook/capture/format.hpp"
#include "crossbook/core/result.hpp"

// One line to one record. Private to this room.
namespace crossbook::capture {

// Two readers of the same grammar: a scan for the keys in their usual order, and simdjson for every line that the scan
// does not take. Buffers are reused from line to line.
class LineParser {
 public:
  LineParser();
  ~LineParser();

  // Fills all of the record but file and line. Its views live until the next call, or as long as the line.
  // Errors: malformed; `what` completes the sentence "line 7: ".
  // REQUIRES: frame_padding readable bytes behind the line.
  Result<void> parse(std::string_view line, Record& record);

  // The two readers on their own, for the test that they agree. The scan says false where it does not take the line.
  [[nodiscard]] bool scan(std::string_view line, Record& record);
  Result<void> parse_any(std::string_view line, Record& record);

 private:
  struct Json;
  struct Fields;
  char* room(std::size_t bytes);  // in payload_, for so many bytes with padding behind them
  Result<void> read_fields(std::string_view line, Fields& fields);
  Result<void> read_payload(std::string_view line, const Fields& fields, Record& record);

  std::vector<char> payload_;
  std::unique_ptr<Json> json_;
};

}  // namespace crossbook::capture
