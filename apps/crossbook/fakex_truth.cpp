// SPDX-License-Identifier: Apache-2.0
#include "fakex_truth.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "crossbook/core/crc32.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook::app {
namespace {

constexpr std::size_t levels_written = 10;
constexpr std::size_t buffer_bytes = std::size_t{1} << 18;

std::string rows(const market::Truth& truth, const std::vector<Level>& levels) {
  std::string out;
  for (std::size_t i = 0; i < std::min(levels.size(), levels_written); ++i)
    out +=
        fmt::format(R"({}["{}","{}"])", i == 0 ? "" : ",", format_decimal(levels[i].price.count(), truth.price_scale),
                    format_decimal(levels[i].quantity.count(), truth.quantity_scale));
  return out;
}

}  // namespace

std::string truth_text(const market::Truth& truth) {
  std::string out;
  const auto append = [&](const std::vector<Level>& levels) {
    for (const Level& level : levels) {
      if (&level != levels.data()) out.push_back(',');
      out += format_decimal(level.price.count(), truth.price_scale);
      out.push_back(':');
      out += format_decimal(level.quantity.count(), truth.quantity_scale);
    }
  };
  append(truth.bids);
  out.push_back('|');
  append(truth.asks);
  return out;
}

sys::Outcome<std::unique_ptr<TruthWriter>> TruthWriter::create(const std::string& path) {
  auto sink = sys::create_file(path);
  if (!sink) return sys::fault(sink.error());
  return std::unique_ptr<TruthWriter>(new TruthWriter(std::move(*sink)));
}

void TruthWriter::write(std::string_view feed, const market::Truth& truth) {
  buffer_ += fmt::format(
      R"({{"t":{},"venue":"{}","symbol":"{}","raw_symbol":"{}","depth":{},"sequence":{},"levels":[{},{}],"crc32":{},)"
      R"("bids":[{}],"asks":[{}]}})",
      truth.at.nanos(), feed, truth.symbol, truth.raw_symbol, truth.depth, truth.sequence, truth.bids.size(),
      truth.asks.size(), Crc32().update(truth_text(truth)).value(), rows(truth, truth.bids), rows(truth, truth.asks));
  buffer_.push_back('\n');
  if (buffer_.size() >= buffer_bytes) flush();
}

void TruthWriter::flush() {
  if (const auto done = sink_->write(buffer_); !done && error_.empty()) error_ = done.error();
  buffer_.clear();
}

sys::Status TruthWriter::close() {
  flush();
  if (const auto done = sink_->close(); !done && error_.empty()) error_ = done.error();
  if (!error_.empty()) return sys::fault(error_);
  return {};
}

}  // namespace crossbook::app
