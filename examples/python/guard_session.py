#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guards resting orders on a session: every ten seconds an order is placed, and goes when the spread breaks its limit.

    guard_session.py                                    the simulated market
    guard_session.py day.jsonl.gz --symbol BTC/USDT     a recorded session
"""

import argparse
from collections import Counter

import crossbook

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("captures", nargs="*", help="recorded sessions; none: the simulated market")
parser.add_argument("--symbol", default="BTC/USDT")
parser.add_argument("--threshold-bps", type=float, default=0.2)
parser.add_argument("--seconds", type=float, default=300.0, help="of the simulated market")
options = parser.parse_args()

if options.captures:
    session = crossbook.replay(options.captures, symbols=[options.symbol])
else:
    session = crossbook.simulated_market(seed=11, seconds=options.seconds, symbols=[options.symbol])

manager = crossbook.SpreadThresholdManager(max_spread_bps=options.threshold_bps)
cancelled = Counter()
manager.set_cancel_callback(lambda order, reason: cancelled.update([reason]))
next_order, widest, checks = None, 0.0, 0

for event in session:
    if event.kind != "best" or event.bid is None or event.ask is None:
        continue
    if next_order is None or event.t >= next_order:
        manager.place_order(f"order-{event.t}", options.symbol, "buy", price=event.bid, size=0.01)
        next_order = event.t + 10_000_000_000
    manager.update_spread(options.symbol, event.bid, event.ask)
    checks += 1
    if event.spread_bps > options.threshold_bps:
        widest = max(widest, event.spread_bps)
        manager.monitor_orders()

live = len(manager.get_active_orders())
print(f"{checks} changes of the best, the widest spread above the limit was {widest:.3f} bps")
for reason, count in cancelled.items():
    print(f"{count} orders cancelled: {reason}")
print(f"{live} orders still rest")
