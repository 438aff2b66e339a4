# SPDX-License-Identifier: Apache-2.0
"""The values are dataclasses in every respect that code relies on."""

import copy
import dataclasses
import pickle
from datetime import datetime

import pytest

import crossbook
from conftest import book

LEVEL = crossbook.OrderBookLevel(price=1.5, size=2.0)


def test_levels_are_made_by_position_or_keyword_and_count_one_order():
    assert crossbook.OrderBookLevel(1.5, 2.0) == LEVEL
    assert LEVEL.orders == 1
    assert repr(LEVEL) == "OrderBookLevel(price=1.5, size=2.0, orders=1)"


def test_values_compare_by_their_fields_and_cannot_be_keys():
    assert LEVEL != crossbook.OrderBookLevel(1.5, 2.0, 3)
    with pytest.raises(TypeError):
        hash(LEVEL)


def test_snapshots_do_not_share_their_lists():
    first = crossbook.OrderBookSnapshot("BTC/USDT", datetime(2026, 1, 1))
    second = crossbook.OrderBookSnapshot("BTC/USDT", datetime(2026, 1, 1))
    first.bids.append(LEVEL)
    assert second.bids == [] and second.asks == []
    assert (first.mid_price, first.spread_bps, first.best_bid, first.best_ask) == (0.0, 0.0, 0.0, 0.0)


def test_sides_have_the_values_of_the_seed():
    assert [side.value for side in crossbook.OrderBookSide] == ["bid", "ask"]


@pytest.mark.parametrize("remake", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy])
def test_results_survive_pickling_and_copying(two_venues, remake):
    calibrator = crossbook.FeeLatencyCalibrator()
    calibrator.record_execution("x", "BTC/USDT", "taker", None, 5.0, 20.0, 100.0)
    for value in [
        LEVEL,
        book("BTC/USDT", [(1.0, 2.0)], []),
        two_venues.aggregate("BTC/USDT"),
        two_venues.aggregate("BTC/USDT").bids[0],
        calibrator.get_fee_calibration("x"),
        calibrator.get_latency_calibration("x"),
    ]:
        assert remake(value) == value


def test_the_best_exchange_keeps_its_details_when_pickled(two_venues):
    best = pickle.loads(pickle.dumps(two_venues.get_best_exchange("BTC/USDT", "buy", 1e9)))
    assert best == ("kraken", 60005.0)
    assert (best.filled_usd, best.complete) == (180015.0, False)


def test_dataclass_tools_work_on_results(two_venues):
    aggregated = two_venues.aggregate("BTC/USDT")
    best = aggregated.bids[0]
    assert dataclasses.asdict(aggregated)["bids"][0] == {
        "price": 59995.0, "total_size": 3.0, "exchanges": ["kraken"], "weighted_price": best.weighted_price,
        "sizes": [3.0]}
    assert dataclasses.replace(aggregated, exchange_count=7).exchange_count == 7
    assert [field.name for field in dataclasses.fields(crossbook.AggregatedOrderBook)] == [
        "symbol", "timestamp", "bids", "asks", "best_bid", "best_ask", "spread_bps", "total_bid_depth",
        "total_ask_depth", "exchange_count"]


def test_an_aggregated_book_can_be_made_by_hand():
    made = crossbook.AggregatedOrderBook("BTC/USDT", None)
    assert made.bids == [] and made.best_bid is None
    with pytest.raises(AttributeError):
        made.nothing_like_this


def test_a_field_that_was_set_before_it_was_read_stays(two_venues):
    aggregated = two_venues.aggregate("BTC/USDT")
    aggregated.total_bid_depth = 1.25
    assert len(aggregated.asks) == 2 and aggregated.total_bid_depth == 1.25


def test_errors_are_crossbooks_and_pythons():
    assert issubclass(crossbook.InputError, (crossbook.Error, ValueError))
    assert issubclass(crossbook.InputError, ValueError) and issubclass(crossbook.StateError, RuntimeError)
    for error in (crossbook.StoreError, crossbook.CaptureError, crossbook.ForkError):
        assert issubclass(error, crossbook.StateError) and issubclass(error, crossbook.Error)
