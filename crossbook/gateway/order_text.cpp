// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/order_text.hpp"

namespace crossbook::gateway {

void put(StateWriter& out, const OrderTerms& terms) {
  out.put(terms.listing).put(terms.action).put(terms.type).put(terms.price).put(terms.quantity);
  out.put(static_cast<Wide>(terms.price_scale)).put(static_cast<Wide>(terms.quantity_scale));
}

OrderTerms take_terms(StateReader& in) {
  OrderTerms terms;
  terms.listing = static_cast<ListingId>(in.number<std::uint32_t>());
  terms.action = in.one_of(Action::sell);
  terms.type = in.one_of(OrderType::market);
  terms.price = Price(in.number());
  terms.quantity = Quantity(in.number());
  terms.price_scale = in.number<int>();
  terms.quantity_scale = in.number<int>();
  return terms;
}

void put(StateWriter& out, const OrderReport& report) {
  const OrderFill& fill = report.fill;
  out.put(report.order).put(report.kind).put(report.reason);
  out.put(static_cast<Wide>(fill.trade)).put(fill.price).put(fill.quantity).put(fill.role).put(fill.fee_rate);
  out.put(fill.fee).put(report.filled).put(report.ts_event);
}

OrderReport take_report(StateReader& in) {
  OrderReport report;
  report.order = static_cast<OrderId>(in.number<std::uint64_t>());
  report.kind = in.one_of(OrderReport::Kind::unanswered);
  report.reason = in.one_of(order_reason_last);
  report.fill.trade = in.number<std::uint64_t>();
  report.fill.price = Price(in.number());
  report.fill.quantity = Quantity(in.number());
  report.fill.role = in.one_of(Role::taker);
  report.fill.fee_rate = MicroBps(in.number());
  report.fill.fee = in.wide();
  report.filled = Quantity(in.number());
  report.ts_event = in.optional<Wall>();
  return report;
}

}  // namespace crossbook::gateway
