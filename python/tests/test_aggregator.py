# SPDX-License-Identifier: Apache-2.0
"""MultiExchangeOrderbookAggregator: the contract, and the cases that its model in Python got wrong."""

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

import crossbook
from conftest import book


def test_the_best_prices_are_those_of_the_best_exchange(two_venues):
    aggregated = two_venues.aggregate(symbol="BTC/USDT")
    assert (aggregated.best_bid, aggregated.best_ask) == (59995.0, 60005.0)
    assert aggregated.spread_bps == pytest.approx(10 / 60000 * 1e4)
    assert (aggregated.total_bid_depth, aggregated.total_ask_depth) == (5.0, 5.0)
    assert [level.price for level in aggregated.bids] == [59995.0, 59990.0]
    assert aggregated.exchange_count == 2
    assert two_venues.get_available_exchanges("BTC/USDT") == ["binance", "kraken"]


def test_the_best_exchange_unpacks_as_a_pair_and_carries_details(two_venues):
    best_exchange, best_price = two_venues.get_best_exchange(symbol="BTC/USDT", side="buy", size_usd=1000.0)
    assert (best_exchange, best_price) == ("kraken", 60005.0)
    best = two_venues.get_best_exchange("BTC/USDT", "sell", 1000.0)
    assert isinstance(best, tuple) and len(best) == 2 and best == ("kraken", 59995.0)
    assert (best.exchange, best.price, best.filled_usd, best.complete) == ("kraken", 59995.0, 1000.0, True)


def test_too_little_depth_says_how_much_was_there(two_venues):
    best = two_venues.get_best_exchange("BTC/USDT", "buy", 1e6)
    assert best.exchange == "kraken" and not best.complete
    assert best.filled_usd == pytest.approx(3 * 60005.0)


def test_equal_prices_are_one_level_and_sizes_add_up_as_decimals():
    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    aggregator.add_exchange_orderbook("b", book("X/Y", [(10.0, 0.1)], [(11.0, 1.0)]))
    aggregator.add_exchange_orderbook("a", book("X/Y", [(10.0, 0.2)], [(11.0, 1.0)]))
    level = aggregator.aggregate("X/Y").bids[0]
    assert (level.price, level.total_size, level.exchanges, level.sizes) == (10.0, 0.3, ["a", "b"], [0.2, 0.1])


def test_latency_makes_a_bid_worth_less_and_an_ask_cost_more(two_venues):
    aggregated = two_venues.aggregate("BTC/USDT")
    assert aggregated.bids[0].weighted_price < aggregated.bids[0].price
    assert aggregated.asks[0].weighted_price > aggregated.asks[0].price
    plain = two_venues.aggregate("BTC/USDT", use_latency_weighting=False)
    assert plain.asks[0].weighted_price == plain.asks[0].price


def test_a_missing_side_is_none_and_not_zero():
    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    aggregator.add_exchange_orderbook("a", book("X/Y", [(10.0, 1.0)], []))
    aggregated = aggregator.aggregate("X/Y")
    assert (aggregated.best_bid, aggregated.best_ask, aggregated.spread_bps) == (10.0, None, None)
    assert aggregated.asks == []


def test_nobody_contributes_to_an_unknown_symbol(two_venues):
    aggregated = two_venues.aggregate("DOGE/USDT")
    assert (aggregated.exchange_count, aggregated.bids, aggregated.timestamp) == (0, [], None)
    with pytest.raises(ValueError, match="DOGE/USDT"):
        two_venues.get_best_exchange("DOGE/USDT", "buy", 1.0)


def test_a_crossed_snapshot_stays_out_and_says_why(two_venues):
    two_venues.add_exchange_orderbook("kraken", book("BTC/USDT", [(60020.0, 1.0)], [(60010.0, 1.0)]))
    assert two_venues.get_available_exchanges("BTC/USDT") == ["binance"]
    assert two_venues.get_excluded_exchanges("BTC/USDT") == {"kraken": "own_book_crossed"}
    assert two_venues.aggregate("BTC/USDT").exchange_count == 1


def test_exchanges_leave_for_each_reason():
    aggregator = crossbook.MultiExchangeOrderbookAggregator(min_reliability=0.6, max_age_seconds=5.0)
    now = datetime.now()
    aggregator.add_exchange_orderbook("good", book("X/Y", [(10.0, 1.0)], [(10.1, 1.0)], now))
    aggregator.add_exchange_orderbook("near", book("X/Y", [(10.0, 1.0)], [(10.1, 1.0)], now))
    aggregator.add_exchange_orderbook("far", book("X/Y", [(20.0, 1.0)], [(20.1, 1.0)], now))
    aggregator.add_exchange_orderbook("old", book("X/Y", [(10.0, 1.0)], [(10.1, 1.0)], now - timedelta(seconds=9)))
    aggregator.add_exchange_orderbook("weak", book("X/Y", [(10.0, 1.0)], [(10.1, 1.0)], now), reliability_score=0.5)
    aggregator.add_exchange_orderbook("void", book("X/Y", [], [], now))
    assert aggregator.get_excluded_exchanges("X/Y") == {
        "far": "off_consensus", "old": "late", "weak": "low_reliability", "void": "no_price"}
    assert aggregator.aggregate("X/Y").exchange_count == 2


def test_removing_an_exchange(two_venues):
    assert two_venues.remove_exchange("BTC/USDT", "kraken") is True
    assert two_venues.remove_exchange("BTC/USDT", "kraken") is False
    assert two_venues.get_best_exchange("BTC/USDT", "buy", 1.0).exchange == "binance"


def test_a_book_is_as_it_was_when_it_was_asked_for(two_venues):
    before = two_venues.aggregate("BTC/USDT")
    two_venues.add_exchange_orderbook("kraken", book("BTC/USDT", [(59000.0, 3.0)], [(60500.0, 3.0)]))
    assert [level.price for level in before.asks] == [60005.0, 60010.0]


def test_books_of_ccxt_are_taken_as_they_are(two_venues):
    two_venues.add_exchange_orderbook("bybit", {
        "symbol": "BTC/USDT", "bids": [[59996.0, 1.0], [59990.0, 2.0, 5]], "asks": [(60004.0, 1.0)],
        "timestamp": 1767322800000, "datetime": "2026-01-02T03:00:00.000Z", "nonce": 7})
    assert two_venues.aggregate("BTC/USDT").best_ask == 60004.0
    two_venues.add_exchange_orderbook("okx", {"symbol": "BTC/USDT", "bids": [[59997.0, 1.0]], "asks": [],
                                              "timestamp": None, "nonce": None})
    assert two_venues.aggregate("BTC/USDT").best_bid == 59997.0


@pytest.mark.parametrize("spoil, words", [
    ({"symbol": None}, "symbol"), ({"bids": None}, "bids"), ({"bids": [[1.0]]}, r"bids\[0\]"),
    ({"asks": [[2.0, 1.0], [math.nan, 1.0]]}, r"asks\[1\].price"), ({"timestamp": -5}, "timestamp")])
def test_a_spoilt_ccxt_book_is_refused_by_name(two_venues, spoil, words):
    ccxt = {"symbol": "BTC/USDT", "bids": [[1.0, 1.0]], "asks": [[2.0, 1.0]], "timestamp": None} | spoil
    with pytest.raises(crossbook.InputError, match=words):
        two_venues.add_exchange_orderbook("bybit", ccxt)
    assert two_venues.get_available_exchanges("BTC/USDT") == ["binance", "kraken"]


@pytest.mark.parametrize("bids, words", [
    ([(math.nan, 1.0)], r"bids\[0\].price.*nan"), ([(1.0, 1.0), (0.5, math.inf)], r"bids\[1\].size.*inf"),
    ([(-1.0, 1.0)], r"bids\[0\].price.*-1"), ([(1.0, 0.0)], r"bids\[0\].size.*0")])
def test_a_level_that_cannot_be_is_refused_by_name_and_changes_nothing(two_venues, bids, words):
    with pytest.raises(ValueError, match=words):
        two_venues.add_exchange_orderbook("kraken", book("BTC/USDT", bids, []))
    assert two_venues.aggregate("BTC/USDT").best_bid == 59995.0


def test_arguments_that_cannot_be_are_refused_by_name(two_venues):
    snapshot = book("BTC/USDT", [(1.0, 1.0)], [])
    for words, call in [
        ("latency_ms", lambda: two_venues.add_exchange_orderbook("a", snapshot, latency_ms=-1.0)),
        ("reliability_score", lambda: two_venues.add_exchange_orderbook("a", snapshot, reliability_score=1.5)),
        ("exchange", lambda: two_venues.add_exchange_orderbook("", snapshot)),
        ("max_levels", lambda: two_venues.aggregate("BTC/USDT", max_levels=0)),
        ("side", lambda: two_venues.get_best_exchange("BTC/USDT", "BUY", 1.0)),
        ("size_usd", lambda: two_venues.get_best_exchange("BTC/USDT", "buy", math.nan)),
        ("latency_weight", lambda: crossbook.MultiExchangeOrderbookAggregator(latency_weight=2.0)),
        ("max_age_seconds", lambda: crossbook.MultiExchangeOrderbookAggregator(max_age_seconds=-1.0)),
    ]:
        with pytest.raises(ValueError, match=words):
            call()


def test_values_of_another_type_are_type_errors(two_venues):
    for call in [
        lambda: two_venues.add_exchange_orderbook("a", "not a book"),
        lambda: two_venues.add_exchange_orderbook("a", book("X/Y", [("1.0", 1.0)], [])),
        lambda: two_venues.add_exchange_orderbook(3, book("X/Y", [(1.0, 1.0)], [])),
        lambda: two_venues.get_best_exchange("BTC/USDT", "buy", "much"),
    ]:
        with pytest.raises(TypeError):
            call()


def test_other_kinds_of_numbers_and_levels_are_understood():
    class Level:
        price = Decimal("10.5")
        size = 3

    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    snapshot = crossbook.OrderBookSnapshot("X/Y", datetime(2026, 1, 1), (Level(),), [[11, 1]])
    aggregator.add_exchange_orderbook("a", snapshot)
    aggregated = aggregator.aggregate("X/Y")
    assert (aggregated.best_bid, aggregated.total_bid_depth, aggregated.best_ask) == (10.5, 3.0, 11.0)


def test_times_come_back_as_they_were_given():
    naive = crossbook.MultiExchangeOrderbookAggregator()
    naive.add_exchange_orderbook("a", book("X/Y", [(1.0, 1.0)], [], datetime(2026, 7, 1, 12, 0, 0, 123456)))
    assert naive.aggregate("X/Y").timestamp == datetime(2026, 7, 1, 12, 0, 0, 123456)
    aware = crossbook.MultiExchangeOrderbookAggregator()
    plus_nine = timezone(timedelta(hours=9))
    aware.add_exchange_orderbook("a", book("X/Y", [(1.0, 1.0)], [], datetime(2026, 7, 1, 12, tzinfo=plus_nine)))
    assert aware.aggregate("X/Y").timestamp == datetime(2026, 7, 1, 3, tzinfo=timezone.utc)
    assert aware.aggregate("X/Y").timestamp.tzinfo is timezone.utc


def test_a_calibrator_lets_learned_fees_decide():
    calibrator = crossbook.FeeLatencyCalibrator(min_samples=1)
    for exchange, fee in [("binance", -1.0), ("kraken", 26.0)]:
        calibrator.record_execution(exchange, "BTC/USDT", "taker", 1000.0, fee, 50.0, 60000.0)
    aggregator = crossbook.MultiExchangeOrderbookAggregator(calibrator=calibrator)
    aggregator.add_exchange_orderbook("binance", book("BTC/USDT", [(59990.0, 2.0)], [(60010.0, 2.0)]))
    aggregator.add_exchange_orderbook("kraken", book("BTC/USDT", [(59995.0, 3.0)], [(60005.0, 3.0)]))
    assert aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0) == ("binance", 60010.0)
