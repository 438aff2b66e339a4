// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/fill_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "crossbook/sys/sha256.hpp"

namespace crossbook::store {
namespace {

std::string lower(std::string_view text) {
  std::string lower(text);
  for (char& byte : lower)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return lower;
}

// Where each of the format's columns stands; nothing where a required one is missing.
std::optional<FillRow> columns_of(const FillFormat& format, const std::vector<std::string>& head) {
  FillRow row;
  for (const FillFormat::Field& field : format.fields) {
    const auto found = std::find(head.begin(), head.end(), field.name);
    if (found != head.end()) row.set_position(field.column, static_cast<std::size_t>(found - head.begin()));
    else if (field.required) return {};
  }
  return row;
}

// As std::to_string writes it, in a third of the time.
std::string six_decimals(double number) {
  std::array<char, std::numeric_limits<double>::max_exponent10 + 16> text{};
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, 6);  // fits: 309 digits
  return {text.data(), written.ptr};
}

std::string known_formats() {
  std::string text;
  for (const FillFormat& format : fill_formats()) {
    text.append(text.empty() ? "" : "; ").append(format.name).append(" (");
    bool first = true;
    for (const FillFormat::Field& field : format.fields) {
      if (!field.required) continue;
      text.append(first ? "" : ",").append(field.name);
      first = false;
    }
    text.push_back(')');
  }
  return text;
}

}  // namespace

const std::vector<FillFormat>& fill_formats() {
  using enum Column;
  static const std::vector<FillFormat> formats = {
      {.name = "executions",
       .fields = {{"ts", time},
                  {"exchange", exchange},
                  {"symbol", symbol},
                  {"order_type", role},
                  {"size_usd", notional},
                  {"actual_fee_bps", fee_bps},
                  {"actual_latency_ms", latency_ms},
                  {"price", price},
                  {"expected_fee_bps", expected_fee_bps, false},
                  {"expected_latency_ms", expected_latency_ms, false},
                  {"side", side, false},
                  {"quantity", quantity, false},
                  {"fee", fee, false},
                  {"fee_currency", fee_currency, false},
                  {"fee_rate", fee_rate, false},
                  {"t_sent", sent, false},
                  {"t_ack", acknowledged, false},
                  {"t_fill", filled, false},
                  {"order_id", order_id, false},
                  {"trade_id", trade_id, false}},
       .parse = parse_execution,
       .says_role = true},
      {.name = "ledger of a recording",
       .fields = {{"order_id", order_id},
                  {"venue", exchange},
                  {"symbol", symbol},
                  {"liquidity", role},
                  {"trade_id", trade_id},
                  {"price", price},
                  {"qty", quantity},
                  {"fee", fee},
                  {"fee_ccy", fee_currency},
                  {"t_sent_ns", sent},
                  {"t_ack_ns", acknowledged},
                  {"t_recv_ns", filled}},
       .parse = parse_ledger,
       .latency_per_order = true,
       .says_role = true},
      {.name = "Binance spot trade history",
       .fields = {{"date(utc)", time},
                  {"pair", symbol},
                  {"side", side},
                  {"price", price},
                  {"executed", quantity},
                  {"amount", notional},
                  {"fee", fee}},
       .parse = parse_binance},
      {.name = "Binance spot trade history, older",
       .fields = {{"date(utc)", time},
                  {"market", symbol},
                  {"type", side},
                  {"price", price},
                  {"amount", quantity},
                  {"total", notional},
                  {"fee", fee},
                  {"fee coin", fee_currency}},
       .parse = parse_binance},
      {.name = "Kraken trades",
       .fields = {{"txid", trade_id},
                  {"ordertxid", order_id},
                  {"pair", symbol},
                  {"time", time},
                  {"type", side},
                  {"ordertype", order_kind},
                  {"price", price},
                  {"cost", notional},
                  {"fee", fee},
                  {"vol", quantity}},
       .parse = parse_kraken},
      {.name = "Coinbase fills",
       .fields = {{"trade id", trade_id},
                  {"product", symbol},
                  {"side", side},
                  {"created at", time},
                  {"size", quantity},
                  {"price", price},
                  {"fee", fee},
                  {"price/fee/total unit", fee_currency}},
       .parse = parse_coinbase},
  };
  return formats;
}

FillFile::FillFile(std::string text, FillFileOptions options)
    : text_(std::make_unique<const std::string>(std::move(text))), options_(std::move(options)), reader_(*text_) {}

sys::Outcome<FillFile> FillFile::read(const std::string& name, std::string text, FillFileOptions options,
                                      const Progress& progress) {
  FillFile file(std::move(text), std::move(options));
  std::vector<std::string_view> fields;
  const auto head_read = file.reader_.next(fields);
  if (!head_read) return sys::fault(name + ":1: " + head_read.error());
  std::vector<std::string> head;
  for (const std::string_view field : fields) head.push_back(lower(field));
  for (const FillFormat& format : fill_formats()) {
    const auto columns = columns_of(format, head);
    if (!columns) continue;
    file.format_ = &format;
    file.columns_ = *columns;
    file.width_ = head.size();
    file.judge(progress);
    return file;
  }
  return sys::fault(
      name + ":1: the first line names the columns of no file that can be imported; these can: " + known_formats());
}

void FillFile::judge(const Progress& progress) {
  std::vector<std::string_view> fields;
  for (std::size_t count = 0;; ++count) {
    const auto more = reader_.next(fields);
    const CsvReader::Place place = reader_.place();
    if (progress && count % 4'096 == 0)
      progress(static_cast<double>(place.offset) / static_cast<double>(text_->size()));
    if (more && !*more) break;
    const auto reject = [&](std::string what) { bad_.push_back({place.line, std::move(what)}); };
    if (!more) {
      reject(more.error());
    } else if (fields.size() != width_) {
      reject(std::to_string(fields.size()) + " fields, and the first line has " + std::to_string(width_));
    } else {
      columns_.set_fields(fields);
      const auto fill = format_->parse(columns_, options_);
      if (fill) rows_.push_back({fill->execution.at, place});
      else reject(fill.error());
    }
  }
  std::sort(rows_.begin(), rows_.end(),
            [](const Row& a, const Row& b) { return a.at != b.at ? a.at < b.at : a.place.offset < b.place.offset; });
}

void FillFile::name_trade(Fill& fill) {
  if (!fill.trade_id.empty()) return;
  const Execution& execution = fill.execution;
  std::string content = fill.exchange + '\n' + fill.symbol + '\n' + fill.order_id;
  for (const std::int64_t number :
       {execution.at.nanos(), static_cast<std::int64_t>(execution.role), execution.notional,
        execution.fee.value_or(MicroBps()).count(), execution.latency.value_or(Nanos()).count(),
        execution.apart ? execution.apart->amount : 0}) {
    content.push_back('\n');
    content += std::to_string(number);
  }
  content.push_back('\n');
  content += six_decimals(fill.price);
  // Time goes first: an index grows faster at its end than everywhere.
  std::string name = "row:" + std::to_string(execution.at.nanos()) + ":";
  name.append(sys::sha256_hex(content), 0, 32).push_back(':');
  // Rows come in order of time: an equal one is of the same time.
  if (std::exchange(named_at_, execution.at) != execution.at) equal_rows_.clear();
  const std::uint32_t number = ++equal_rows_[name];
  fill.trade_id = std::move(name) + std::to_string(number);
}

sys::Status FillFile::each(const std::function<sys::Status(Fill&&)>& each) {
  std::vector<std::string_view> fields;
  std::unordered_set<std::string> orders;
  equal_rows_.clear();
  named_at_ = Wall();
  for (const Row& row : rows_) {
    reader_.seek(row.place);
    if (const auto read = reader_.next(fields); !read) return sys::fault(read.error());
    columns_.set_fields(fields);
    auto fill = format_->parse(columns_, options_);
    if (!fill) return sys::fault(fill.error());
    if (format_->latency_per_order && !orders.insert(fill->exchange + '\n' + fill->order_id).second) {
      fill->execution.latency.reset();
      fill->execution.order_to_ack.reset();
      fill->execution.ack_to_fill.reset();
    }
    name_trade(*fill);
    if (auto status = each(std::move(*fill)); !status) return status;
  }
  return {};
}

}  // namespace crossbook::store
