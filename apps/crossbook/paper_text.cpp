// SPDX-License-Identifier: Apache-2.0
#include "paper_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "book_text.hpp"
#include "calibrate_text.hpp"
#include "crossbook/core/decimal.hpp"
#include "tca_report.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array all_states{OrderState::filled,   OrderState::cancelled, OrderState::expired,
                                OrderState::rejected, OrderState::unknown,   OrderState::pending,
                                OrderState::active,   OrderState::cancelling};

std::string price_text(const OrderTerms& terms, Price price) {
  return format_decimal(price.count(), terms.price_scale);
}
std::string quantity_text(const OrderTerms& terms, Quantity quantity) {
  return format_decimal(quantity.count(), terms.quantity_scale);
}
std::string milliseconds_text(Nanos time) { return fmt::format("{:.1f} ms", static_cast<double>(time.count()) / 1e6); }
std::string bps_text(MicroBps rate) { return fmt::format("{:.2f} bps", static_cast<double>(rate.count()) / 1e6); }
std::uint64_t number(OrderId order) { return static_cast<std::uint64_t>(order); }

std::string quantile_text(const Sketch& sketch, PerMille share) {
  const auto value = sketch.quantile(share);
  return value ? milliseconds_text(Nanos(*value)) : "-";
}

Json sketch_json(const Sketch& sketch) {
  const auto ms = [&](PerMille share) -> Json {
    const auto value = sketch.quantile(share);
    return value ? Json(static_cast<double>(*value) / 1e6) : Json(nullptr);
  };
  return {{"n", sketch.count()}, {"p50_ms", ms(500)}, {"p95_ms", ms(950)}, {"p99_ms", ms(990)}, {"max_ms", ms(1000)}};
}

template <class Counts>
Json counts_json(const Counts& counts) {
  Json json = Json::object();
  for (const auto& [reason, count] : counts) json[to_string(reason)] = count;
  return json;
}

template <class Counts>
std::string counts_text(const Counts& counts) {
  std::string text;
  for (const auto& [reason, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(reason));
  return text.empty() ? "none" : text;
}

}  // namespace

// -- steps -----------------------------------------------------------------------------------------------------------

void PaperPrinter::line(Wall wall, OrderId order, const std::string& text) const {
  show_(fmt::format("{} #{:<4} {}", utc_text(wall), number(order), text));
}

void PaperPrinter::on_decided(const shard::TrackedOrder& order, const shard::MadeOrder& made, Wall wall) {
  const OrderTerms& terms = order.terms;
  std::string cost;
  if (made.average && terms.type != OrderType::post_only)
    cost = fmt::format("; expected {:.{}f} a unit, {:.{}f} all-in{}", *made.average, terms.price_scale,
                       *made.all_in_average, terms.price_scale, made.complete ? "" : " (not all of it is displayed)");
  line(wall, order.id,
       fmt::format("{} {} {} {} at {} on {}, best of {}: fee {}, waiting {}{}", to_string(terms.action),
                   to_string(terms.type), quantity_text(terms, terms.quantity), order.symbol,
                   terms.type == OrderType::market ? "market" : price_text(terms, terms.price), order.venue,
                   made.compared, bps_text(made.fee), bps_text(made.waiting), cost));
}

void PaperPrinter::on_unmade(const shard::ScriptOrder& wish, shard::Unmade why, Wall wall) {
  show_(fmt::format("{} -     no order of {}: {}", utc_text(wall),
                    wish.size.empty() ? wish.notional + " quote" : wish.size + " base", shard::to_string(why)));
}

void PaperPrinter::on_cancel(const shard::TrackedOrder& order, const CancelOrder& cancel, Wall wall) {
  line(wall, order.id,
       fmt::format("cancel: {}{}", to_string(cancel.reason),
                   cancel.attempt > 1 ? fmt::format(", attempt {}", cancel.attempt) : ""));
}

void PaperPrinter::on_change(const shard::TrackedOrder& order, const OrderChange& change, Wall wall) {
  if (change.fill) {
    const OrderFill& fill = *change.fill;
    const int value_scale = order.terms.price_scale + order.terms.quantity_scale;
    line(wall, order.id,
         fmt::format("fill {} at {} as {}, fee {} ({}); {} of {} done", quantity_text(order.terms, fill.quantity),
                     price_text(order.terms, fill.price), to_string(fill.role), format_decimal(fill.fee, value_scale),
                     bps_text(fill.fee_rate), quantity_text(order.terms, change.filled),
                     quantity_text(order.terms, order.terms.quantity)));
  }
  // That it is being cancelled was said when the cancel left.
  const bool found = order.restored && change.from == OrderState::unknown;
  if (change.from == change.to || (change.to == OrderState::cancelling && !found)) return;
  line(wall, order.id,
       fmt::format("{}{}{}", found ? fmt::format("restored, {}: ", ended(change.to) ? "had ended" : "adopted") : "",
                   to_string(change.to),
                   change.reason == OrderReason::ok ? "" : fmt::format(": {}", to_string(change.reason))));
}

void PaperPrinter::on_alarm(const OrderAlarm& alarm, Wall wall) {
  line(wall, alarm.order, fmt::format("ALARM {}", to_string(alarm.kind)));
}

// -- the report ------------------------------------------------------------------------------------------------------

std::string paper_line(const shard::PaperLoop& loop) {
  const shard::PaperAccount& account = loop.account();
  return fmt::format("paper orders: {} live, {} filled, {} cancelled, {} rejected", loop.live(),
                     account.in(OrderState::filled), account.in(OrderState::cancelled),
                     account.in(OrderState::rejected));
}

std::string paper_text(shard::PaperLoop& loop) {
  const shard::PaperAccount& account = loop.account();
  std::string text = fmt::format("\npaper orders: {} wished", account.wishes);
  if (account.restored > 0)
    text += fmt::format(", {} restored ({} adopted, {} had ended)", account.restored, account.adopted,
                        account.restored_gone);
  if (account.strangers > 0)
    text += fmt::format(", {} found at an exchange and unknown here ({} cancelled)", account.strangers,
                        account.strangers_gone);
  for (const OrderState state : all_states)
    if (account.in(state) > 0) text += fmt::format(", {} {}", account.in(state), to_string(state));
  text += fmt::format("\n  never became an order: {}\n  rejected: {}\n  cancelled because: {}\n  alarms: {}\n",
                      counts_text(account.unmade), counts_text(account.refused), counts_text(account.cancels),
                      counts_text(account.alarms));
  text += fmt::format("  sent to acknowledged: p50 {}, p99 {} ({}); cancel decided to gone: p50 {}, p99 {} ({})\n",
                      quantile_text(account.acknowledged, 500), quantile_text(account.acknowledged, 990),
                      account.acknowledged.count(), quantile_text(account.gone, 500), quantile_text(account.gone, 990),
                      account.gone.count());
  for (const auto& [venue, counts] : account.venues)
    text += fmt::format("  {:<18} {} sent, {} fills ({} as maker)\n", venue, counts.orders, counts.fills,
                        counts.maker_fills);
  text += fmt::format("  digest of {} effects: {}\n", loop.digest().effects(), loop.digest().hex());
  text += fmt::format("\nlearned\n{}", calibrations_text(loop.calibrator()));
  const auto reports = tca::report(loop.performance());
  if (!reports.empty()) text += fmt::format("\n{}", tca_text(reports));
  return text;
}

Json states_json(const shard::PaperAccount& account) {
  Json states = Json::object();
  for (const OrderState state : all_states) states[to_string(state)] = account.in(state);
  return states;
}

Json paper_status_json(const shard::PaperLoop& loop) {
  return {{"live", loop.live()},
          {"orders", states_json(loop.account())},
          {"fault", loop.healthy() ? Json(nullptr) : Json(loop.healthy().error())}};
}

Json paper_json(shard::PaperLoop& loop, const PaperRows& rows) {
  const shard::PaperAccount& account = loop.account();
  Json venues = Json::object();
  for (const auto& [venue, counts] : account.venues)
    venues[venue] = {{"orders", counts.orders}, {"fills", counts.fills}, {"maker_fills", counts.maker_fills}};
  const auto reports = tca::report(loop.performance());
  return {{"wishes", account.wishes},
          {"restored", account.restored},
          {"restored_adopted", account.adopted},
          {"restored_gone", account.restored_gone},
          {"strangers", account.strangers},
          {"strangers_cancelled", account.strangers_gone},
          {"orders", states_json(account)},
          {"unmade", counts_json(account.unmade)},
          {"rejected", counts_json(account.refused)},
          {"cancels", counts_json(account.cancels)},
          {"alarms", counts_json(account.alarms)},
          {"sent_to_acknowledged", sketch_json(account.acknowledged)},
          {"cancel_to_gone", sketch_json(account.gone)},
          {"venues", venues},
          {"effects", loop.digest().effects()},
          {"effects_sha256", loop.digest().hex()},
          {"learned", calibrations_json(loop.calibrator())},
          {"performance", tca_json(reports)},
          {"order_rows", rows.orders()},
          {"fill_rows", rows.fills()}};
}

}  // namespace crossbook::app
