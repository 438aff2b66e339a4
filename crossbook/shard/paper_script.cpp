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
  taking.notional = std::move(notional);
  taking.price_from = PriceFrom::cross;
  taking.offset = MicroBps(-2'000'000);
  script.orders.push_back(taking);
  ScriptOrder touching = taking;
  touching.after = seconds(8);
  touching.type = OrderType::post_only;
  touching.price_from = PriceFrom::touch;
  touching.offset = MicroBps();
  // Where the simulated market of six venues is for a hundredth of the time; half of it it is below 0.05 bps.
  touching.limits.spread_max = MicroBps(200'000);
  touching.limits.data_age_max = seconds(5);
  touching.expires_after = seconds(30);
  script.orders.push_back(touching);
  ScriptOrder waiting = touching;
  waiting.after = seconds(11);
  waiting.every = seconds(20);
  waiting.offset = MicroBps(2'000'000);
  waiting.limits.spread_max = MicroBps(5'000'000);
  script.orders.push_back(waiting);
  return script;
}

}  // namespace crossbook::shard
