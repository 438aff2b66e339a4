#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the classes beside the algorithms of the system that they replace, written again here in plain Python.

    PYTHONPATH=build/release/python /usr/bin/python3 python/bench/faces.py [--json] [--capture FILE]

Each number is the fastest of several rounds, in microseconds a call, arguments by keyword. The replaced algorithms: for
each level of each exchange look through all levels so far for one within the tolerance; after each execution go through
all records again; at each check go through all orders, those that ended included.
"""

import argparse
import gc
import json
import logging
import os
import random
import statistics
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import crossbook

SYMBOL = "BTC/USDT"


def fastest(call, calls, rounds=5, prepare=None):
    """Microseconds of one call."""
    best = float("inf")
    for _ in range(rounds):
        if prepare is not None:
            prepare()
        gc.disable()
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, time.perf_counter() - begin)
        gc.enable()
    return best / calls * 1e6


# -- the replaced algorithms -------------------------------------------------------------------------------------------


@dataclass
class PlainLevel:
    price: float
    total_size: float
    exchanges: list
    weighted_price: float
    weight: float


class PlainAggregator:
    def __init__(self, max_price_diff_pct=0.01, latency_weight=0.3, min_reliability=0.5):
        self.books, self.tolerance, self.weight, self.reliable = {}, max_price_diff_pct, latency_weight, min_reliability

    def add(self, exchange, snapshot, latency_ms=50.0, reliability_score=1.0):
        self.books.setdefault(snapshot.symbol, {})[exchange] = (snapshot, latency_ms, reliability_score, datetime.now())

    def side(self, symbol, name, reverse):
        levels = []
        for exchange, (snapshot, latency, reliability, _) in self.books[symbol].items():
            if reliability < self.reliable:
                continue
            weight = (1 - self.weight) * reliability + self.weight / (1 + latency / 100)
            for level in getattr(snapshot, name):
                for merged in levels:
                    if abs(merged.price - level.price) / level.price <= self.tolerance / 100 * 100:
                        merged.total_size += level.size
                        if exchange not in merged.exchanges:
                            merged.exchanges.append(exchange)
                        total = merged.weight + weight
                        merged.weighted_price = (merged.weighted_price * merged.weight + level.price * weight) / total
                        merged.weight = total
                        break
                else:
                    levels.append(PlainLevel(level.price, level.size, [exchange], level.price, weight))
        return sorted(levels, key=lambda level: level.price, reverse=reverse)

    def aggregate(self, symbol, max_levels=20):
        bids = self.side(symbol, "bids", True)[:max_levels]
        asks = self.side(symbol, "asks", False)[:max_levels]
        spread = (asks[0].price - bids[0].price) / bids[0].price * 1e4
        return bids, asks, spread, sum(level.total_size for level in bids), sum(level.total_size for level in asks)

    def best_exchange(self, symbol, side, size_usd):
        bids, asks, *_ = self.aggregate(symbol)
        level = (asks if side == "buy" else bids)[0]
        return min(level.exchanges, key=lambda exchange: self.books[symbol][exchange][1]), level.price


@dataclass
class PlainRecord:
    exchange: str
    order_type: str
    fee: float
    latency: float
    at: datetime = field(default_factory=datetime.now)


class PlainCalibrator:
    def __init__(self, lookback_days=30):
        self.records, self.lookback, self.fees, self.latencies = [], timedelta(days=lookback_days), {}, {}

    def record(self, exchange, order_type, fee, latency):
        self.records.append(PlainRecord(exchange, order_type, fee, latency))
        since = datetime.now() - self.lookback
        recent = [record for record in self.records if record.exchange == exchange and record.at >= since]
        maker = [record.fee for record in recent if record.order_type == "maker"]
        taker = [record.fee for record in recent if record.order_type == "taker"]
        self.fees[exchange] = (statistics.median(maker or [2.0]), statistics.median(taker or [5.0]), len(recent))
        latencies = sorted(record.latency for record in recent)
        mean = sum(latencies) / len(latencies)
        self.latencies[exchange] = (mean, *(latencies[int(len(latencies) * share)] for share in (0.5, 0.95, 0.99)))


@dataclass
class PlainOrder:
    order_id: str
    symbol: str
    threshold: float
    created_at: datetime
    expires_at: datetime = None
    status: crossbook.OrderStatus = crossbook.OrderStatus.PENDING
    metadata: dict = field(default_factory=dict)


class PlainManager:
    """Each look asks every order that there ever was; a cancel writes down its reason and time, and logs a line."""

    OVER = [crossbook.OrderStatus.FILLED, crossbook.OrderStatus.CANCELLED, crossbook.OrderStatus.EXPIRED]

    def __init__(self, log=None, age_seconds=None):
        self.orders, self.spreads, self.log, self.age_seconds = {}, {}, log, age_seconds

    def place(self, order_id, symbol, threshold):
        self.orders[order_id] = PlainOrder(order_id, symbol, threshold, datetime.now())

    def update(self, symbol, best_bid, best_ask):
        middle = (best_bid + best_ask) / 2
        self.spreads[symbol] = (datetime.now(), best_bid, best_ask, (best_ask - best_bid) / middle * 1e4, middle)

    def due(self, order):
        if order.status in self.OVER:
            return False, "order_already_terminated"
        if order.expires_at and datetime.now() > order.expires_at:
            return True, "order_expired"
        if self.age_seconds and (datetime.now() - order.created_at).total_seconds() > self.age_seconds:
            return True, "order_too_old"
        told = self.spreads.get(order.symbol)
        if told is None:
            return False, "no_spread_data"
        spread = told[3]
        return (True, f"spread_exceeded_threshold_{spread:.1f}_bps") if spread > order.threshold else (False, "ok")

    def cancel(self, order_id, reason):
        order = self.orders.get(order_id)
        if order is None or order.status in self.OVER:
            return False
        order.status = crossbook.OrderStatus.CANCELLED
        order.metadata["cancel_reason"], order.metadata["cancelled_at"] = reason, datetime.now()
        if self.log is not None:
            self.log.info("order_cancelled order_id=%s symbol=%s reason=%s", order_id, order.symbol, reason)
        return True

    def monitor(self):
        gone = []
        for order_id, order in list(self.orders.items()):
            must, reason = self.due(order)
            if must:
                self.cancel(order_id, reason)
                gone.append(order)
        return gone


def log_to_nowhere():
    log = logging.Logger("plain", logging.INFO)
    log.addHandler(logging.StreamHandler(open(os.devnull, "w", encoding="utf-8")))
    log.handlers[0].setFormatter(logging.Formatter("%(asctime)s [%(levelname)s] %(message)s"))
    return log


# -- the measurements --------------------------------------------------------------------------------------------------


def snapshots(depth, exchanges=5):
    chance = random.Random(3)
    books = []
    for _ in range(exchanges):
        bid, ask = 6_000_000 - chance.randrange(50), 6_000_010 + chance.randrange(50)
        bids, asks = [], []
        for _ in range(depth):
            bids.append(crossbook.OrderBookLevel(bid / 100, chance.randrange(1, 100_000) / 1e5))
            asks.append(crossbook.OrderBookLevel(ask / 100, chance.randrange(1, 100_000) / 1e5))
            bid, ask = bid - chance.randrange(1, 9), ask + chance.randrange(1, 9)
        books.append(crossbook.OrderBookSnapshot(SYMBOL, datetime.now(), bids, asks))
    return books


def aggregator_rows(depth):
    books, plain, ours = snapshots(depth), PlainAggregator(), crossbook.MultiExchangeOrderbookAggregator()
    strict = PlainAggregator(max_price_diff_pct=0.0)
    for i, book in enumerate(books):
        for aggregator in (plain, strict):
            aggregator.add(f"x{i}", book, 50.0 + i)
        ours.add_exchange_orderbook(exchange=f"x{i}", snapshot=book, latency_ms=50.0 + i)
    at = f"5 x {depth} levels a side"
    calls = max(5, 20_000 // depth)
    merged = fastest(lambda: plain.aggregate(SYMBOL), max(3, calls // 20))
    exact = fastest(lambda: strict.aggregate(SYMBOL), 3, 2) if depth <= 100 else None

    def read_all():
        book = ours.aggregate(symbol=SYMBOL)
        return book.bids, book.asks, book.total_bid_depth

    yield f"aggregate(), {at}", merged, fastest(lambda: ours.aggregate(symbol=SYMBOL), 5_000)
    yield f"aggregate() and every level read, {at}; plain: equal prices merged", exact, fastest(read_all, 500)
    yield (f"get_best_exchange(), {at}", fastest(lambda: plain.best_exchange(SYMBOL, "buy", 1e4), max(3, calls // 20)),
           fastest(lambda: ours.get_best_exchange(symbol=SYMBOL, side="buy", size_usd=1e4), 5_000))
    yield (f"add_exchange_orderbook(), {depth} levels a side",
           fastest(lambda: plain.add(exchange="x0", snapshot=books[0], latency_ms=50.0), 5_000),
           fastest(lambda: ours.add_exchange_orderbook(exchange="x0", snapshot=books[0], latency_ms=50.0), calls))


def calibrator_rows(records):
    plain, ours = PlainCalibrator(), crossbook.FeeLatencyCalibrator()

    def record():
        ours.record_execution(exchange="x1", symbol=SYMBOL, order_type="taker", size_usd=1000.0, actual_fee_bps=5.2,
                              actual_latency_ms=45.0, price=50000.0)

    for i in range(records):
        plain.records.append(PlainRecord(f"x{i % 5}", "maker" if i % 3 else "taker", 5.0 + i % 7, 40.0 + i % 31))
        ours.record_execution(exchange=f"x{i % 5}", symbol=SYMBOL, order_type="maker" if i % 3 else "taker",
                              size_usd=1000.0, actual_fee_bps=5.0 + i % 7, actual_latency_ms=40.0 + i % 31, price=5e4)
    behind = f"{records:,} records behind it"
    yield (f"record_execution(), {behind}", fastest(lambda: plain.record("x1", "taker", 5.2, 45.0), 3),
           fastest(record, 5_000))
    yield "get_fee_calibration()", None, fastest(lambda: ours.get_fee_calibration(exchange="x1"), 5_000)
    yield "get_latency_calibration()", None, fastest(lambda: ours.get_latency_calibration(exchange="x1"), 5_000)
    yield ("get_estimated_fee()", None,
           fastest(lambda: ours.get_estimated_fee(exchange="x1", order_type="taker"), 5_000))


class Desk:
    """So many orders in both managers."""

    def __init__(self, orders, log=None):
        self.count, self.log = orders, log
        self.fill()

    def fill(self):
        self.plain, self.ours = PlainManager(self.log), crossbook.SpreadThresholdManager()
        for i in range(self.count):
            self.plain.place(str(i), SYMBOL, 5.0)
            self.ours.place_order(order_id=str(i), symbol=SYMBOL, side="buy", price=5e4, size=1.0,
                                  spread_threshold_bps=5.0)
        self.tell(50010.0)

    def tell(self, ask):
        self.plain.update(SYMBOL, 49995.0, ask)
        self.ours.update_spread(symbol=SYMBOL, best_bid=49995.0, best_ask=ask)


def manager_rows(orders):
    desk = Desk(orders)
    resting = f"{orders:,} orders"
    yield (f"monitor_orders(), {resting}, none due", fastest(lambda: desk.plain.monitor(), 10),
           fastest(lambda: desk.ours.monitor_orders(), 5_000))
    yield (f"update_spread(), {resting}",
           fastest(lambda: desk.plain.update(symbol=SYMBOL, best_bid=49995.0, best_ask=50010.0), 5_000),
           fastest(lambda: desk.ours.update_spread(symbol=SYMBOL, best_bid=49995.0, best_ask=50010.0), 5_000))
    order = desk.ours.get_order("1")
    yield ("should_cancel_order()", None,
           fastest(lambda: desk.ours.should_cancel_order(order=order, current_spread_bps=4.0), 5_000))
    yield "get_spread_snapshot()", None, fastest(lambda: desk.ours.get_spread_snapshot(symbol=SYMBOL), 5_000)

    def refill():
        desk.fill()
        desk.tell(51000.0)

    cancelled = f"monitor_orders(), {resting}, all cancelled"
    ours = fastest(lambda: desk.ours.monitor_orders(), 1, 9, refill)
    read = fastest(lambda: [(order.order_id, order.reason) for order in desk.ours.monitor_orders()], 1, 9, refill)
    yield cancelled, fastest(lambda: desk.plain.monitor(), 1, 5, refill), ours
    yield f"{cancelled}, id and reason read", None, read
    desk.log = log_to_nowhere()
    yield f"{cancelled}; plain: logged", fastest(lambda: desk.plain.monitor(), 1, 5, refill), ours
    desk.log = None
    yield (f"monitor_orders(), {resting} that ended", fastest(lambda: desk.plain.monitor(), 10),
           fastest(lambda: desk.ours.monitor_orders(), 5_000))
    ids = iter([f"n{i}" for i in range(40_000)])

    def place():
        desk.ours.place_order(order_id=next(ids), symbol=SYMBOL, side="buy", price=5e4, size=1.0,
                              spread_threshold_bps=5.0)

    yield (f"place_order(), {resting} behind it",
           fastest(lambda: desk.plain.place(next(ids), SYMBOL, 5.0), 3_000), fastest(place, 3_000))


def replay_rows(captures):
    """Millions of events a second into tables, and into Python objects."""
    for capture in captures:
        for tables in (("best",), ("events",), ("best", "tops", "trades", "states", "events")):
            best, events = float("inf"), 0
            for _ in range(5):
                begin = time.perf_counter()
                columns = crossbook.replay(capture).columns(*tables)
                best = min(best, time.perf_counter() - begin)
            events = len(columns["events"]) if "events" in tables else events
            if not events:
                events = len(crossbook.replay(capture).columns("events").events)
            yield f"{capture}: {', '.join(tables)}", events, events / best


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--capture", nargs="*", default=[], help="recorded sessions to replay into tables")
    arguments = parser.parse_args()
    rows = []
    for measured in (aggregator_rows(20), aggregator_rows(100), calibrator_rows(1_000), calibrator_rows(100_000),
                     manager_rows(1_000), manager_rows(10_000)):
        rows += measured
    replays = list(replay_rows(arguments.capture))
    if arguments.json:
        print(json.dumps({"calls": [{"call": name, "plain_us": plain, "us": ours} for name, plain, ours in rows],
                          "replays": [{"replay": name, "events": events, "events_per_second": speed}
                                      for name, events, speed in replays]}, indent=1))
        return
    print(f"{'call':<76} {'plain us':>11} {'us':>9} {'times':>8}")
    for name, plain, ours in rows:
        shown = (f"{plain:>11.2f}", f"{plain / ours:>8.1f}") if plain is not None else (" " * 11, " " * 8)
        print(f"{name:<76} {shown[0]} {ours:>9.2f} {shown[1]}")
    for name, events, speed in replays:
        print(f"{name}: {events:,} events, {speed / 1e6:.2f} million a second")


if __name__ == "__main__":
    main()
