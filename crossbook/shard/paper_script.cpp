// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_script.hpp"

#include <limits>

namespace crossbook::shard {

PaperScript example_flow(std::string notional) {
  constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();
  PaperScript script;
  script.home = first_home;
  ScriptOrder taking;
  taking.after = seconds(5);
  taking.every = seconds(10);
  taking.count = for_ever;
  taking.alternate = true;
  taking.type = OrderType::immediate_or_cancel;
  taking.notional = notional;
  taking.price_from = PriceFrom::cross;
  taking.offset = MicroBps(-2'000'000);
  script.orders.push_back(taking);
  ScriptOrder resting = taking;
  resting.after = seconds(8);
  resting.type = OrderType::post_only;
  resting.notional = std::move(notional);
  resting.price_from = PriceFrom::touch;
  resting.offset = MicroBps();
  resting.limits.spread_max = MicroBps(5'000'000);
  resting.limits.data_age_max = seconds(5);
  resting.expires_after = seconds(30);
  script.orders.push_back(std::move(resting));
  return script;
}

}  // namespace crossbook::shard
