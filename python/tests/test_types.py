# SPDX-License-Identifier: Apache-2.0
"""The types that are declared are those that are there."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import crossbook

pytest.importorskip("mypy")
PACKAGE = Path(crossbook.__file__).parent


def run(*arguments, tmp_path):
    environment = os.environ | {"MYPY_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=PACKAGE.parent, env=environment, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_passes_strict_mypy(tmp_path):
    run("mypy", "--strict", "-p", "crossbook", tmp_path=tmp_path)


def test_the_stubs_describe_the_compiled_core(tmp_path):
    allowed = Path(__file__).with_name("stubtest_allowlist.txt")
    run("mypy.stubtest", "crossbook._core", "--allowlist", str(allowed), tmp_path=tmp_path)


def test_the_types_travel_with_the_package():
    assert (PACKAGE / "py.typed").is_file() and (PACKAGE / "_core.pyi").is_file()


@pytest.mark.parametrize("call, signature", [
    (crossbook.OrderBookLevel, "(price: 'float', size: 'float', orders: 'int' = 1) -> None"),
    (crossbook.OrderBookSnapshot, "(symbol, timestamp, bids, asks, mid_price=0.0, spread_bps=0.0, best_bid=0.0, "
                                  "best_ask=0.0)"),
    (crossbook.MultiExchangeOrderbookAggregator, "(latency_weight=0.3, min_reliability=0.5, max_price_diff_pct=0.01, "
                                                 "max_age_seconds=None, calibrator=None)"),
    (crossbook.MultiExchangeOrderbookAggregator.add_exchange_orderbook,
     "(self, exchange, snapshot, latency_ms=50.0, reliability_score=1.0)"),
    (crossbook.MultiExchangeOrderbookAggregator.aggregate,
     "(self, symbol, max_levels=20, use_latency_weighting=True)"),
    (crossbook.MultiExchangeOrderbookAggregator.get_best_exchange, "(self, symbol, side, size_usd)"),
    (crossbook.MultiExchangeOrderbookAggregator.get_available_exchanges, "(self, symbol)"),
    (crossbook.MultiExchangeOrderbookAggregator.remove_exchange, "(self, symbol, exchange)"),
    (crossbook.FeeLatencyCalibrator, "(lookback_days=30, min_samples=10, store=None)"),
    (crossbook.FeeLatencyCalibrator.record_execution,
     "(self, exchange, symbol, order_type, size_usd=None, actual_fee_bps=Ellipsis, actual_latency_ms=Ellipsis, "
     "price=Ellipsis, expected_fee_bps=None, expected_latency_ms=None, timestamp=None)"),
    (crossbook.FeeLatencyCalibrator.get_estimated_fee, "(self, exchange, order_type, fallback_bps=5.0)"),
    (crossbook.FeeLatencyCalibrator.get_estimated_latency, "(self, exchange, percentile='p50', fallback_ms=50.0)"),
    (crossbook.FeeLatencyCalibrator.estimate_total_cost_bps,
     "(self, exchange, order_type, percentile, volatility_bps)"),
    (crossbook.SpreadThresholdManager, "(max_spread_bps=10.0, auto_cancel=True, check_interval_seconds=1, "
                                       "max_order_age_seconds=None, max_data_age=None, store=None)"),
    (crossbook.SpreadThresholdManager.place_order,
     "(self, order_id, symbol, side, price, size, order_type='limit', spread_threshold_bps=None, expires_at=None, "
     "exchange='unknown', metadata=None)"),
    (crossbook.SpreadThresholdManager.update_spread, "(self, symbol, best_bid, best_ask, exchange=None)"),
    (crossbook.SpreadThresholdManager.should_cancel_order, "(self, order, current_spread_bps=None)"),
    (crossbook.SpreadThresholdManager.cancel_order, "(self, order_id, reason='manual')"),
    (crossbook.SpreadThresholdManager.clear_old_orders, "(self, max_age_hours=24)"),
    (crossbook.SpreadThresholdManager.get_active_orders, "(self, symbol=None)"),
])
def test_signatures_are_those_of_the_contract(call, signature):
    """Names, order and defaults; types are mypy's business."""
    found = inspect.signature(call)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in found.parameters.values()]
    shown = str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    assert shown.replace("=<factory>", "") == signature.replace(": 'float'", "").replace(": 'int' = ", "=").replace(
        " -> None", "")


def test_everything_public_is_documented_and_named_by_its_package():
    for name in crossbook.__all__:
        public = getattr(crossbook, name)
        assert inspect.getdoc(public), name
        assert public.__module__ == "crossbook", name
        for member, value in inspect.getmembers(public):
            if not member.startswith("_") and inspect.isfunction(value):
                assert inspect.getdoc(value), f"{name}.{member}"


def test_the_examples_in_the_documentation_run():
    import doctest
    import importlib

    tried = 0
    for module in ("crossbook", "crossbook._faces", "crossbook._manager", "crossbook._replay", "crossbook._types"):
        outcome = doctest.testmod(importlib.import_module(module))
        assert outcome.failed == 0, module
        tried += outcome.attempted
    assert tried > 20
