# SPDX-License-Identifier: Apache-2.0
"""Every code block of the description that crossbook was made from runs as it stands, but for its import line."""

import os
import re
import textwrap
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import crossbook
from conftest import ROOT, book

SEED = Path(os.environ.get("CROSSBOOK_SEED", ROOT.parent / "shared" / "seed.md"))
IMPORT = re.compile(r"^from src\.cloud\.training\.[\w.]+ import (\w+)$", re.MULTILINE)


def blocks():
    text = SEED.read_text(encoding="utf-8")
    found = re.findall(r"^ *```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in found]


def world():
    """What the blocks take for granted."""

    class ExchangeClient:
        cancelled = []

        def cancel_order(self, order_id):
            self.cancelled.append(order_id)

    return {
        "binance_snapshot": book("BTC/USDT", [(49990.0, 2.0)], [(50010.0, 2.0)], datetime.now()),
        "kraken_snapshot": book("BTC/USDT", [(49995.0, 3.0)], [(50005.0, 3.0)], datetime.now()),
        "datetime": datetime, "timedelta": timedelta, "exchange_client": ExchangeClient(), "volatility_bps": 10.0,
        "actual_fee": 5.2, "actual_latency": 45.0, "executed_price": 50001.0,
    }


@pytest.mark.skipif(not SEED.is_file(), reason=f"{SEED.name} is not beside the repository; CROSSBOOK_SEED names it")
def test_every_code_block_runs_verbatim_after_its_import_line(capsys):
    names, found = world(), blocks()
    assert len(found) >= 7
    imported = set()
    for block in found:
        imported |= set(IMPORT.findall(block))
        exec(compile(IMPORT.sub(r"from crossbook import \1", block), "seed.md", "exec"), names)
    assert imported == {"MultiExchangeOrderbookAggregator", "FeeLatencyCalibrator", "SpreadThresholdManager"}
    assert (names["best_exchange"], names["best_price"]) == ("kraken", 50005.0)
    assert names["best_bid"] == 49995.0 and names["best_ask"] == 50005.0
    assert names["cancelled_orders"] == [] and names["reason"] == "spread_exceeded_threshold"
    assert names["should_cancel"] is True
    assert isinstance(names["total_cost_bps"], float)
    assert "Taker fee: 5.2 bps" in capsys.readouterr().out


def test_the_callback_of_the_description_cancels_on_the_exchange(capsys):
    """The same calls by ourselves, for a clone without that text."""
    manager = crossbook.SpreadThresholdManager(max_spread_bps=10.0, auto_cancel=True, max_order_age_seconds=3600)
    client = world()["exchange_client"]

    def on_cancel(order, reason):
        print(f"Order {order.order_id} cancelled: {reason}")
        client.cancel_order(order.order_id)

    manager.set_cancel_callback(on_cancel)
    manager.place_order(order_id="order_123", symbol="BTC/USDT", side="buy", price=50000.0, size=1.0,
                        spread_threshold_bps=5.0, expires_at=datetime.now() + timedelta(minutes=30))
    manager.update_spread(symbol="BTC/USDT", best_bid=49900.0, best_ask=50010.0)
    manager.monitor_orders()
    assert client.cancelled == ["order_123"]
    assert "Order order_123 cancelled: spread_exceeded_threshold" in capsys.readouterr().out
