# SPDX-License-Identifier: Apache-2.0
"""crossbook.route gives what the command line gives."""

import json
import subprocess
from pathlib import Path

import pytest

import crossbook
from conftest import ROOT

DOCUMENTED = ROOT / "testdata" / "coinbase" / "documented.jsonl"
PROGRAM = Path(crossbook.__file__).parents[2] / "bin" / "crossbook"


def test_an_order_is_routed_over_frames_of_the_protocol_documents():
    plan = crossbook.route(DOCUMENTED, "BTC/USD", "sell", size=0.01, home="coinbase")
    assert (plan.symbol, plan.side, plan.filled, plan.residual) == ("BTC/USD", "sell", 0.01, 0.0)
    assert plan.shortfall == "none"
    (leg,) = plan.legs
    assert leg["venue"] == "coinbase" and leg["quantity"] == 0.01
    assert plan.all_in_average < plan.expected_average
    assert plan.fee == pytest.approx(plan.value * leg["fee_bps"] / 1e4)
    assert plan.home["venue"] == "coinbase"
    assert list(plan.to_pandas()["venue"]) == ["coinbase"]


@pytest.mark.skipif(not PROGRAM.is_file(), reason="the program is not built beside the module")
def test_the_plan_is_that_of_the_command_line():
    plan = crossbook.route([DOCUMENTED], "btc-usd", "buy", notional="500", fees={"coinbase": 12.5}, latency_ms=20)
    out = subprocess.run([PROGRAM, "route", "--symbol", "btc-usd", "--side", "buy", "--notional", "500", "--fee",
                          "coinbase=12.5", "--latency-ms", "20", "--json", "--capture", DOCUMENTED],
                         capture_output=True, text=True, check=True).stdout
    assert plan.report == json.loads(out)
    assert plan.legs[0]["fee_bps"] == 12.5


@pytest.mark.parametrize("words, call", [
    ("size.*notional", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy")),
    ("side", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "hold", 1)),
    ("size", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy", -1)),
    ("size", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy", "much")),
    ("fees", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy", 1, fees={"coinbase": 1e9})),
    ("latency_weight", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy", 1, latency_weight=2)),
    ("USDC", lambda: crossbook.route(DOCUMENTED, "BTC/USD", "buy", 1, fx=["USDC=1"])),
])
def test_what_cannot_be_is_refused_by_name(words, call):
    with pytest.raises(crossbook.InputError, match=words):
        call()


def test_a_symbol_that_is_not_there_says_what_is():
    with pytest.raises(crossbook.CaptureError, match="BTC/USD"):
        crossbook.route(DOCUMENTED, "XYZ/USD", "buy", 1)
