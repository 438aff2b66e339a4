// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/cost/fees.hpp"

// Fees come in tiers. When one changes, three fills tell, while a month's median would take a fortnight.
namespace crossbook {

struct Tier {
  MicroBps fee;            // over notional of the fills that agree; each counts once where no size is known
  MicroBps tolerance;      // how far rounding can have moved it
  Wall since;              // the first of the fills that established it
  std::int64_t fills = 0;  // that agree with it
  friend bool operator==(const Tier&, const Tier&) = default;
};

struct TierChange {
  Wall at;  // when the third fill completed it
  MicroBps from;
  MicroBps to;
  friend bool operator==(const TierChange&, const TierChange&) = default;
};

struct TierFill {
  Wall at;
  MicroBps fee;
  MicroBps rounding;          // half a unit of the booked fee's last place, as a rate; 0: 0.01 bps
  std::int64_t notional = 0;  // 0: not known
};

// Watches fills of one role in the order in which they come: order matters here, and a merge cannot reproduce it.
class TierDetector {
 public:
  static constexpr int fills_needed = 3;

  // The change that this fill completes. The first tier of all is no change.
  std::optional<TierChange> observe(const TierFill& fill);
  // None until three fills in a row agreed, and where fees are not tiers: fewer than half of the last 16 agree.
  [[nodiscard]] std::optional<Tier> tier() const;

  void save(StateWriter& out) const;
  void load(StateReader& in);

 private:
  // Fills that agree: their fee is that of the sums.
  struct Group {
    Wall since;
    std::int64_t fills = 0;
    Wide weight = 0;
    Wide paid = 0;
    Wide rounding = 0;
    [[nodiscard]] MicroBps fee() const;
    [[nodiscard]] MicroBps tolerance() const;
    [[nodiscard]] bool agrees(const TierFill& fill) const;
    void add(const TierFill& fill);
    void save(StateWriter& out) const;
    void load(StateReader& in);
  };
  void note(bool agreed);

  Group current_;
  Group candidate_;
  bool established_ = false;
  std::uint16_t recent_ = 0xFFFF;  // one bit a fill, newest lowest: did it agree with the tier
};

}  // namespace crossbook
