# SPDX-License-Identifier: Apache-2.0
"""Properties: the classes against plain models in Python, with exact fractions where sizes add up."""

import statistics
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

import crossbook
from conftest import book

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
prices = st.integers(9900, 10100).map(lambda ticks: ticks / 100)
sizes = st.one_of(st.integers(1, 10**6).map(lambda lots: lots / 1000), st.floats(1e-9, 1e6))
levels = st.lists(st.tuples(prices, sizes), max_size=12)
names = st.sampled_from(["binance", "bybit", "coinbase", "kraken", "okx"])


def exact(size):
    """The decimal that a person who writes the double means."""
    return Fraction(Decimal(repr(size)))


class Books:
    """The aggregator in a few lines: no latency, no consensus."""

    def __init__(self, books):
        self.books = {}
        for exchange, (bids, asks) in books.items():
            sides = (self.side(bids, reverse=True), self.side(asks, reverse=False))
            if not (sides[0] and sides[1] and sides[0][0][0] > sides[1][0][0]) and (sides[0] or sides[1]):
                self.books[exchange] = sides

    @staticmethod
    def side(levels, reverse):
        total = {}
        for price, size in levels:
            total[price] = total.get(price, 0) + exact(size)
        return sorted(total.items(), reverse=reverse)

    def merged(self, side):
        total = {}
        for exchange in sorted(self.books):
            for price, size in self.books[exchange][side]:
                total.setdefault(price, []).append((exchange, size))
        return sorted(total.items(), reverse=side == 0)

    def fill(self, exchange, side, value):
        left, quantity = Fraction(value), Fraction(0)
        for price, size in self.books[exchange][side]:
            here = min(left, Fraction(price) * size)
            left, quantity = left - here, quantity + here / Fraction(price)
        return Fraction(value) - left, quantity


@given(st.dictionaries(names, st.tuples(levels, levels), max_size=5), st.integers(1, 30))
def test_the_aggregated_book_is_the_sum_of_the_books(books, max_levels):
    aggregator = crossbook.MultiExchangeOrderbookAggregator(max_price_diff_pct=1.0, latency_weight=0.0)
    for exchange, (bids, asks) in books.items():
        aggregator.add_exchange_orderbook(exchange, book("X/Y", bids, asks))
    model, got = Books(books), aggregator.aggregate("X/Y", max_levels=max_levels)
    assert got.exchange_count == len(model.books)
    for side, shown, depth in ((0, got.bids, got.total_bid_depth), (1, got.asks, got.total_ask_depth)):
        expected = model.merged(side)[:max_levels]
        assert [level.price for level in shown] == [price for price, _ in expected]
        for level, (price, parts) in zip(shown, expected):
            assert level.exchanges == [exchange for exchange, _ in parts]
            assert level.total_size == float(sum(size for _, size in parts))
            assert level.weighted_price == price
        assert depth == float(sum(size for _, parts in expected for _, size in parts))


@given(st.dictionaries(names, st.tuples(levels, levels), min_size=1, max_size=5), st.sampled_from(["buy", "sell"]),
       st.floats(1.0, 1e9))
def test_the_best_exchange_fills_most_and_then_costs_least(books, side, value):
    aggregator = crossbook.MultiExchangeOrderbookAggregator(max_price_diff_pct=1.0, latency_weight=0.0)
    for exchange, (bids, asks) in books.items():
        aggregator.add_exchange_orderbook(exchange, book("X/Y", bids, asks))
    model, taken = Books(books), 1 if side == "buy" else 0
    fills = {exchange: model.fill(exchange, taken, value) for exchange, sides in model.books.items() if sides[taken]}
    if not fills:
        try:
            aggregator.get_best_exchange("X/Y", side, value)
        except crossbook.InputError:
            return
        raise AssertionError("nobody could have filled it")
    got = aggregator.get_best_exchange("X/Y", side, value)
    most = max(filled for filled, _ in fills.values())
    filled, quantity = fills[got.exchange]
    close = Fraction(1, 10**9)
    assert filled >= most * (1 - close)
    assert got.complete == (got.filled_usd == value)
    assert abs(got.filled_usd - filled) <= filled * close
    average = filled / quantity
    assert abs(Fraction(got.price) - average) <= average * close
    rivals = [f / q for f, q in fills.values() if f >= most * (1 - close)]
    best = min(rivals) if side == "buy" else max(rivals)
    assert abs(average - best) <= best * close


executions = st.lists(st.tuples(st.sampled_from(["maker", "taker"]), st.integers(-300, 3000), st.integers(1, 500_000)),
                      min_size=1, max_size=80)


@given(executions, st.integers(1, 20))
def test_calibrations_are_medians_means_and_percentiles(fills, min_samples):
    calibrator = crossbook.FeeLatencyCalibrator(min_samples=min_samples)
    for i, (role, fee, latency) in enumerate(fills):
        calibrator.record_execution("x", "X/Y", role, 1000.0, fee / 100, latency / 1000, 1.0,
                                    timestamp=AT + timedelta(seconds=i))
    fees, latency = calibrator.get_fee_calibration("x"), calibrator.get_latency_calibration("x")
    assert fees.sample_count == latency.sample_count == len(fills)
    assert fees.confidence == min(1.0, len(fills) / (2 * min_samples))
    assert fees.calibrated == latency.calibrated == (len(fills) >= min_samples)
    assert fees.last_updated == AT + timedelta(seconds=len(fills) - 1)
    for role, got, otherwise in (("maker", fees.maker_fee_bps, 2.0), ("taker", fees.taker_fee_bps, 5.0)):
        own = sorted(fee / 100 for of, fee, _ in fills if of == role)
        if not own:
            assert got == otherwise
        elif len(set(own)) <= 64:
            middle = statistics.median_low(own), statistics.median_high(own)
            assert middle[0] - 1e-6 <= got <= middle[1] + 1e-6
    assert fees.maker_rebate_bps == max(0.0, -fees.maker_fee_bps)
    times = sorted(ms / 1000 for _, _, ms in fills)
    assert abs(latency.mean_latency_ms - statistics.fmean(times)) <= 1e-6 + 1e-9 * statistics.fmean(times)
    for share, got in ((0.5, latency.p50_latency_ms), (0.95, latency.p95_latency_ms), (0.99, latency.p99_latency_ms)):
        rank = share * (len(times) - 1)
        low, high = times[max(0, int(rank) - 1)], times[min(len(times) - 1, int(rank) + 2)]
        assert low * 0.985 - 1e-3 <= got <= high * 1.015 + 1e-3


class Orders:
    """The manager in a few lines: without callback, age and expiry."""

    def __init__(self):
        self.orders, self.spread = {}, None

    def place(self, order_id, threshold):
        if order_id in self.orders:
            return False
        self.orders[order_id] = [threshold, "pending"]
        return True

    def monitor(self):
        gone = []
        for order_id, order in self.orders.items():
            if order[1] == "pending" and self.spread is not None and self.spread > order[0]:
                order[1] = "cancelled"
                gone.append(order_id)
        return gone

    def end(self, order_id, status, beats=("pending",)):
        if self.orders.get(order_id, [0, ""])[1] not in beats:
            return False
        self.orders[order_id][1] = status
        return True


ids = st.integers(0, 8).map(str)
steps = st.lists(st.one_of(
    st.tuples(st.just("place"), ids, st.integers(0, 100)), st.tuples(st.just("spread"), st.integers(0, 100)),
    st.tuples(st.just("unusable")), st.tuples(st.just("monitor")), st.tuples(st.just("cancel"), ids),
    st.tuples(st.just("fill"), ids)), max_size=60)


@given(steps)
def test_the_manager_does_what_its_model_does(steps):
    manager, model = crossbook.SpreadThresholdManager(), Orders()
    for step in steps:
        if step[0] == "place":
            placed = True
            try:
                manager.place_order(step[1], "X/Y", "buy", 1.0, 1.0, spread_threshold_bps=float(step[2]))
            except crossbook.InputError:
                placed = False
            assert placed == model.place(step[1], step[2])
        elif step[0] == "spread":
            # So many bps: 1e4 (ask - bid) / mid with a mid of 10000.
            manager.update_spread("X/Y", 10000.0 - step[1] / 2, 10000.0 + step[1] / 2)
            model.spread = step[1]
        elif step[0] == "unusable":
            manager.update_spread("X/Y", 2.0, 1.0)
            model.spread = None
        elif step[0] == "monitor":
            assert sorted(order.order_id for order in manager.monitor_orders()) == sorted(model.monitor())
        elif step[0] == "cancel":
            assert manager.cancel_order(step[1]) == model.end(step[1], "cancelled")
        else:
            # A fill always counts, after the cancel as well.
            assert manager.fill_order(step[1]) == model.end(step[1], "filled", beats=("pending", "cancelled"))
        for order_id, (_, status) in model.orders.items():
            assert manager.get_order(order_id).status.value == status
