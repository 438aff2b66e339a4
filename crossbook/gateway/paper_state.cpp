// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "crossbook/gateway/order_text.hpp"
#include "crossbook/gateway/paper.hpp"
#include "crossbook/gateway/state_text.hpp"

// What a paper exchange keeps when its process dies. Version 2; another layout takes another number. Version 1 does not
// say when a taken level was last seen: it counts as seen then.
namespace crossbook::gateway {
namespace {

using Stage = PaperOrder::Stage;

constexpr std::uint64_t version = 2;

void put_order(StateWriter& out, const PaperOrder& order) {
  out.line("order").put(order.order);
  put(out, order.terms);
  out.put(order.stage).put(order.filled).put(static_cast<Wide>(order.arrival)).put(order.arrived);
  out.put(static_cast<Wide>(order.blind ? 1 : 0)).put(order.ahead).put(order.shortened).put(order.shortened_at);
  out.put(order.last_request).put(order.last_report);
}

PaperOrder take_order(StateReader& in) {
  PaperOrder order;
  in.line("order");
  order.order = static_cast<OrderId>(in.number<std::uint64_t>());
  order.terms = take_terms(in);
  order.stage = in.one_of(Stage::ended);
  order.filled = Quantity(in.number<std::int64_t>(0));
  order.arrival = in.number<std::uint64_t>();
  order.arrived = in.wall();
  order.blind = in.flag();
  const bool known = in.flag();
  const Wide ahead = in.wide(0);
  if (known) order.ahead = ahead;
  order.shortened = in.wide(0);
  order.shortened_at = in.steady();
  order.last_request = in.steady();
  order.last_report = in.steady();
  return order;
}

void move_back(Steady& at, Nanos by) { at = at - by; }

// An order that could stand in a state: it is somewhere, and no more of it is done than there is.
bool is_possible(const PaperOrder& order) {
  const OrderTerms& terms = order.terms;
  if (order.stage == Stage::ended) return true;
  if (order.filled > terms.quantity) return false;
  if (order.stage == Stage::travelling) return true;
  const auto is_scale = [](int scale) { return scale >= 0 && scale <= scale_max; };
  return is_scale(terms.price_scale) && is_scale(terms.quantity_scale) && order.filled < terms.quantity &&
         (terms.type == OrderType::limit || terms.type == OrderType::post_only);
}

}  // namespace

struct PaperGateway::Saved {
  struct Taken {
    ListingId listing{};
    Side side = Side::bid;
    Wide place = 0;
    PaperBook::TakenLevel level;
  };
  Steady now;
  std::int64_t wall_ahead = 0;
  std::uint64_t sequence = 0;
  std::uint64_t trade = 0;
  std::vector<Generator> generators;
  std::map<OrderId, PaperOrder> orders;
  std::deque<OrderId> ended;
  std::vector<Event> events;
  std::vector<Taken> taken;

  void read(StateReader& in);
  [[nodiscard]] bool fits(PaperGateway& gateway) const;
  [[nodiscard]] bool fits(const Event& event) const;
  void move_back(Nanos by);
  // False where it names a listing that has no handle today.
  [[nodiscard]] bool rename(std::span<const ListingId> listings);
};

void PaperGateway::Saved::read(StateReader& in) {
  in.line("paper");
  const auto written = in.number<std::uint64_t>(1, version);
  in.line("clock");
  now = in.steady();
  wall_ahead = in.number();
  sequence = in.number<std::uint64_t>();
  trade = in.number<std::uint64_t>();
  in.line("generators");
  for (std::size_t n = in.size(); n > 0 && !in.failed(); --n) generators.emplace_back(in.number<std::uint64_t>());
  in.line("orders");
  for (std::size_t n = in.size(); n > 0 && !in.failed(); --n) {
    const PaperOrder order = take_order(in);
    in.fail_unless(orders.emplace(order.order, order).second);
  }
  in.line("ended");
  for (std::size_t n = in.size(); n > 0 && !in.failed(); --n) ended.push_back(OrderId(in.number<std::uint64_t>()));
  in.line("events");
  for (std::size_t n = in.size(); n > 0 && !in.failed(); --n) {
    in.line("event");
    Event event{.at = in.steady(), .sequence = in.number<std::uint64_t>()};
    event.kind = in.one_of(EventKind::report);
    event.venue = static_cast<PaperVenueId>(in.number<std::uint32_t>());
    event.report = take_report(in);
    events.push_back(event);
  }
  in.line("taken");
  for (std::size_t n = in.size(); n > 0 && !in.failed(); --n) {
    in.line("level");
    Taken one;
    one.listing = static_cast<ListingId>(in.number<std::uint32_t>());
    one.side = in.one_of(Side::ask);
    one.place = in.wide();
    one.level.quantity = in.wide(0);
    one.level.seen_at = written < 2 ? now : in.steady();
    taken.push_back(one);
  }
  in.line("end");
}

bool PaperGateway::Saved::fits(const Event& event) const {
  if (index(event.venue) >= generators.size()) return false;
  if (event.kind != EventKind::place) return true;
  const auto order = orders.find(event.report.order);
  return order != orders.end() && order->second.stage == Stage::travelling;
}

bool PaperGateway::Saved::fits(PaperGateway& gateway) const {
  const auto is_listed = [&](ListingId listing) { return gateway.listed(listing) != nullptr; };
  const auto has_ended = [&](OrderId id) {
    const auto order = orders.find(id);
    return order != orders.end() && order->second.stage == Stage::ended;
  };
  return generators.size() == gateway.exchanges_.size() && std::ranges::all_of(ended, has_ended) &&
         std::ranges::all_of(
             orders,
             [&](const auto& entry) { return is_possible(entry.second) && is_listed(entry.second.terms.listing); }) &&
         std::ranges::all_of(events, [&](const Event& event) { return fits(event); }) &&
         std::ranges::all_of(taken, is_listed, &Taken::listing);
}

void PaperGateway::Saved::move_back(Nanos by) {
  gateway::move_back(now, by);
  wall_ahead += by.count();
  for (Event& event : events) gateway::move_back(event.at, by);
  for (auto& [id, order] : orders) {
    gateway::move_back(order.shortened_at, by);
    gateway::move_back(order.last_request, by);
    gateway::move_back(order.last_report, by);
  }
  for (Taken& one : taken) gateway::move_back(one.level.seen_at, by);
}

bool PaperGateway::Saved::rename(std::span<const ListingId> listings) {
  bool all = true;
  const auto rename_one = [&](ListingId& listing) {
    if (index(listing) < listings.size()) listing = listings[index(listing)];
    else all = false;
  };
  for (auto& [id, order] : orders) rename_one(order.terms.listing);
  for (Taken& one : taken) rename_one(one.listing);
  return all;
}

std::string PaperGateway::state() const {
  StateWriter out;
  out.line("paper").put(static_cast<Wide>(version));
  out.line("clock").put(now_).put(static_cast<Wide>(wall_ahead_));
  out.put(static_cast<Wide>(sequence_)).put(static_cast<Wide>(trade_));
  out.line("generators").put(static_cast<Wide>(exchanges_.size()));
  for (const Exchange& exchange : exchanges_) out.put(static_cast<Wide>(exchange.generator.state()));
  out.line("orders").put(static_cast<Wide>(orders_.size()));
  for (const auto& [id, order] : orders_) put_order(out, order);
  out.line("ended").put(static_cast<Wide>(ended_.size()));
  for (const OrderId id : ended_) out.put(id);

  std::vector<Event> events = events_;
  std::ranges::sort(events, {}, [](const Event& event) { return std::tuple(event.at, event.sequence); });
  out.line("events").put(static_cast<Wide>(events.size()));
  for (const Event& event : events) {
    out.line("event").put(event.at).put(static_cast<Wide>(event.sequence)).put(event.kind).put(event.venue);
    put(out, event.report);
  }
  put_taken(out);
  out.line("end");
  return out.finish();
}

void PaperGateway::put_taken(StateWriter& out) const {
  const auto each = [&](auto&& visit) {
    for (std::size_t i = 0; i < listings_.size(); ++i) {
      for (const Side side : {Side::bid, Side::ask}) {
        if (!listings_[i]) continue;
        for (const auto& [place, level] : listings_[i]->book.taken(side)) visit(i, side, place, level);
      }
    }
  };
  Wide levels = 0;
  each([&](auto&&...) { ++levels; });
  out.line("taken").put(levels);
  each([&](std::size_t listing, Side side, Wide place, const PaperBook::TakenLevel& level) {
    out.line("level").put(static_cast<Wide>(listing)).put(side).put(place).put(level.quantity).put(level.seen_at);
  });
}

Result<void> PaperGateway::restore(std::string_view state, Steady at, std::span<const ListingId> listings) {
  StateReader in(state);
  Saved saved;
  saved.read(in);
  if (!in.whole() || !saved.rename(listings) || !saved.fits(*this)) {
    return failure(Errc::malformed, "the state of a paper gateway with the same venues and listings");
  }
  if (at < saved.now) saved.move_back(saved.now - at);
  adopt(std::move(saved));
  return {};
}

void PaperGateway::adopt(Saved saved) {
  now_ = saved.now;
  wall_ahead_ = saved.wall_ahead;
  sequence_ = saved.sequence;
  trade_ = saved.trade;
  for (std::size_t i = 0; i < exchanges_.size(); ++i) exchanges_[i].generator = saved.generators[i];
  orders_ = std::move(saved.orders);
  ended_ = std::move(saved.ended);
  events_ = std::move(saved.events);
  std::ranges::make_heap(events_, std::mem_fn(&Event::after));
  for (std::size_t i = 0; i < listings_.size(); ++i) {
    if (listings_[i]) listings_[i]->book = PaperBook(static_cast<ListingId>(i), displayed_);
  }
  for (const Saved::Taken& one : saved.taken) {
    listed(one.listing)->book.restore_taken(one.side, one.place, one.level);
  }
  for (auto& [id, order] : orders_) {
    if (order.stage == Stage::open) listed(order.terms.listing)->book.restore(order);
  }
}

}  // namespace crossbook::gateway
