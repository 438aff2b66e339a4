// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/tardis_rows.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "crossbook/core/input.hpp"

namespace crossbook::capture {
namespace {

constexpr std::string_view head = "exchange,symbol,timestamp,local_timestamp,";
constexpr std::string_view updates_head = "is_snapshot,side,price,amount";
constexpr std::string_view snapshots_head = "asks[0].price,asks[0].amount,bids[0].price,bids[0].amount";
// Of an int64 in nanoseconds.
constexpr std::int64_t microseconds_max = 9'223'372'036'854'775;

std::string_view take_field(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view field = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return field;
}

}  // namespace

bool TardisRows::is_head(std::string_view line) { return line.starts_with(head); }

bool TardisRows::is_known_head(std::string_view line) {
  const std::string_view columns = line.substr(head.size());
  return columns == updates_head || columns.starts_with(snapshots_head);
}

Result<TardisRows::Key> TardisRows::key_of(std::string_view line, bool& single) {
  Key key;
  key.exchange = take_field(line);
  key.symbol = take_field(line);
  (void)take_field(line);  // the exchange's own time
  const std::string_view arrived = take_field(line);
  const auto read = std::from_chars(arrived.data(), arrived.data() + arrived.size(), key.arrived_us);
  if (read.ec != std::errc() || read.ptr != arrived.data() + arrived.size() || key.arrived_us < 0 ||
      key.arrived_us > microseconds_max || key.exchange.empty() || key.symbol.empty())
    return failure(Errc::malformed, "a row of tardis.dev: exchange,symbol,timestamp,local_timestamp,...");
  const std::string_view flag = take_field(line);
  key.snapshot = flag == "true";
  single = !key.snapshot && flag != "false";
  return key;
}

Result<bool> TardisRows::take(std::string_view line, std::uint64_t number) {
  bool single = false;
  CROSSBOOK_TRY(key, key_of(line, single));
  const bool same = rows_ > 0 && !single && key == waiting_.key && waiting_.text.size() < line_bytes_max;
  if (same) {
    waiting_.text.push_back('\n');
    waiting_.text.append(line);
    waiting_.key.arrived_us = key.arrived_us;
    ++rows_;
    return false;
  }
  const bool whole = rows_ > 0;
  if (whole) hand_over();
  waiting_.key = std::move(key);
  waiting_.text.assign(line);
  waiting_.first_line = number;
  rows_ = 1;
  return whole;
}

bool TardisRows::finish() {
  if (rows_ == 0) return false;
  hand_over();
  rows_ = 0;
  return true;
}

void TardisRows::hand_over() {
  std::swap(waiting_, whole_);
  length_ = whole_.text.size();
  whole_.text.append(frame_padding, '\0');
  feed_.assign("tardis-").append(whole_.key.exchange);
}

void TardisRows::fill(Record& record) const {
  record.t = Wall(whole_.key.arrived_us * 1'000);
  record.t_mono.reset();
  record.feed = feed_;
  record.conn = whole_.key.symbol;
  record.dir = Direction::norm;
  record.url = {};
  record.payload = std::string_view(whole_.text).substr(0, length_);
  record.line = whole_.first_line;
}

}  // namespace crossbook::capture
