#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes performance tracking again, from the raw rows of a store, by code of its own.

    tools/tca_recompute.py STORE                     every derived row; exit 1 and one line per difference
    tools/tca_recompute.py STORE --report FILE.json  and every number of "crossbook tca --json"

Prices, quantities, fees and the parts of the shortfall are whole numbers and fractions here: they must agree exactly.
Ratios are computed as fractions and compared within 1e-9 of their size. The bootstrap repeats the documented draws
(docs/performance_tracking.md).
"""

import argparse
import collections
import json
import sqlite3
import sys
from fractions import Fraction
from pathlib import Path

RATE_ONE = 10**10
MASK = 2**64 - 1
HORIZONS = {50_000_000: "50ms", 10**9: "1s", 15 * 10**9: "15s", 60 * 10**9: "1min", 300 * 10**9: "5min"}
PARTS = ("delay", "latency", "spread", "impact", "fees", "unfilled")
TAKER = 1
RESAMPLES, TAIL, BLOCKS_MIN = 2_000, 50, 10


def rows_of(database, table):
    return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY id")]


def sign_of(decision):
    return 1 if decision["action"] == 0 else -1


def price(row, column):
    """A price column in quote currency, exactly; None where it is not known."""
    return None if row[column] is None else Fraction(row[column], 10 ** row["price_scale"])


def quantity(row, column="quantity"):
    return Fraction(int(row[column]), 10 ** row["quantity_scale"])


def value(row, column):
    """A value, fee or cost in quote currency."""
    return None if row[column] is None else Fraction(int(row[column]),
                                                     10 ** (row["price_scale"] + row["quantity_scale"]))


def mid(row, column=None):
    """Of a doubled mid in that column, or of the row's bid and ask."""
    if column is not None:
        return None if row[column] is None else price(row, column) / 2
    if row["bid"] is None or row["ask"] is None:
        return None
    return (price(row, "bid") + price(row, "ask")) / 2


def rounded_fee(amount, rate, unit):
    """The fee on an amount, rounded up to whole units."""
    exact = amount * rate / RATE_ONE / unit
    return -(-exact.numerator // exact.denominator) * unit


class Check:
    """Counts comparisons and keeps what differed."""

    def __init__(self):
        self.compared = 0
        self.differences = []

    def same(self, what, stored, computed):
        self.compared += 1
        if stored != computed:
            self.differences.append(f"{what}: stored {stored}, computed {computed}")

    def near(self, what, stored, computed):
        self.compared += 1
        if stored is None or computed is None:
            if stored is not computed:
                self.differences.append(f"{what}: stored {stored}, computed {computed}")
        elif abs(float(stored) - float(computed)) > 1e-9 * max(1.0, abs(float(computed))):
            self.differences.append(f"{what}: stored {stored!r}, computed {float(computed)!r}")


class Store:
    """The rows, by what they belong to."""

    def __init__(self, path):
        database = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        self.decisions = {row["decision"]: row for row in rows_of(database, "tca_decisions")}
        self.fills = rows_of(database, "tca_fills")
        self.markouts = rows_of(database, "tca_markouts")
        self.orders = rows_of(database, "tca_orders")
        self.references = rows_of(database, "tca_references")
        self.improvements = rows_of(database, "tca_improvements")
        self.levels = collections.defaultdict(list)
        for row in rows_of(database, "tca_levels"):
            self.levels[row["decision"], row["reference"]].append(row)
        for levels in self.levels.values():
            levels.sort(key=lambda level: level["position"])
        self.fills_of = collections.defaultdict(list)
        for row in self.fills:
            self.fills_of[row["order_id"]].append(row)
        self.orders_of = collections.defaultdict(list)
        for row in self.orders:
            self.orders_of[row["decision"]].append(row)
        self.references_of = collections.defaultdict(list)
        for row in self.references:
            self.references_of[row["decision"]].append(row)
        database.close()


def shortfall_of(decision, order, fills):
    """The parts in quote currency, or None where a mid that they need is not known."""
    sign, m0, sent, end = sign_of(decision), mid(decision), mid(order, "sent_mid"), mid(order, "end_mid")
    if m0 is None:
        return None
    parts = dict.fromkeys(PARTS, Fraction(0))
    for fill in fills:
        match = mid(fill)
        if match is None or sent is None:
            return None
        buys_ask = (decision["action"] == 0) == (fill["role"] == TAKER)
        touch, size = price(fill, "ask" if buys_ask else "bid"), sign * quantity(fill)
        parts["delay"] += size * (sent - m0)
        parts["latency"] += size * (match - sent)
        parts["spread"] += size * (touch - match)
        parts["impact"] += size * (price(fill, "price") - touch)
        parts["fees"] += value(fill, "fee")
    rest = quantity(order) - sum(map(quantity, fills))
    if rest != 0:
        if end is None:
            return None
        parts["unfilled"] = sign * rest * (end - m0)
    return parts


def whole_shortfall(decision, order, fills):
    """The total without its parts: what Perold's paper portfolio would have saved."""
    sign, m0, end = sign_of(decision), mid(decision), mid(order, "end_mid")
    costs = (sign * quantity(fill) * (price(fill, "price") - m0) + value(fill, "fee") for fill in fills)
    total = sum(costs, Fraction(0))
    rest = quantity(order) - sum(map(quantity, fills))
    return total + (sign * rest * (end - m0) if rest else 0)


def check_orders(store, check):
    for order in store.orders:
        name, decision = f"order {order['order_id']}", store.decisions[order["decision"]]
        fills = store.fills_of[order["order_id"]]
        check.same(f"{name} filled", quantity(order, "filled"), sum(map(quantity, fills), Fraction(0)))
        parts = shortfall_of(decision, order, fills)
        stored = {part: value(order, part) for part in PARTS}
        if parts is None:
            check.same(f"{name} parts", set(stored.values()), {None})
            continue
        for part in PARTS:
            check.same(f"{name} {part}", stored[part], 2 * parts[part])
        if None not in stored.values():
            check.same(f"{name} total", sum(stored.values()), 2 * whole_shortfall(decision, order, fills))
    for decision in store.decisions.values():
        orders = store.orders_of[decision["decision"]]
        if orders:
            check.same(f"decision {decision['decision']} quantity", quantity(decision), sum(map(quantity, orders)))


def taken_alone(reference, levels, wanted):
    """Quantity and value of the reference within its depth, lot and minimums."""
    lot = quantity(reference, "lot")
    most = min(wanted, sum(map(quantity, levels), Fraction(0)))
    left = size = most // lot * lot
    amount = Fraction(0)
    for level in levels:
        taken = min(left, quantity(level))
        amount += taken * price(level, "price")
        left -= taken
    if size < quantity(reference, "min_quantity") or amount < value(reference, "min_notional"):
        return Fraction(0), Fraction(0)
    return size, amount


def completion(sign, levels, need, unit):
    """What the rest costs a buyer or brings a seller; None where the levels are too few."""
    by_venue = collections.defaultdict(Fraction)
    for level in levels:
        taken = min(need, quantity(level))
        by_venue[level["venue"], level["fee_rate_micro_bps"]] += taken * price(level, "price")
        need -= taken
    if need > 0:
        return None
    return sum((amount + sign * rounded_fee(amount, rate, unit) for (_, rate), amount in by_venue.items()), Fraction(0))


def with_rest(own, rest):
    return None if rest is None else own + rest


def bps(sign, reference, actual):
    if reference is None or actual is None or reference <= 0:
        return None
    return 10_000 * sign * (reference - actual) / reference


def check_decision(store, check, row):
    """References and improvement of one decision."""
    number, unit = row["decision"], Fraction(1, 10 ** (row["price_scale"] + row["quantity_scale"]))
    name, decision, rest_levels = f"decision {number}", store.decisions[number], store.levels[number, ""]
    sign, wanted = sign_of(decision), quantity(decision)
    best, home, weighted, weights = None, None, Fraction(0), Fraction(0)
    for reference in store.references_of[number]:
        venue = reference["venue"]
        size, amount = taken_alone(reference, store.levels[number, venue], wanted)
        fee = rounded_fee(amount, reference["fee_rate_micro_bps"], unit)
        cost = None
        if reference["ready"]:
            cost = with_rest(amount + sign * fee, completion(sign, rest_levels, wanted - size, unit))
        check.same(f"{name} {venue} quantity", quantity(reference), size)
        check.same(f"{name} {venue} value", value(reference, "value"), amount)
        check.same(f"{name} {venue} fee", value(reference, "fee"), fee)
        check.same(f"{name} {venue} all-in", value(reference, "all_in"), cost)
        if cost is None:
            continue
        if best is None or sign * cost < sign * best[0]:
            best = (cost, venue)
        if venue == decision["home"]:
            home = cost
        weighted, weights = weighted + amount * cost, weights + amount
    fills = [fill for order in store.orders_of[number] for fill in store.fills_of[order["order_id"]]]
    filled = sum(map(quantity, fills), Fraction(0))
    check.same(f"{name} filled", quantity(row, "filled"), filled)
    actual = None
    if filled <= wanted:
        own = sum((quantity(fill) * price(fill, "price") + sign * value(fill, "fee") for fill in fills), Fraction(0))
        actual = with_rest(own, completion(sign, rest_levels, wanted - filled, unit))
    check.same(f"{name} all-in", value(row, "all_in"), actual)
    check.same(f"{name} best venue", row["best_venue"], best[1] if best and actual is not None else "")
    check.near(f"{name} against the best", row["best_single_bps"], bps(sign, best and best[0], actual))
    check.near(f"{name} against home", row["home_bps"], bps(sign, home, actual))
    check.near(f"{name} against the average", row["average_bps"], bps(sign, weights and weighted / weights, actual))


class Draws:
    """splitmix64, and the high half of a 128-bit product."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) * limit) >> 64


def interval_of(blocks):
    draws, means, count = Draws(1), [], len(blocks)
    for _ in range(RESAMPLES):
        chosen = [blocks[draws.below(count)] for _ in range(count)]
        means.append(sum(part for part, _ in chosen) / sum(weight for _, weight in chosen))
    means.sort()
    return means[TAIL], means[RESAMPLES - 1 - TAIL]


def estimate(observations):
    """As crossbook tca --json has it, of (block, value, weight); None without observations."""
    observations = [one for one in observations if one[1] is not None and one[2] > 0]
    if not observations:
        return None
    weights = sum(weight for _, _, weight in observations)
    blocks = collections.defaultdict(lambda: [Fraction(0), Fraction(0)])
    for block, number, weight in observations:
        blocks[block][0] += weight * number
        blocks[block][1] += weight
    below = median = Fraction(0)
    for number, weight in sorted((number, weight) for _, number, weight in observations):
        below, median = below + weight, number
        if below * 2 >= weights:
            break
    low = high = None
    if len(blocks) >= BLOCKS_MIN:
        low, high = interval_of([(float(part), float(weight)) for _, (part, weight) in sorted(blocks.items())])
    evidence = ("n too small" if low is None else "above 0" if low > 0 else "below 0" if high < 0 else "no evidence")
    return {"n": len(observations), "blocks": len(blocks),
            "mean": sum(weight * number for _, number, weight in observations) / weights, "median": median,
            "share_above_zero": Fraction(sum(number > 0 for _, number, _ in observations), len(observations)),
            "low": low, "high": high, "evidence": evidence}


def check_estimate(check, name, shown, observations):
    computed = estimate(observations)
    if shown is None or computed is None:
        check.same(name, shown, computed)
        return
    for key in ("n", "blocks"):
        check.same(f"{name} {key}", shown[key], computed[key])
    for key in ("mean", "median", "share_above_zero", "low", "high"):
        check.near(f"{name} {key}", shown[key], computed[key])
    # An interval that ends at 0 to the last bit may fall to either side of it.
    edges = [edge for edge in (computed["low"], computed["high"]) if edge is not None]
    if all(abs(edge) > 1e-9 for edge in edges):
        check.same(f"{name} evidence", shown["evidence"], computed["evidence"])


def fill_metrics(store, fills):
    """Each metric's observations over these fills."""
    metrics = collections.defaultdict(list)
    later = collections.defaultdict(list)
    for row in store.markouts:
        later[row["order_id"], row["trade"]].append(row)
    for fill in fills:
        decision = store.decisions[fill["decision"]]
        sign, x, m0 = sign_of(decision), price(fill, "price"), mid(decision)
        amount = quantity(fill) * x

        def add(name, number):
            metrics[name].append((fill["decision"], number, amount))

        if m0:
            bid, ask = price(decision, "bid"), price(decision, "ask")
            add("effective_spread_bps", 10_000 * 2 * sign * (x - m0) / m0)
            add("quoted_half_spread_bps", 10_000 * (ask - bid) / 2 / m0)
            if ask > bid:
                add("effective_over_quoted", 2 * sign * (x - m0) / (ask - bid))
        add("fee_bps", 10_000 * value(fill, "fee") / amount)
        for row in later[fill["order_id"], fill["trade"]]:
            m, horizon = mid(row, "mid"), HORIZONS[row["horizon_ns"]]
            if m is None:
                continue
            add(f"markout_bps_{horizon}", 10_000 * sign * (m - x) / x)
            if m0:
                add(f"realised_spread_bps_{horizon}", 10_000 * 2 * sign * (x - m) / m0)
                add(f"price_impact_bps_{horizon}", 10_000 * 2 * sign * (m - m0) / m0)
    return metrics


def check_fills(store, check, name, shown, fills):
    check.same(f"{name} fills", shown["fills"], len(fills))
    check.same(f"{name} orders", shown["orders"], len({fill["order_id"] for fill in fills}))
    metrics = fill_metrics(store, fills)
    for metric, estimates in shown["metrics"].items():
        check_estimate(check, f"{name} {metric}", estimates, metrics.pop(metric, []))
    check.same(f"{name} metrics that are not shown", sorted(metrics), [])


def check_report(store, check, shown):
    def of_quote(row):
        return store.decisions[row["decision"]]["symbol"].split("/")[-1].split(":")[0] == shown["quote"]

    name = shown["quote"]
    orders, fills = list(filter(of_quote, store.orders)), list(filter(of_quote, store.fills))
    check.same(f"{name} decisions", shown["decisions"], sum(map(of_quote, store.decisions.values())))
    check.same(f"{name} orders", shown["orders"], len(orders))
    for reference in ("best_single_bps", "home_bps", "average_bps"):
        check_estimate(check, f"{name} {reference}", shown["improvement"][reference],
                       [(row["decision"], None if row[reference] is None else Fraction(row[reference]),
                         value(row, "all_in")) for row in filter(of_quote, store.improvements)
                        if row["all_in"] is not None])
    known = [order for order in orders if order["delay"] is not None]
    check.same(f"{name} shortfall unknown", shown["shortfall"]["unknown"], len(orders) - len(known))
    total = Fraction(0)
    for part in (*PARTS, "total"):
        observations, exact = [], Fraction(0)
        for order in known:
            decision = store.decisions[order["decision"]]
            parts = shortfall_of(decision, order, store.fills_of[order["order_id"]])
            cost = sum(parts.values()) if part == "total" else parts[part]
            notional = quantity(order) * mid(decision)
            observations.append((order["decision"], 10_000 * cost / notional, notional))
            exact += cost
        total += exact if part != "total" else -exact
        check.same(f"{name} {part}", Fraction(shown["shortfall"][part]["sum"]), exact)
        check_estimate(check, f"{name} {part}", shown["shortfall"][part]["bps"], observations)
    check.same(f"{name} parts less their total", total, 0)
    check_fills(store, check, f"{name} all", shown["all"], fills)
    groups = collections.defaultdict(list)
    for fill in fills:
        groups[fill["venue"], "taker" if fill["role"] == TAKER else "maker"].append(fill)
    check.same(f"{name} groups", [(group["venue"], group["role"]) for group in shown["groups"]], sorted(groups))
    for group in shown["groups"]:
        key = group["venue"], group["role"]
        check_fills(store, check, f"{name} {' '.join(key)}", group, groups.get(key, []))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--report", help="what crossbook tca --json printed for this store")
    options = parser.parse_args()
    store, check = Store(options.store), Check()
    check_orders(store, check)
    for row in store.improvements:
        check_decision(store, check, row)
    if options.report:
        for shown in json.loads(Path(options.report).read_text(encoding="utf-8"))["reports"]:
            check_report(store, check, shown)
    for difference in check.differences:
        print(difference)
    print(f"tca_recompute: {len(store.decisions)} decisions, {len(store.fills)} fills, {check.compared} comparisons, "
          f"{len(check.differences)} differences", file=sys.stderr)
    return 1 if check.differences else 0


if __name__ == "__main__":
    sys.exit(main())
