# SPDX-License-Identifier: Apache-2.0
"""The examples run, say what they should, and draw their plots."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import crossbook
from conftest import ROOT

EXAMPLES = ROOT / "examples" / "python"


def run(name, *arguments):
    environment = os.environ | {"PYTHONPATH": str(Path(crossbook.__file__).parents[1]), "MPLCONFIGDIR": "/tmp"}
    done = subprocess.run([sys.executable, EXAMPLES / name, *map(str, arguments)], capture_output=True, text=True,
                          env=environment, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_png(path):
    assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 10_000


def test_the_flow_of_the_description():
    out = run("seed_flow.py")
    assert "buy at kraken for 50005.0" in out
    assert "order order_123 cancelled: spread_exceeded_threshold (18.0 bps)" in out
    assert "after the first check: [], pending" in out and "after the second: cancelled" in out
    assert "4 executions at kraken" in out


def test_the_cheapest_exchange_of_a_session(tmp_path):
    pytest.importorskip("matplotlib")
    out = run("cheapest_exchange.py", "--seconds", 30, "--plot", tmp_path / "cost.png")
    assert "cheapest: " in out and out.count("with the taker fee") >= 2
    check_png(tmp_path / "cost.png")


def test_the_cheapest_exchange_of_a_recording(recordings):
    capture = recordings / "derived" / "rebase_btc_7venues.jsonl.gz"
    if not capture.is_file():
        pytest.skip(f"{capture.name} is not among the recordings")
    assert "cheapest: " in run("cheapest_exchange.py", capture, "--symbol", "BTC/USD", "--size", 10_000)


def test_calibrating_from_a_csv_of_fills(tmp_path):
    pytest.importorskip("matplotlib")
    out = run("calibrate_fills.py", "--plot", tmp_path / "made_up.png")
    check_png(tmp_path / "made_up.png")
    assert "7.50" in out
    fills = tmp_path / "fills.csv"
    fills.write_text("ts,exchange,symbol,order_type,size_usd,actual_fee_bps,actual_latency_ms,price\n"
                     + "".join(f"2026-01-0{day}T12:00:00Z,kraken,BTC/USD,taker,1000,26.0,{30 + day},50000\n"
                               for day in range(1, 8)))
    out = run("calibrate_fills.py", fills, "--plot", tmp_path / "costs.png")
    assert "kraken" in out and "26.00" in out and "n too small" in out
    check_png(tmp_path / "costs.png")


def test_guarding_orders_on_a_session():
    out = run("guard_session.py", "--seconds", 120)
    assert "orders cancelled: spread_exceeded_threshold" in out and "orders still rest" in out
