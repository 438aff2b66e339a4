// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "bench_part.hpp"
#include "bench_player.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t quiet_orders = 1'000'000;
constexpr std::size_t measured_min = 20'000;  // frames that lead to a cancel, over all passes
constexpr std::size_t small_frame_bytes = 1'024;
constexpr std::int64_t quiet_from = 1'000'000'000;  // thresholds of 1,000 to 2,000 bps
constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;

// By record: a spread that the frame leaves behind, upwards. An order with this threshold rests before and is due
// after.
using Thresholds = std::map<std::size_t, MicroBps>;

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
      player.give(order_at(listing, 1, MicroBps(2 * quiet_from)));
      watch = player.engine().guard().find(OrderId(1))->watch;
    }
  }
  return thresholds;
}

struct Times {
  std::vector<double> all;
  std::vector<double> small;  // frames up to small_frame_bytes

  void add(const LoadedRecord& record, Clock::duration time) {
    const double ns = std::chrono::duration<double, std::nano>(time).count();
    all.push_back(ns);
    if (record.size <= small_frame_bytes) small.push_back(ns);
  }
};

// The session's frames, those of `thresholds` timed one by one. With orders: each of these pulls the one placed before
// it.
class Runner {
 public:
  Runner(const std::vector<LoadedRecord>& records, FeedId feed, ListingId listing, const Thresholds& thresholds,
         bool with_orders)
      : records_(records),
        listing_(listing),
        thresholds_(thresholds),
        with_orders_(with_orders),
        player_(records, feed, options_for(with_orders ? quiet_orders + 2 * measured_min : 1)) {
    pass(nullptr);
    if (with_orders) rest_quietly();
    pass(nullptr);
  }

  void pass(Times* times) {
    player_.start_over();
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const LoadedRecord& record = records_[i];
      if (record.timed) player_.refresh(record);
      const auto threshold = thresholds_.find(i);
      if (threshold == thresholds_.end() || times == nullptr) {
        player_.play(record);
        continue;
      }
      if (with_orders_) rest(next_++, threshold->second);
      const Clock::time_point begin = Clock::now();
      player_.play(record);
      const Clock::time_point end = Clock::now();
      if (!with_orders_ || took_away(next_ - 1)) times->add(record, end - begin);
      if (with_orders_) player_.give(report_of(next_ - 1, OrderReport::Kind::cancelled));
    }
  }

 private:
  void rest(std::uint64_t id, MicroBps threshold) {
    player_.give(order_at(listing_, id, threshold));
    player_.give(report_of(id, OrderReport::Kind::acknowledged));
  }
  void rest_quietly() {
    for (; next_ <= quiet_orders; ++next_)
      rest(next_, MicroBps(quiet_from + static_cast<std::int64_t>(next_ * odd % quiet_from)));
  }
  [[nodiscard]] bool took_away(std::uint64_t id) const {
    return player_.effects().cancels.size() == 1 && player_.effects().cancels.front().order == OrderId(id);
  }

  const std::vector<LoadedRecord>& records_;
  ListingId listing_;
  const Thresholds& thresholds_;
  bool with_orders_;
  FeedPlayer player_;
  std::uint64_t next_ = 1;
};

// The value that so many in a thousand are not above.
double quantile(std::vector<double>& values, std::size_t per_mille) {
  if (values.empty()) return 0;
  const std::size_t at = std::min(values.size() - 1, values.size() * per_mille / 1'000);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

nlohmann::ordered_json quantiles_json(std::vector<double>& cancel, std::vector<double>& best) {
  return {{"measured", cancel.size()},
          {"p50_ns", quantile(cancel, 500)},
          {"p99_ns", quantile(cancel, 990)},
          {"p999_ns", quantile(cancel, 999)},
          {"frame_to_best_p50_ns", quantile(best, 500)},
          {"frame_to_best_p99_ns", quantile(best, 990)},
          {"frame_to_best_p999_ns", quantile(best, 999)},
          {"ratio_p50", quantile(cancel, 500) / quantile(best, 500)},
          {"ratio_p99", quantile(cancel, 990) / quantile(best, 990)}};
}

std::string text_of(const char* frames, std::vector<double>& cancel, std::vector<double>& best) {
  if (cancel.empty()) return fmt::format("  {}: none\n", frames);
  return fmt::format(
      "  {}: p50 {:.0f}  p99 {:.0f}  p99.9 {:.0f} ns; to the best price alone p50 {:.0f}  p99 {:.0f} ns: {:.2f}x and "
      "{:.2f}x\n",
      frames, quantile(cancel, 500), quantile(cancel, 990), quantile(cancel, 999), quantile(best, 500),
      quantile(best, 990), quantile(cancel, 500) / quantile(best, 500), quantile(cancel, 990) / quantile(best, 990));
}

}  // namespace

BenchPart bench_frame_to_cancel(const std::vector<LoadedRecord>& all, FeedId feed) {
  BenchPart part{.name = "frame_to_cancel", .json = nullptr, .text = {}};
  const std::vector<LoadedRecord> records = records_of(all, feed);
  const auto listing = busiest(records, feed);
  if (!listing) return part;
  const Thresholds thresholds = scout(records, feed, *listing);
  if (thresholds.empty()) return part;
  const std::size_t passes = std::max<std::size_t>(5, measured_min / thresholds.size());
  Times best;
  Times cancel;
  {
    Runner without(records, feed, *listing, thresholds, false);
    Runner with(records, feed, *listing, thresholds, true);
    for (std::size_t pass = 0; pass < passes; ++pass) {
      without.pass(&best);
      with.pass(&cancel);
    }
  }
  part.json = {{"feed", venue::feed(feed).name},
               {"frames", thresholds.size()},
               {"passes", passes},
               {"orders_at_rest", quiet_orders}};
  part.json.update(quantiles_json(cancel.all, best.all));
  part.json["up_to_1_kb"] = quantiles_json(cancel.small, best.small);
  part.text = fmt::format(
      "frame to CancelOrder: {} frames of {} that widen the consolidated spread, {} passes, each time with an order "
      "that "
      "the frame pulls; {} others at rest\n",
      thresholds.size(), venue::feed(feed).name, passes, quiet_orders);
  part.text += text_of("all", cancel.all, best.all) + text_of("up to 1 KB", cancel.small, best.small);
  return part;
}

}  // namespace crossbook::app
