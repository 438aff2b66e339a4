// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/streams.hpp"

#include <array>

#include "crossbook/venue/json.hpp"
#include "crossbook/venue/stream_rows.hpp"
#include "crossbook/venue/stream_text.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

constexpr std::array table{
    &binance_streams, &binance_us_streams,   &coinbase_streams,     &coinbase_exchange_streams, &kraken_streams,
    &okx_streams,     &bybit_streams,        &bitstamp_streams,     &bitfinex_streams,          &gemini_streams,
    &kucoin_streams,  &gateio_streams,       &bitget_streams,       &cryptocom_streams,         &htx_streams,
    &deribit_streams, &binance_usdm_streams, &bybit_linear_streams, &binance_coinm_streams};

// `pair.quote` is USDT:USDT or USDT:USDT-250926 where a contract is linear, USD:BTC or USD:BTC-250926 where inverse.
std::optional<std::string> raw_contract(const Spelling& spelling, const Pair& pair) {
  const auto settled = split_at(pair.quote, ':');
  if (!settled) return {};
  const std::size_t dash = settled->quote.find('-');
  const std::string_view expiry = dash == std::string::npos ? "" : std::string_view(settled->quote).substr(dash + 1);
  const std::string_view currency = std::string_view(settled->quote).substr(0, dash);
  if (currency != (spelling.contract == Contract::linear ? settled->base : pair.base)) return {};
  std::string raw = spelling.of_contract(pair.base, settled->base, expiry);
  if (raw.empty()) return {};
  return raw;
}

}  // namespace

std::span<const StreamDialect* const> stream_dialects() { return table; }

const StreamDialect* find_streams(std::string_view feed) {
  for (const StreamDialect* row : table)
    if (row->feed == feed) return row;
  return nullptr;
}

std::uint32_t depth_of(const StreamDialect& row, std::uint32_t wish) {
  if (wish == 0 || row.depths_count == 0) return row.depth;
  for (const std::uint32_t depth : std::span(row.depths).first(row.depths_count))
    if (depth == whole_book || depth >= wish) return depth;
  return row.depths[row.depths_count - 1];
}

std::optional<std::string> raw_symbol(const StreamDialect& row, std::string_view unified) {
  const auto pair = split_at(unified, '/');
  if (!pair || pair->base.empty() || pair->quote.empty()) return {};
  const Spelling& spelling = row.spelling;
  if (spelling.contract != Contract::none) return raw_contract(spelling, *pair);
  if (pair->quote.find(':') != std::string::npos) return {};
  const bool is_long = pair->base.size() > 3 || pair->quote.size() > 3;
  std::string raw(spelling.prefix);
  const auto append = [&](std::string_view text) { spelling.lower ? append_lower(raw, text) : void(raw += text); };
  append(pair->base);
  raw += is_long && !spelling.separator_of_long.empty() ? spelling.separator_of_long : spelling.separator;
  append(pair->quote);
  return raw;
}

void Answer::clear() {
  kind = Kind::none;
  id = 0;
  topics.clear();
  complete = false;
  channel = 0;
  text = {};
  reply.clear();
  name.clear();
}

AnswerReader::AnswerReader() : parser_(std::make_unique<Parser>()) {}
AnswerReader::~AnswerReader() = default;

const Answer& AnswerReader::read(const StreamDialect& row, std::string_view padded_frame) {
  answer_.clear();
  if (row.answer != nullptr) row.answer(*parser_, padded_frame, answer_);
  return answer_;
}

Result<std::string> AnswerReader::read_address(const StreamDialect& row, std::string_view padded_body,
                                               std::int64_t connect_id) {
  if (row.token_address == nullptr) return failure(Errc::unknown, "a feed whose address comes by REST");
  return row.token_address(*parser_, padded_body, connect_id);
}

}  // namespace crossbook::venue
