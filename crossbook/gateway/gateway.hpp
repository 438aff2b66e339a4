// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"

// Where orders leave, and where what became of them comes back: the same for a paper exchange and a real one.
namespace crossbook::gateway {

// A report, and when we had it. It enters the engine as an Input of this time.
struct TimedReport {
  Steady at;
  Wall wall;
  OrderReport report;
};

// An order that a venue holds.
struct OpenOrder {
  OrderId order{};
  OrderTerms terms;
  Quantity filled;
};

// Requests return at once; what they led to comes out of advance(). One thread owns a gateway, and its calls come in
// the order of their time.
class Gateway {
 public:
  virtual ~Gateway() = default;

  // Sends an order. Never call it twice for one order: a second order may be the answer.
  virtual void place(const PlaceOrder& place, Steady at, Wall wall) = 0;
  // Asks the venue to cancel. May come again for the same order.
  virtual void cancel(const CancelOrder& cancel, Steady at, Wall wall) = 0;
  // Asks every venue to cancel all that it holds when the request arrives; each order is reported like a single cancel.
  virtual void cancel_all(Steady at, Wall wall) = 0;
  // Asks what became of an order: the answer is `open` or `absent`.
  virtual void query(const QueryOrder& query, Steady at, Wall wall) = 0;

  // What the venues hold, by order number, for the reconciliation at a start; a real gateway may wait for the network.
  [[nodiscard]] virtual std::vector<OpenOrder> open_orders() const = 0;

  // Goes on to `at`, or to the earlier instant at which there are reports, and appends the reports of that instant.
  // Returns the time that was reached. `wall` is the wall time of `at`. So that what the engine does about a report
  // leaves before anything later happens, the caller hands on the reports and calls again, until `at` was reached and
  // nothing came:
  //
  //   do {
  //     reports.clear();
  //     reached = gateway.advance(at, wall, reports);
  //     for (const TimedReport& report : reports) hand_on(report);
  //   } while (reached < at || !reports.empty());
  virtual Steady advance(Steady at, Wall wall, std::vector<TimedReport>& reports) = 0;
  // When advance() has something to do next, as far as it is known. None: nothing is under way.
  [[nodiscard]] virtual std::optional<Steady> next_at() const = 0;
};

}  // namespace crossbook::gateway
