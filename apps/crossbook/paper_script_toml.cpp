// SPDX-License-Identifier: Apache-2.0
#include "paper_script_toml.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "crossbook/venue/registry.hpp"
#include "mistakes.hpp"
#include "toml_section.hpp"

namespace crossbook::app {
namespace {

constexpr double second = 1e9;
constexpr double millisecond = 1e6;
constexpr double bps_max = 10'000;
constexpr Nanos data_age_usual = seconds(5);

// "touch", "cross", "mid", or a price.
void read_price(Section& section, shard::ScriptOrder& order) {
  const std::string text = section.text("price");
  order.price_from = order.type == OrderType::post_only ? shard::PriceFrom::touch : shard::PriceFrom::cross;
  if (text.empty()) return;
  if (text == "touch") {
    order.price_from = shard::PriceFrom::touch;
  } else if (text == "cross") {
    order.price_from = shard::PriceFrom::cross;
  } else if (text == "mid") {
    order.price_from = shard::PriceFrom::mid;
  } else {
    order.price_from = shard::PriceFrom::given;
    order.price = section.decimal("price");
  }
}

void read_limits(Section& section, shard::ScriptOrder& order) {
  OrderLimits& limits = order.limits;
  limits.spread_max = section.rate("max_spread_bps", 0, bps_max);
  limits.watched = section.word<WatchedSpread>(
      "watch", {{"consolidated", WatchedSpread::consolidated}, {"venue", WatchedSpread::own_venue}}, limits.watched);
  limits.dwell = section.duration("dwell_ms", millisecond).value_or(Nanos());
  limits.age_max = section.duration("max_age", second);
  // 0 switches it off: an order that may rest without data for ever is a decision, not an omission.
  const Nanos data_age = section.duration("max_data_age", second).value_or(data_age_usual);
  if (data_age > Nanos()) limits.data_age_max = data_age;
  order.expires_after = section.duration("expires_after", second);
  order.cancel_after = section.duration("cancel_after", second);
}

void check_venue(Section& section, const toml::node* where, std::string_view name) {
  if (!venue::is_venue(name))
    section.mistake(where, fmt::format("no venue is named '{}'; crossbook venues lists them", name));
}

shard::ScriptOrder read_order(const toml::table& table, const std::string& name, std::vector<std::string>& mistakes) {
  Section section(table, name, mistakes);
  shard::ScriptOrder order;
  order.after = section.duration("at", second).value_or(Nanos());
  order.every = section.duration("every", second);
  order.count = section.whole("count", 1);
  order.symbol = section.text("symbol");
  order.venue = section.text("venue");
  if (!order.venue.empty()) check_venue(section, section.find("venue"), order.venue);
  const toml::node* side = section.find("side");
  if (side == nullptr) section.mistake(nullptr, "side is missing: buy, sell or alternate");
  const int way = section.word<int>("side", {{"buy", 0}, {"sell", 1}, {"alternate", 2}}, 0);
  order.action = way == 1 ? Action::sell : Action::buy;
  order.alternate = way == 2;
  order.type = section.word<OrderType>("type",
                                       {{"limit", OrderType::limit},
                                        {"post_only", OrderType::post_only},
                                        {"ioc", OrderType::immediate_or_cancel},
                                        {"market", OrderType::market}},
                                       OrderType::limit);
  order.size = section.decimal("size");
  order.notional = section.decimal("notional");
  if (order.size.empty() == order.notional.empty())
    section.mistake(nullptr, "give either size (base units) or notional (quote units), as text");
  if (order.count > 1 && (!order.every || *order.every == Nanos())) section.mistake(nullptr, "count needs every > 0");
  read_price(section, order);
  order.offset = section.rate("offset_bps", -bps_max, bps_max).value_or(MicroBps());
  read_limits(section, order);
  section.refuse_others();
  return order;
}

shard::ScriptVenue read_venue(const toml::table& table, const std::string& name, std::vector<std::string>& mistakes) {
  Section section(table, name, mistakes);
  shard::ScriptVenue venue;
  venue.maker = section.rate("maker_fee_bps", -1'000, 1'000);
  venue.taker = section.rate("taker_fee_bps", -1'000, 1'000);
  venue.latency = section.duration("latency_ms", millisecond);
  venue.report_latency = section.duration("report_ms", millisecond);
  section.refuse_others();
  return venue;
}

void read_orders(Section& root, shard::PaperScript& script, std::vector<std::string>& mistakes) {
  const toml::node* orders = root.find("orders");
  const toml::array* list = orders == nullptr ? nullptr : orders->as_array();
  if (list == nullptr || list->empty()) return root.mistake(orders, "no [[orders]]");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string label = fmt::format("orders {}", i + 1);
    if (const toml::table* table = (*list)[i].as_table()) {
      script.orders.push_back(read_order(*table, label, mistakes));
    } else {
      root.mistake(list->get(i), fmt::format("{} must be a table: [[orders]]", label));
    }
  }
}

}  // namespace

sys::Outcome<shard::PaperScript> read_paper_script(const std::string& path) {
  const auto table = read_toml(path);
  if (!table) return sys::fault(table.error());
  shard::PaperScript script;
  std::vector<std::string> mistakes;
  Section root(*table, "script", mistakes);
  script.home = root.text("home");
  script.seed = static_cast<std::uint64_t>(root.whole("seed", 1));
  root.tables("venues", [&](const toml::table& venue, const std::string& name, const std::string& label) {
    check_venue(root, &venue, name);
    script.venues[name] = read_venue(venue, label, mistakes);
  });
  read_orders(root, script, mistakes);
  root.refuse_others();
  if (mistakes.empty()) return script;
  return sys::fault(mistakes_text(path, mistakes));
}

}  // namespace crossbook::app
