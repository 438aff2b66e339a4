// SPDX-License-Identifier: Apache-2.0
#include "house.hpp"

#include <map>

#include "crossbook/core/decimal.hpp"

namespace crossbook::sim {
namespace {

void put_rows(std::string& text, const char* key, const std::map<std::int64_t, std::int64_t>& rows) {
  text += std::string(",\"") + key + "\":[";
  bool first = true;
  for (const auto& [price, quantity] : rows) {
    text += std::string(first ? "" : ",") + "[\"" + format_decimal(price, house_price_scale) + "\",\"" +
            std::to_string(quantity) + "\"]";
    first = false;
  }
  text += "]";
}

}  // namespace

// Half a spread of 0.5 to 30 bps; in one book of sixteen the sides are crossed, a side is empty, or all of it stands
// 3 % away.
void House::redraw(std::int64_t fair) {
  const std::int64_t half = fair * random_.between(50, 3'000) / 1'000'000;
  const std::int64_t mood = random_.below(48);
  const std::int64_t mid = mood == 0 ? fair * 103 / 100 : fair;
  for (const Side side : {Side::bid, Side::ask}) {
    std::vector<Row>& rows = others_[side == Side::bid ? 0 : 1];
    rows.clear();
    if (mood == (side == Side::bid ? 1 : 2)) continue;
    const std::int64_t away = side == Side::bid ? -1 : 1;
    std::int64_t price = mood == 3 ? mid - away * half : mid + away * half;
    for (std::int64_t levels = random_.between(1, 4); levels > 0; --levels) {
      rows.push_back({price, random_.between(1, 9)});
      price += away * random_.between(1, half / 2 + 1);
    }
  }
}

std::string House::turn(std::int64_t fair, const std::vector<ShownOrder>& ours) {
  if (others_[0].empty() || others_[1].empty() || random_.one_in(2)) redraw(fair);
  ours_ = ours;
  std::array<std::map<std::int64_t, std::int64_t>, 2> shown;
  for (const Side side : {Side::bid, Side::ask})
    for (const Row& row : others(side)) shown[side == Side::bid ? 0 : 1][row.price] += row.quantity;
  for (const ShownOrder& order : ours) shown[order.side == Side::bid ? 0 : 1][order.price] += order.quantity;
  std::string text = R"({"kind":"book","symbol":")" + std::string(house_symbol) + R"(","ts_ms":null)";
  put_rows(text, "bids", shown[0]);
  put_rows(text, "asks", shown[1]);
  return text + "}";
}

}  // namespace crossbook::sim
