#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What do exchanges really cost? Calibrates from a CSV of fills and plots how fees and latency went.

    calibrate_fills.py fills.csv --plot costs.png

The columns are those of `crossbook calibrate import`: ts (ISO 8601), exchange, symbol, order_type, size_usd,
actual_fee_bps, actual_latency_ms, price. Without a file, fills are made up from trades of the simulated market.
"""

import argparse
import csv
import random
from datetime import datetime, timedelta, timezone

import crossbook

COLUMNS = ("ts", "exchange", "symbol", "order_type", "size_usd", "actual_fee_bps", "actual_latency_ms", "price")


def made_up_fills():
    """Every tenth trade of a simulated session, as if it had been ours; one exchange changes its fee half-way."""
    chance = random.Random(1)
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    trades = [event for event in crossbook.simulated_market(seed=5, seconds=300) if event.kind == "trade"][::10]
    for i, trade in enumerate(trades):
        taker = chance.random() < 0.7
        fee = (10.0 if i < len(trades) / 2 else 7.5) if taker else -0.5
        yield dict(zip(COLUMNS, (
            (start + timedelta(hours=i)).isoformat(), trade.venue, trade.symbol, "taker" if taker else "maker",
            round(trade.price * trade.size, 2), fee, round(chance.lognormvariate(3.6, 0.4), 3), trade.price)))


def record(calibrator, fill):
    calibrator.record_execution(
        exchange=fill["exchange"], symbol=fill["symbol"], order_type=fill["order_type"],
        size_usd=float(fill["size_usd"]) if fill["size_usd"] else None, actual_fee_bps=float(fill["actual_fee_bps"]),
        actual_latency_ms=float(fill["actual_latency_ms"]), price=float(fill["price"]),
        timestamp=datetime.fromisoformat(str(fill["ts"]).replace("Z", "+00:00")))


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("fills", nargs="?", help="a CSV; none: made-up fills")
parser.add_argument("--lookback-days", type=int, default=30)
parser.add_argument("--plot", help="a PNG of fees and latency over time")
options = parser.parse_args()

if options.fills:
    with open(options.fills, newline="", encoding="utf-8") as file:
        fills = list(csv.DictReader(file))
else:
    fills = list(made_up_fills())

calibrator = crossbook.FeeLatencyCalibrator(lookback_days=options.lookback_days)
for number, fill in enumerate(fills, start=2):
    try:
        record(calibrator, fill)
    except (ValueError, KeyError) as error:
        raise SystemExit(f"line {number}: {error}") from None

print(f"{'exchange':<14} {'fills':>6} {'taker bps':>10} {'maker bps':>10} {'p50 ms':>8} {'p95 ms':>8}")
exchanges = sorted(calibrator.get_all_calibrations()["fees"])
for exchange in exchanges:
    fees = calibrator.get_fee_calibration(exchange)
    latency = calibrator.get_latency_calibration(exchange)
    few = "" if latency.p95_enough else "  (n too small for p95)"
    print(f"{exchange:<14} {fees.sample_count:>6} {fees.current_taker_bps:>10.2f} {fees.current_maker_bps:>10.2f} "
          f"{latency.p50_latency_ms:>8.1f} {latency.p95_latency_ms:>8.1f}{few}")

if options.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 6), sharex=True)
    for exchange in exchanges:
        history = calibrator.get_history(exchange)
        known = [(at, taker.median_bps) for at, _, _, taker in history if taker.samples]
        above.step(*zip(*known), where="post", label=exchange)
        times = [(datetime.fromisoformat(str(fill["ts"]).replace("Z", "+00:00")), float(fill["actual_latency_ms"]))
                 for fill in fills if fill["exchange"] == exchange]
        below.scatter(*zip(*times), s=3, label=exchange)
    above.set_ylabel("taker fee, bps (median)")
    below.set_ylabel("latency, ms")
    above.legend()
    figure.autofmt_xdate()
    figure.savefig(options.plot, dpi=120, bbox_inches="tight")
    print(f"plot: {options.plot}")
