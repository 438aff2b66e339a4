// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/gateway/displayed.hpp"
#include "crossbook/gateway/listing_rules.hpp"
#include "crossbook/gateway/paper_order.hpp"

// Our orders at one listing, and what they took of the depth that is displayed there.
namespace crossbook::gateway {

// Displayed size is consumed once. What we took at a price stays taken, however often the venue reports the level, and
// only size beyond it is there for our next order. It is forgotten as far as the venue displays less than it, and whole
// when the level vanishes. So all that we ever took at a price is at most the sum of all increases displayed there,
// but for what is forgotten because nobody could see it for hidden_kept.
class PaperBook {
 public:
  // What we took at a price beyond the displayed depth is remembered for so long: it may not come back for weeks, and
  // until then every change would be read as far as there.
  static constexpr Nanos hidden_kept = seconds(300);
  // How long after its book a print may come. Within it, size that the book already gave up is not counted again.
  static constexpr Nanos print_lag_max = seconds(2);

  PaperBook(ListingId listing, const Displayed& displayed) : listing_(listing), displayed_(&displayed) {}

  // Where depth is read, here and until traded(), the book must be usable.

  // The best price that is left for such an order to take; none where nothing is.
  [[nodiscard]] std::optional<Amount> best_for(Action action) const;
  // Whether an order that arrives now would take.
  [[nodiscard]] bool would_take(const PaperOrder& order) const;
  // Takes what is displayed within the order's price, best first, at the prices displayed.
  void take(PaperOrder& order, Steady at, std::vector<Match>& matches);
  // Rests the order behind all that is displayed at its price. It stays at its address until remove().
  void rest(PaperOrder& order);
  void remove(const PaperOrder& order);

  // What is shown has changed: forgets what is no longer taken, and shortens queues.
  void shown(Steady at);
  // The orders that arrived blind, in the order of their arrival. Valid until the next call of this.
  [[nodiscard]] const std::vector<PaperOrder*>& blind();
  // Fills the orders that the other side has reached, at their own price, with what is left there.
  void meet(Steady at, std::vector<Match>& matches);
  // A print: `quantity` is shared by the orders it reaches, the best first.
  void traded(const Trade& trade, Steady at, std::vector<Match>& matches);

  // Whether nothing here depends on what is shown.
  [[nodiscard]] bool idle() const {
    return resting_[0].empty() && resting_[1].empty() && taken_[0].empty() && taken_[1].empty();
  }
  [[nodiscard]] bool usable() const { return displayed_->usable(listing_); }
  // What we took of a level, and when we last saw what is displayed there.
  struct TakenLevel {
    Wide quantity = 0;
    Steady seen_at;
  };
  using Taken = std::map<Wide, TakenLevel>;  // by place (exact.hpp)
  // For a state.
  [[nodiscard]] const Taken& taken(Side side) const { return taken_[index(side)]; }
  void restore_taken(Side side, Wide place, const TakenLevel& level) { taken_[index(side)][place] = level; }
  // As it rested when the state was saved; in the order of arrival.
  void restore(PaperOrder& order) { insert(order); }

 private:
  struct Shown {
    Wide place = 0;
    Wide quantity = 0;
  };
  using Resting = std::vector<PaperOrder*>;

  template <class Visit>
  void visit_levels(Side side, Visit&& visit) const;
  [[nodiscard]] Wide left_of(Side side, Shown level) const;
  void read_levels(Side side);
  [[nodiscard]] std::optional<Wide> shown_at(Wide place) const;
  void note_taken(Side side, Wide place, Wide quantity, Steady at);
  void forget_taken(Side side, Steady at);
  void shorten_queues(Side side, Steady at);
  void meet_other_side(Side side, Steady at, std::vector<Match>& matches);
  void insert(PaperOrder& order);

  ListingId listing_;
  const Displayed* displayed_;
  std::array<Resting, 2> resting_;  // by side; the best price first, at one price by arrival
  std::array<Taken, 2> taken_;
  std::vector<Shown> shown_;  // levels of one side, as far as anything of ours depends on them
  std::vector<PaperOrder*> blind_;
};

}  // namespace crossbook::gateway
