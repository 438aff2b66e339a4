# SPDX-License-Identifier: Apache-2.0
"""FeeLatencyCalibrator: the contract."""

import math
from datetime import datetime, timedelta, timezone

import pytest

import crossbook


def fill(calibrator, exchange="binance", role="taker", fee=5.0, latency=40.0, count=1, **more):
    for _ in range(count):
        calibrator.record_execution(exchange, "BTC/USDT", role, size_usd=1000.0, actual_fee_bps=fee,
                                    actual_latency_ms=latency, price=50000.0, **more)


def test_what_was_never_recorded_is_none():
    calibrator = crossbook.FeeLatencyCalibrator()
    assert calibrator.get_fee_calibration("binance") is None
    assert calibrator.get_latency_calibration("binance") is None
    assert calibrator.get_all_calibrations() == {"fees": {}, "latency": {}}


def test_fees_are_medians_and_a_negative_maker_fee_is_a_rebate():
    calibrator = crossbook.FeeLatencyCalibrator(min_samples=4)
    for fee in (5.0, 5.2, 9.0):
        fill(calibrator, fee=fee)
    fill(calibrator, role="maker", fee=-1.0)
    fees = calibrator.get_fee_calibration("binance")
    assert (fees.exchange, fees.taker_fee_bps, fees.maker_fee_bps, fees.maker_rebate_bps) == ("binance", 5.2, -1.0, 1.0)
    assert (fees.sample_count, fees.confidence, fees.calibrated) == (4, 0.5, True)
    assert isinstance(fees.last_updated, datetime) and fees.last_updated.tzinfo is None
    assert fees.taker.samples == 3 and fees.taker.prior == "fallback"


def test_without_fills_of_a_role_its_default_stands():
    calibrator = crossbook.FeeLatencyCalibrator()
    fill(calibrator, role="taker", fee=7.0)
    assert calibrator.get_fee_calibration("binance").maker_fee_bps == 2.0
    assert not calibrator.get_fee_calibration("binance").calibrated


def test_latency_comes_with_percentiles_and_says_when_they_need_more():
    calibrator = crossbook.FeeLatencyCalibrator()
    for latency in range(1, 101):
        fill(calibrator, latency=float(latency))
    latency = calibrator.get_latency_calibration("binance")
    assert latency.mean_latency_ms == pytest.approx(50.5)
    assert latency.p50_latency_ms == pytest.approx(50.5, rel=0.02)
    assert latency.p95_latency_ms == pytest.approx(95, rel=0.02)
    assert latency.calibrated and latency.p95_enough and not latency.p99_enough
    assert calibrator.get_estimated_latency("binance", "p99") == latency.p99_latency_ms
    assert calibrator.get_estimated_latency("binance", "mean") == latency.mean_latency_ms


def test_estimates_fall_back_below_min_samples():
    calibrator = crossbook.FeeLatencyCalibrator(min_samples=10)
    fill(calibrator, fee=1.0, count=9)
    assert calibrator.get_estimated_fee("binance", "taker") == 5.0
    assert calibrator.get_estimated_fee("binance", "taker", fallback_bps=8.0) == 8.0
    assert calibrator.get_estimated_latency("nobody", "p95", 70.0) == 70.0
    fill(calibrator, fee=1.0)
    assert calibrator.get_estimated_fee("binance", "taker", 8.0) == 1.0


def test_a_size_is_not_needed_but_fee_latency_and_price_are():
    calibrator = crossbook.FeeLatencyCalibrator()
    calibrator.record_execution(exchange="binance", symbol="BTC/USDT", order_type="taker", actual_fee_bps=5.0,
                                actual_latency_ms=40.0, price=50000.0)
    assert calibrator.get_fee_calibration("binance").sample_count == 1
    given = {"actual_fee_bps": 5.0, "actual_latency_ms": 40.0, "price": 50000.0}
    for name in given:
        with pytest.raises(ValueError, match=name):
            calibrator.record_execution("binance", "BTC/USDT", "taker",
                                        **{other: value for other, value in given.items() if other != name})
    assert calibrator.get_fee_calibration("binance").sample_count == 1


@pytest.mark.parametrize("spoil, words", [
    ({"size_usd": -1.0}, "size_usd.*-1"), ({"actual_fee_bps": math.nan}, "actual_fee_bps.*nan"),
    ({"actual_latency_ms": -0.5}, "actual_latency_ms"), ({"price": 0.0}, "price"),
    ({"order_type": "limit"}, "order_type.*limit"), ({"exchange": ""}, "exchange")])
def test_an_execution_that_cannot_be_is_refused_by_name(spoil, words):
    calibrator = crossbook.FeeLatencyCalibrator()
    given = {"exchange": "binance", "symbol": "BTC/USDT", "order_type": "taker", "size_usd": 1.0,
             "actual_fee_bps": 5.0, "actual_latency_ms": 40.0, "price": 50000.0} | spoil
    with pytest.raises(crossbook.InputError, match=words):
        calibrator.record_execution(**given)
    assert calibrator.get_fee_calibration("binance") is None


def test_the_total_cost_adds_the_move_while_waiting():
    calibrator = crossbook.FeeLatencyCalibrator(min_samples=1)
    fill(calibrator, fee=5.0, latency=100.0)
    expected = 5.0 + calibrator.get_estimated_latency("binance", "p95") / 1000.0 * 20.0
    assert calibrator.estimate_total_cost_bps("binance", "taker", "p95", 20.0) == pytest.approx(expected)


def test_all_calibrations_have_the_names_of_the_contract():
    calibrator = crossbook.FeeLatencyCalibrator()
    fill(calibrator)
    everything = calibrator.get_all_calibrations()
    assert set(everything["fees"]["binance"]) == {
        "maker_fee_bps", "taker_fee_bps", "maker_rebate_bps", "confidence", "samples"}
    assert set(everything["latency"]["binance"]) == {"mean_ms", "p95_ms", "reliability", "samples"}


def test_recorded_days_are_calibrated_as_of_their_own_end():
    calibrator = crossbook.FeeLatencyCalibrator(lookback_days=7)
    for day in range(20):
        fill(calibrator, fee=float(day), timestamp=datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(days=day))
    fees = calibrator.get_fee_calibration("binance")
    assert fees.last_updated == datetime(2024, 1, 20, tzinfo=timezone.utc)
    assert 7 <= fees.sample_count <= 8
    assert fees.taker.low_bps <= fees.taker.estimate_bps <= fees.taker.high_bps
    assert len(calibrator.get_history("binance")) == fees.sample_count


def test_two_calibrators_merged_are_one_that_was_told_everything():
    parts = [crossbook.FeeLatencyCalibrator() for _ in range(2)]
    whole = crossbook.FeeLatencyCalibrator()
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for i in range(40):
        fill(parts[i % 2], fee=float(i % 7), latency=float(i), timestamp=at + timedelta(minutes=i))
        fill(whole, fee=float(i % 7), latency=float(i), timestamp=at + timedelta(minutes=i))
    parts[0].merge(parts[1])
    assert parts[0].get_all_calibrations() == whole.get_all_calibrations()
    copy = crossbook.FeeLatencyCalibrator()
    copy.restore(whole.state())
    assert copy.get_all_calibrations() == whole.get_all_calibrations()


def test_fee_structures_of_ccxt_are_taken_as_they_are():
    calibrator = crossbook.FeeLatencyCalibrator()
    for exchange, fees in [
        ("a", {"info": {}, "symbol": "BTC/USDT", "maker": 0.0002, "taker": 0.0005, "percentage": True}),
        ("b", {"trading": {"maker": 0.001, "taker": 0.0026, "tierBased": True}}),
        ("c", {"spot": {"maker": -0.0001, "taker": 0.0004}}),
    ]:
        calibrator.load_ccxt_fees(exchange, fees)
    assert calibrator.get_estimated_fee("a", "maker") == 2.0
    assert calibrator.get_estimated_fee("b", "taker") == 26.0
    assert calibrator.get_estimated_fee("c", "maker") == -1.0
    for wrong in ({}, {"maker": None, "taker": 0.1}, "fees", {"maker": 1, "taker": 2, "percentage": False}):
        with pytest.raises(ValueError, match="fees"):
            calibrator.load_ccxt_fees("d", wrong)


def test_published_fees_stand_until_fills_say_otherwise():
    calibrator = crossbook.FeeLatencyCalibrator()
    assert calibrator.get_estimated_fee("kraken", "taker") == 5.0
    calibrator.load_published_fees()
    assert calibrator.get_estimated_fee("kraken", "taker") > 5.0


def test_executions_in_a_store_are_there_the_next_time(tmp_path):
    path = tmp_path / "executions.db"
    calibrator = crossbook.FeeLatencyCalibrator(store=path)
    fill(calibrator, fee=6.5, count=3)
    before = calibrator.get_fee_calibration("binance")
    del calibrator
    again = crossbook.FeeLatencyCalibrator(store=str(path)).get_fee_calibration("binance")
    assert (again.taker_fee_bps, again.sample_count) == (before.taker_fee_bps, 3)


def test_a_store_that_cannot_be_opened_names_its_file(tmp_path):
    with pytest.raises(crossbook.StoreError, match="no_such_folder") as caught:
        crossbook.FeeLatencyCalibrator(store=tmp_path / "no_such_folder" / "x.db")
    assert isinstance(caught.value, RuntimeError)
