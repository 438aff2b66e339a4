// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/cost/router.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/shard/order_steps.hpp"
#include "crossbook/shard/paper_costs.hpp"
#include "crossbook/shard/paper_script.hpp"
#include "crossbook/tca/tracker.hpp"

// From a wish to an order: which venue, what it is expected to cost, at what price, how much.
namespace crossbook::shard {

// An order as it will be sent, and what was known when it was decided.
struct MadeOrder {
  GroupId group{};
  book::Member member = 0;
  std::string_view venue;  // lives as long as the feeds' table
  OrderTerms terms;
  OrderLimits limits;
  MicroBps fee;      // as learned, of a taker, or of a maker where the order only rests
  Nanos latency;     // as learned, to the venue's book
  MicroBps waiting;  // what that latency costs
  // What the whole size would cost if taken there now; nothing where the book holds none of it.
  std::optional<double> average;
  std::optional<double> all_in_average;
  bool complete = false;     // the displayed depth fills it
  std::size_t compared = 0;  // venues that could have had it
  std::vector<tca::VenueTerms> venues;
  std::optional<book::Member> home;
};

// Why there is no order.
enum class Unmade : std::uint8_t {
  no_book,   // no consolidated book of the symbol, or nobody in it
  no_venue,  // the venue that was asked for does not contribute now
  no_price,  // the side of the book that the price comes from is empty
  no_size,   // less than a lot
};
[[nodiscard]] const char* to_string(Unmade why);

class OrderMaker {
 public:
  OrderMaker(const engine::Engine& engine, PaperCosts& costs, std::string home)
      : engine_(engine), costs_(costs), home_(std::move(home)) {}

  [[nodiscard]] std::expected<MadeOrder, Unmade> make(const ScriptOrder& wish, Action action, Steady at, Wall wall);

 private:
  struct Offer {
    book::Member member = 0;
    ListingId listing{};
    std::string_view venue;  // lives as long as the feeds' table
  };

  [[nodiscard]] std::optional<GroupId> group_of(const std::string& symbol) const;
  void read_offers(GroupId group, Action action, Steady at);
  void add_levels(const engine::Group& group, book::Member member, Side side, const book::VenueBook& book);
  void add_rules(const engine::Group& group, book::Member member, const Listing& listing, RouteVenue& venue);
  [[nodiscard]] std::optional<std::size_t> choose(const ScriptOrder& wish, const engine::Group& group, Action action,
                                                  MadeOrder& made);
  void note_terms(MadeOrder& made);
  [[nodiscard]] std::optional<Wide> doubled_reference(PriceFrom from, Action action, ListingId id) const;
  [[nodiscard]] bool set_price(const ScriptOrder& wish, const Step& tick, OrderTerms& terms) const;
  [[nodiscard]] static bool set_quantity(const ScriptOrder& wish, const Step& lot, OrderTerms& terms);

  const engine::Engine& engine_;
  PaperCosts& costs_;
  std::string home_;  // first_home until the first order
  Router router_;
  // Of the order at hand.
  std::vector<Offer> offers_;
  std::vector<RouteVenue> route_venues_;
  std::vector<std::vector<Level>> levels_;
};

}  // namespace crossbook::shard
