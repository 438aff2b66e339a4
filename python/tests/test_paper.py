# SPDX-License-Identifier: Apache-2.0
"""crossbook.paper runs the loop of the command line."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

import crossbook

PROGRAM = Path(crossbook.__file__).parents[2] / "bin" / "crossbook"
WRITER = PROGRAM.parent / "write_market"


def test_the_built_in_flow_trades_on_the_simulated_market():
    paper = crossbook.paper(seed=1, seconds=30)
    assert sum(paper.states.values()) == len(paper.orders) > 3
    assert paper.states["filled"] > 0
    for order in paper.orders:
        filled = sum(Decimal(fill["quantity"]) for fill in paper.fills if fill["order"] == order["order"])
        assert filled == Decimal(order["filled"]) <= Decimal(order["quantity"])
        assert order["ended_at"] >= order["decided_at"]
    frame = paper.orders_to_pandas()
    assert list(frame["order"]) == [order["order"] for order in paper.orders]
    assert str(frame["decided_at"].dtype) == "datetime64[ns, UTC]"
    assert paper.fills_to_pandas()["quantity"].min() > 0
    assert crossbook.paper(seed=1, seconds=30).effects_sha256 == paper.effects_sha256
    assert crossbook.paper(seed=2, seconds=30).effects_sha256 != paper.effects_sha256


@pytest.mark.skipif(not (PROGRAM.is_file() and WRITER.is_file()), reason="the program is not built beside the module")
def test_the_report_is_that_of_the_command_line(tmp_path):
    capture = tmp_path / "market.jsonl"
    subprocess.run([WRITER, "3", "15", capture], check=True)
    script = tmp_path / "orders.toml"
    script.write_text('[[orders]]\nat = 2\nevery = 1\ncount = 8\nside = "alternate"\ntype = "ioc"\nnotional = "300"\n')
    paper = crossbook.paper(capture, script)
    out = subprocess.run([PROGRAM, "replay", capture, "--paper", script, "--json"],
                         capture_output=True, text=True, check=True).stdout
    assert paper.report == json.loads(out)["paper"]
    assert paper.states["filled"] > 0
    at_kraken = crossbook.paper(capture, script, home="kraken")
    out = subprocess.run([PROGRAM, "replay", capture, "--paper", script, "--home", "kraken", "--json"],
                         capture_output=True, text=True, check=True).stdout
    assert at_kraken.report == json.loads(out)["paper"] != paper.report


def test_a_home_that_is_no_venue_is_named():
    with pytest.raises(crossbook.InputError, match="no venue is named 'krakn'"):
        crossbook.paper(home="krakn")


def test_a_store_keeps_what_was_learned(tmp_path):
    store = tmp_path / "paper.db"
    fills = len(crossbook.paper(seed=1, seconds=30, store=store).fills)
    calibrator = crossbook.FeeLatencyCalibrator(store=store, min_samples=1)
    assert sum(fee["samples"] for fee in calibrator.get_all_calibrations()["fees"].values()) == fills


@pytest.mark.parametrize("text, words", [
    ("", "no .*orders"),
    ('[[orders]]\nat = 1\nside = "hold"\nsize = "1"\n', "hold"),
    ('[[orders]]\nat = 1\nside = "buy"\nsize = "1"\nspeed = 3\n', "unknown key speed"),
])
def test_mistakes_of_a_script_are_named(tmp_path, text, words):
    script = tmp_path / "orders.toml"
    script.write_text(text)
    with pytest.raises(crossbook.InputError, match=words):
        crossbook.paper(script=script, seconds=1)


def test_a_capture_that_is_not_there_is_named():
    with pytest.raises(crossbook.CaptureError, match="nowhere.jsonl"):
        crossbook.paper("nowhere.jsonl")
