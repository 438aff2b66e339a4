// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bench_player.hpp"

// Frames of a session that pull an order, for what is measured from a frame to a cancel.
namespace crossbook::app {

// By record: a spread that the frame leaves behind, upwards. An order with this threshold rests before and is due
// after.
using Thresholds = std::map<std::size_t, MicroBps>;

struct CancelFrames {
  ListingId listing{};  // the feed's listing with most frames
  Thresholds thresholds;
};

// Plays the session twice; the second time is like all that follow. Nothing where no frame widens a spread.
[[nodiscard]] std::optional<CancelFrames> find_cancel_frames(const std::vector<LoadedRecord>& records, FeedId feed);

[[nodiscard]] engine::Options options_for(std::size_t orders);
[[nodiscard]] PlaceCommand order_at(ListingId listing, std::uint64_t id, MicroBps threshold);
[[nodiscard]] OrderReport report_of(std::uint64_t id, OrderReport::Kind kind);

// The value that so many in a thousand are not above; 0 of none.
[[nodiscard]] double quantile(std::vector<double>& values, std::size_t per_mille);

}  // namespace crossbook::app
