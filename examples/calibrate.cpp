// SPDX-License-Identifier: Apache-2.0
// What each exchange really costs, learned from executions: every call of FeeLatencyCalibrator.
#include <cstdio>

#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/api/published_fees.hpp"

int main() {
  crossbook::FeeLatencyCalibrator calibrator({.lookback_days = 30, .min_samples = 10});

  // Record actual executions: what was paid, and how long it took.
  for (int i = 0; i < 100; ++i) {
    calibrator.record_execution({.exchange = "binance",
                                 .symbol = "BTC/USDT",
                                 .order_type = "taker",
                                 .size_usd = 1000.0,
                                 .actual_fee_bps = 5.2,
                                 .actual_latency_ms = 40.0 + i % 20,
                                 .price = 50000.0,
                                 .expected_fee_bps = 5.0,
                                 .expected_latency_ms = 50.0});
    calibrator.record_execution({.exchange = "binance",
                                 .symbol = "BTC/USDT",
                                 .order_type = "maker",
                                 .size_usd = 500.0,
                                 .actual_fee_bps = -0.5,  // a rebate
                                 .actual_latency_ms = 45.0,
                                 .price = 50000.0});
  }

  if (const auto fee_cal = calibrator.get_fee_calibration("binance")) {
    std::printf("Taker fee: %.1f bps\n", fee_cal->taker_fee_bps);
    std::printf("Maker fee: %.1f bps\n", fee_cal->maker_fee_bps);
    std::printf("Maker rebate: %.1f bps\n", fee_cal->maker_rebate_bps);
    std::printf("%ld samples, confidence %.2f\n", static_cast<long>(fee_cal->sample_count), fee_cal->confidence);
  }
  if (const auto latency_cal = calibrator.get_latency_calibration("binance")) {
    std::printf("Mean latency: %.1f ms\n", latency_cal->mean_latency_ms);
    std::printf("P95 latency: %.1f ms%s\n", latency_cal->p95_latency_ms,
                latency_cal->p95_enough ? "" : " (n too small)");
    std::printf("P99 latency: %.1f ms%s\n", latency_cal->p99_latency_ms,
                latency_cal->p99_enough ? "" : " (n too small)");
  }

  // Estimates for the next order, with fallbacks for what was never traded.
  const double fee = calibrator.get_estimated_fee("binance", "taker");
  const double latency = calibrator.get_estimated_latency("binance", "p95");
  const double volatility_bps = 2.0;  // per second
  std::printf("Total cost: %.2f bps\n", fee + latency / 1000.0 * volatility_bps);
  std::printf("The same:   %.2f bps\n", calibrator.estimate_total_cost_bps("binance", "taker", "p95", volatility_bps));
  std::printf("Unknown venue: %.1f bps, %.1f ms\n", calibrator.get_estimated_fee("kraken", "taker", 5.0),
              calibrator.get_estimated_latency("kraken", "p50", 50.0));

  // Published schedules know it until fills do.
  calibrator.use_schedules(crossbook::published_fee_schedules());
  std::printf("As published: %.1f bps\n", calibrator.get_estimated_fee("bitstamp", "taker"));

  for (const auto& [exchange, fees] : calibrator.get_all_calibrations().fees)
    std::printf("%s: maker %.1f, taker %.1f bps\n", exchange.c_str(), fees.maker_fee_bps, fees.taker_fee_bps);
}
