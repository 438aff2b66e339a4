// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/store/store.hpp"

// From executions on disk to a calibrator, without reading all of them each time.
namespace crossbook::store {

// What a fill says, recorded under its names. False where it is older than the window.
bool record(Calibrator& calibrator, const Fill& fill);

struct Calibrations {
  Calibrator calibrator;
  std::int64_t upto = 0;            // the last execution in it
  std::int64_t caught = 0;          // executions read to get there
  std::vector<HistoryRow> history;  // of all slices that those executions reached
};

enum class From : std::uint8_t {
  kept,       // the slices last kept, then the executions since
  beginning,  // all executions: also gives the alarms
};

// The calibrator that recorded everything in the store, in its order: bit for bit the same from either start.
[[nodiscard]] sys::Outcome<Calibrations> read_calibrations(Store& store, const CalibratorSettings& settings,
                                                           From from = From::kept);
// The calibrator that recorded only what came from outside: no match of an order of this store, whose exchange may be
// one on paper.
[[nodiscard]] sys::Outcome<Calibrator> read_outside_calibrations(Store& store, const CalibratorSettings& settings);
// Keeps slices and history, for the next start.
sys::Status keep_calibrations(Store& store, Calibrations& calibrations);

// The length of a history row's slice.
[[nodiscard]] Nanos slice_length(const CalibratorSettings& settings);

}  // namespace crossbook::store
