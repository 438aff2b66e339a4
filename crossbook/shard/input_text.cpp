// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/input_text.hpp"

#include "crossbook/core/check.hpp"
#include "crossbook/gateway/state_text.hpp"

namespace crossbook::shard {
namespace {

using gateway::StateReader;
using gateway::StateWriter;

enum class Kind : std::uint8_t { tick, place, cancel, stop, restored, restored_trade, report };  // on disk; add only

void put(StateWriter& out, const OrderTerms& terms) {
  out.put(terms.listing).put(terms.action).put(terms.type).put(terms.price).put(terms.quantity);
  out.put(static_cast<Wide>(terms.price_scale)).put(static_cast<Wide>(terms.quantity_scale));
}
OrderTerms take_terms(StateReader& in) {
  OrderTerms terms;
  terms.listing = ListingId(in.number<std::uint32_t>());
  terms.action = in.one_of(Action::sell);
  terms.type = in.one_of(OrderType::market);
  terms.price = Price(in.number());
  terms.quantity = Quantity(in.number());
  terms.price_scale = in.number<int>();
  terms.quantity_scale = in.number<int>();
  return terms;
}

void put(StateWriter& out, const OrderLimits& limits) {
  out.put(limits.watched).put(limits.spread_max).put(limits.dwell).put(limits.expires_at);
  out.put(limits.age_max).put(limits.data_age_max);
}
template <class T>
std::optional<T> take_optional(StateReader& in) {
  const bool there = in.flag();
  const T value(in.number());
  return there ? std::optional(value) : std::nullopt;
}
OrderLimits take_limits(StateReader& in) {
  OrderLimits limits;
  limits.watched = in.one_of(WatchedSpread::own_venue);
  limits.spread_max = take_optional<MicroBps>(in);
  limits.dwell = Nanos(in.number());
  limits.expires_at = take_optional<Wall>(in);
  limits.age_max = take_optional<Nanos>(in);
  limits.data_age_max = take_optional<Nanos>(in);
  return limits;
}

void put(StateWriter& out, const OrderReport& report) {
  out.put(report.order).put(report.kind).put(report.reason).put(static_cast<Wide>(report.fill.trade));
  out.put(report.fill.price).put(report.fill.quantity).put(report.fill.role).put(report.fill.fee_rate);
  out.put(report.fill.fee).put(report.filled).put(report.ts_event);
}
OrderReport take_report(StateReader& in) {
  OrderReport report;
  report.order = OrderId(in.number<std::uint64_t>());
  report.kind = in.one_of(OrderReport::Kind::unanswered);
  report.reason = in.one_of(OrderReason::not_recorded);
  report.fill.trade = in.number<std::uint64_t>();
  report.fill.price = Price(in.number());
  report.fill.quantity = Quantity(in.number());
  report.fill.role = in.one_of(Role::taker);
  report.fill.fee_rate = MicroBps(in.number());
  report.fill.fee = in.wide();
  report.filled = Quantity(in.number());
  report.ts_event = take_optional<Wall>(in);
  return report;
}

// Writes each kind; nothing for what a capture holds.
struct Put {
  StateWriter& out;
  void operator()(const Tick&) const { out.put(Kind::tick); }
  void operator()(const PlaceCommand& place) const {
    put(out.put(Kind::place).put(place.order), place.terms);
    put(out, place.limits);
  }
  void operator()(const CancelCommand& cancel) const { out.put(Kind::cancel).put(cancel.order).put(cancel.reason); }
  void operator()(const StopCommand&) const { out.put(Kind::stop); }
  void operator()(const RestoredOrder& order) const {
    put(out.put(Kind::restored).put(order.order), order.terms);
    put(out, order.limits);
    out.put(order.placed_at).put(order.filled);
  }
  void operator()(const RestoredTrade& trade) const {
    out.put(Kind::restored_trade).put(trade.order).put(static_cast<Wide>(trade.trade));
  }
  void operator()(const OrderReport& report) const { put(out.put(Kind::report), report); }
  template <class Recorded>
  void operator()(const Recorded&) const {
    constexpr bool held_by_the_capture = true;
    CROSSBOOK_ASSERT(!held_by_the_capture);
  }
};

}  // namespace

std::string input_text(const Input& input) {
  StateWriter out;
  out.line("input").put(input.at).put(input.wall);
  std::visit(Put{out}, input.what);
  return out.finish();
}

Result<Input> parse_input(std::string_view line) {
  StateReader in(line);
  in.line("input");
  Input input;
  input.at = in.steady();
  input.wall = in.wall();
  const auto order = [&] { return OrderId(in.number<std::uint64_t>()); };
  switch (in.one_of(Kind::report)) {
    case Kind::tick: input.what = Tick{}; break;
    case Kind::place: {
      const OrderId id = order();
      const OrderTerms terms = take_terms(in);
      input.what = PlaceCommand{id, terms, take_limits(in)};
      break;
    }
    case Kind::cancel: {
      const OrderId id = order();
      input.what = CancelCommand{id, in.one_of(OrderReason::not_recorded)};
      break;
    }
    case Kind::stop: input.what = StopCommand{}; break;
    case Kind::restored: {
      RestoredOrder restored{.order = order(), .terms = {}, .limits = {}, .placed_at = {}, .filled = {}};
      restored.terms = take_terms(in);
      restored.limits = take_limits(in);
      restored.placed_at = in.wall();
      restored.filled = Quantity(in.number());
      input.what = restored;
      break;
    }
    case Kind::restored_trade: {
      const OrderId id = order();
      input.what = RestoredTrade{id, in.number<std::uint64_t>()};
      break;
    }
    case Kind::report: input.what = take_report(in); break;
  }
  if (!in.whole()) return failure(Errc::malformed, "an input of an engine");
  return input;
}

}  // namespace crossbook::shard
