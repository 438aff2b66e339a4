#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which exchange is cheapest for 10,000 USD over a session, published taker fees included?

    cheapest_exchange.py                                   the simulated market
    cheapest_exchange.py day.jsonl.gz --symbol BTC/USDT    a recorded session
"""

import argparse

import crossbook

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("captures", nargs="*", help="recorded sessions; none: the simulated market")
parser.add_argument("--symbol", default="BTC/USDT")
parser.add_argument("--size", type=float, default=10_000.0, help="in the quote currency")
parser.add_argument("--seconds", type=float, default=120.0, help="of the simulated market")
parser.add_argument("--plot", help="a PNG of the cost over time")
options = parser.parse_args()

chosen = {"symbols": [options.symbol], "sizes": [options.size], "every_ms": 1000.0}
if options.captures:
    session = crossbook.replay(options.captures, **chosen)
else:
    session = crossbook.simulated_market(seed=7, seconds=options.seconds, **chosen)

cost = session.columns("cost").cost.to_pandas()
if cost.empty:
    raise SystemExit(f"no book of {options.symbol} here; there are: {', '.join(session.symbols)}")
full = cost[(cost["buy_filled"] >= options.size) & (cost["venue"] != "*")]
means = full.groupby("venue", observed=True)[["buy_bps", "buy_all_in_bps"]].mean().sort_values("buy_all_in_bps")
cheapest = full.loc[full.groupby("t")["buy_all_in_bps"].idxmin(), "venue"].value_counts(normalize=True)

print(f"to buy {options.symbol} for {options.size:,.0f}, bps above the mid, by the mean of the session:")
for venue, row in means.iterrows():
    share = cheapest.get(venue, 0.0)
    print(f"  {venue:<16} {row['buy_bps']:7.3f}   with the taker fee {row['buy_all_in_bps']:7.3f}   "
          f"cheapest {share:4.0%} of the time")
print(f"cheapest: {means.index[0]}")

if options.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    for venue in means.index:
        rows = full[full["venue"] == venue]
        axes.step(rows["t"], rows["buy_all_in_bps"], where="post", label=venue)
    axes.set_ylabel("bps above the mid, fee included")
    axes.set_title(f"Buying {options.symbol} for {options.size:,.0f}")
    axes.legend()
    figure.autofmt_xdate()
    figure.savefig(options.plot, dpi=120, bbox_inches="tight")
    print(f"plot: {options.plot}")
