// SPDX-License-Identifier: Apache-2.0
#include "bench_cancels.hpp"

#include <algorithm>

namespace crossbook::app {
namespace {

constexpr std::int64_t never = 2'000'000'000;  // 2,000 bps: no spread of a session

// The feed's listing with most frames.
std::optional<ListingId> busiest(const std::vector<LoadedRecord>& records, FeedId feed) {
  FeedPlayer player(records, feed);
  player.start_over();
  std::map<ListingId, std::size_t> frames;
  for (const LoadedRecord& record : records) {
    player.play(record);
    if (!record.timed) continue;
    for (const BookEvent& event : player.engine().batch().books) ++frames[event.listing];
  }
  const auto most = std::ranges::max_element(frames, {}, [](const auto& entry) { return entry.second; });
  return most == frames.end() ? std::nullopt : std::optional(most->first);
}

// Plays the session twice; the second time is like all that follow.
Thresholds scout(const std::vector<LoadedRecord>& records, FeedId feed, ListingId listing) {
  FeedPlayer player(records, feed, options_for(1));
  Thresholds thresholds;
  std::optional<guard::WatchId> watch;
  for (int pass = 0; pass < 2; ++pass) {
    player.start_over();
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].timed) player.refresh(records[i]);
      const guard::Spread before = watch ? player.engine().guard().spread(*watch) : std::nullopt;
      player.play(records[i]);
      const guard::Spread after = watch ? player.engine().guard().spread(*watch) : std::nullopt;
      if (pass == 1 && records[i].timed && before && after && *after > *before) thresholds.emplace(i, *before);
      if (watch || !records[i].timed) continue;
      player.give(order_at(listing, 1, MicroBps(never)));
      watch = player.engine().guard().find(OrderId(1))->watch;
    }
  }
  return thresholds;
}

}  // namespace

std::optional<CancelFrames> find_cancel_frames(const std::vector<LoadedRecord>& records, FeedId feed) {
  const auto listing = busiest(records, feed);
  if (!listing) return {};
  CancelFrames frames{*listing, scout(records, feed, *listing)};
  if (frames.thresholds.empty()) return {};
  return frames;
}

engine::Options options_for(std::size_t orders) {
  engine::Options options;
  options.guard.orders_reserve = orders;
  options.guard.refuse_due = false;  // the last order left because of the same spread
  options.guard.retention.reset();   // between two passes lies a jump in time: all would be forgotten in one frame
  return options;
}

PlaceCommand order_at(ListingId listing, std::uint64_t id, MicroBps threshold) {
  PlaceCommand command{OrderId(id), {}, {}};
  command.terms.listing = listing;
  command.terms.price = Price(1);
  command.terms.quantity = Quantity(1);
  command.limits.spread_max = threshold;
  return command;
}

OrderReport report_of(std::uint64_t id, OrderReport::Kind kind) {
  OrderReport report;
  report.order = OrderId(id);
  report.kind = kind;
  return report;
}

// The value that so many in a thousand are not above.
double quantile(std::vector<double>& values, std::size_t per_mille) {
  if (values.empty()) return 0;
  const std::size_t at = std::min(values.size() - 1, values.size() * per_mille / 1'000);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace crossbook::app
