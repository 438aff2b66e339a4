# SPDX-License-Identifier: Apache-2.0
"""What several tests use. Property tests run from one seed, so that a failure can be repeated."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import crossbook

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=150,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parents[2]


def book(symbol, bids, asks, at=datetime(2026, 1, 2, 3, 4, 5)):
    """A snapshot out of (price, size) pairs."""
    return crossbook.OrderBookSnapshot(symbol, at, [crossbook.OrderBookLevel(*level) for level in bids],
                                       [crossbook.OrderBookLevel(*level) for level in asks])


@pytest.fixture
def two_venues():
    """binance shows 59990 / 60010 and kraken 59995 / 60005, with 2 and 3 on each side."""
    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    aggregator.add_exchange_orderbook("binance", book("BTC/USDT", [(59990.0, 2.0)], [(60010.0, 2.0)]), latency_ms=50.0)
    aggregator.add_exchange_orderbook("kraken", book("BTC/USDT", [(59995.0, 3.0)], [(60005.0, 3.0)]), latency_ms=80.0)
    return aggregator


@pytest.fixture(scope="session")
def recordings():
    """The folder of recorded sessions; a test that needs it is skipped where there is none."""
    folder = Path(os.environ.get("CROSSBOOK_RECORDINGS", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recorded sessions in {folder}; CROSSBOOK_RECORDINGS names another folder")
    return folder
