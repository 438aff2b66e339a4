// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "bench_cancels.hpp"
#include "bench_part.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t quiet_orders = 1'000'000;
constexpr std::size_t measured_min = 20'000;  // frames that lead to a cancel, over all passes
constexpr std::size_t small_frame_bytes = 1'024;
constexpr std::int64_t quiet_from = 1'000'000'000;  // thresholds of 1,000 to 2,000 bps
constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;

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
  const auto frames = find_cancel_frames(records, feed);
  if (!frames) return part;
  const Thresholds& thresholds = frames->thresholds;
  const std::size_t passes = std::max<std::size_t>(5, measured_min / thresholds.size());
  Times best;
  Times cancel;
  {
    Runner without(records, feed, frames->listing, thresholds, false);
    Runner with(records, feed, frames->listing, thresholds, true);
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
