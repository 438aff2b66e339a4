// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/input_text.hpp"

#include "crossbook/core/check.hpp"
#include "crossbook/gateway/order_text.hpp"

namespace crossbook::shard {
namespace {

using gateway::put;
using gateway::StateReader;
using gateway::StateWriter;
using gateway::take_report;
using gateway::take_terms;

enum class Kind : std::uint8_t { tick, place, cancel, stop, restored, restored_trade, report };  // on disk; add only

void put(StateWriter& out, const OrderLimits& limits) {
  out.put(limits.watched).put(limits.spread_max).put(limits.dwell).put(limits.expires_at);
  out.put(limits.age_max).put(limits.data_age_max);
}
OrderLimits take_limits(StateReader& in) {
  OrderLimits limits;
  limits.watched = in.one_of(WatchedSpread::own_venue);
  limits.spread_max = in.optional<MicroBps>();
  limits.dwell = Nanos(in.number());
  limits.expires_at = in.optional<Wall>();
  limits.age_max = in.optional<Nanos>();
  limits.data_age_max = in.optional<Nanos>();
  return limits;
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
      input.what = CancelCommand{id, in.one_of(order_reason_last)};
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
