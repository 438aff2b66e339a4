#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The loop on paper from the command line: its steps, report and store agree, and mistakes are named.

    tests/replay/paper_test.py --program crossbook --writer write_market
"""

import argparse
import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = WRITER = None

SCRIPT = """
home = "kraken"

[venues.binance]
taker_fee_bps = 6.5
latency_ms = 20
report_ms = 10

[[orders]]
at = 2
every = 0.8
count = 20
side = "alternate"
type = "ioc"
notional = "400"
offset_bps = -2

[[orders]]
at = 2.4
every = 1.1
count = 12
side = "alternate"
type = "post_only"
notional = "400"
max_spread_bps = 0.5
watch = "venue"

[[orders]]
at = 3
side = "buy"
type = "post_only"
price = "cross"
size = "0.01"
"""


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


class PaperTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = Path(cls.folder.name)
        cls.capture, cls.script, cls.store = folder / "market.jsonl", folder / "orders.toml", folder / "paper.db"
        subprocess.run([WRITER, "1", "25", cls.capture], check=True)
        cls.script.write_text(SCRIPT)
        cls.told = run("replay", cls.capture, "--paper", cls.script)
        done = run("replay", cls.capture, "--paper", cls.script, "--store", cls.store, "--json")
        assert done.returncode == 0, done.stderr
        cls.report = json.loads(done.stdout)["paper"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_order_ends_and_says_why(self):
        orders = self.report["orders"]
        self.assertEqual(self.report["wishes"], 33)
        self.assertEqual(sum(orders.values()) + sum(self.report["unmade"].values()), 33)
        self.assertEqual([orders[state] for state in ("pending", "active", "cancelling", "unknown")], [0] * 4)
        self.assertGreater(orders["filled"], 5)
        self.assertGreater(self.report["cancels"].get("spread_exceeded_threshold", 0), 0)
        self.assertEqual(self.report["alarms"], {})

    def test_a_post_only_order_that_would_take_is_refused_by_the_exchange(self):
        self.assertGreaterEqual(self.report["rejected"].get("would_take", 0), 1)

    def test_the_scripts_fee_and_latency_are_learned(self):
        learned = self.report["learned"]
        if self.report["venues"].get("binance", {}).get("fills"):
            self.assertEqual(learned["fees"]["binance"]["taker_fee_bps"], 6.5)
            self.assertAlmostEqual(learned["latency"]["binance"]["p95_ms"], 30, delta=0.5)

    def test_each_step_is_a_line_and_the_end_a_report(self):
        self.assertEqual(self.told.returncode, 0, self.told.stderr)
        lines = self.told.stdout.splitlines()
        steps = [line for line in lines if re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z #\d+ ", line)]
        decided = [line for line in steps if " best of " in line]
        self.assertEqual(len(decided), sum(self.report["orders"].values()))
        self.assertTrue(any(re.search(r"fill [\d.]+ at [\d.]+ as taker, fee [\d.]+ \([\d.]+ bps\)", s) for s in steps))
        self.assertTrue(any("cancel: spread_exceeded_threshold" in s for s in steps))
        self.assertIn("implementation shortfall", self.told.stdout)
        self.assertIn(self.report["effects_sha256"], self.told.stdout)  # with a store or without

    def test_the_store_gives_the_same_performance_and_another_program_agrees(self):
        told = run("tca", "--store", self.store, "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertEqual(json.loads(told.stdout), self.report["performance"])
        again = Path(self.folder.name) / "tca.json"
        again.write_text(told.stdout)
        checked = subprocess.run([sys.executable, ROOT / "tools" / "tca_recompute.py", self.store, "--report", again],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_the_store_lists_the_orders(self):
        told = run("orders", "--store", self.store, "--all", "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        states = [order["status"] for order in json.loads(told.stdout)["orders"]]
        for state in ("filled", "cancelled"):
            self.assertEqual(states.count(state), self.report["orders"][state])

    def test_what_one_session_learned_the_next_begins_with(self):
        store = Path(self.folder.name) / "twice.db"
        first = json.loads(run("replay", self.capture, "--paper", self.script, "--store", store, "--json").stdout)
        again = json.loads(run("replay", self.capture, "--paper", self.script, "--store", store, "--json").stdout)
        samples = [sum(venue["samples"] for venue in report["paper"]["learned"]["fees"].values())
                   for report in (first, again)]
        self.assertGreater(samples[0], 0)
        self.assertGreater(samples[1], samples[0])

    def bought_on(self, store, script=None):
        """What the fills of a session on that store paid at binance, by role, and how long acknowledgements took."""
        first = self.rows(store)
        done = run("replay", self.capture, "--paper", script or self.at_binance(), "--store", store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows(store)[len(first):]
        self.assertGreater(len(rows), 10)
        return {role: fee / 1e6 for role, fee, _ in rows}, min(ack for _, _, ack in rows if ack is not None) / 1e6

    @staticmethod
    def rows(store):
        if not store.exists():
            return []
        with contextlib.closing(sqlite3.connect(store)) as database:
            return database.execute("SELECT role, fee_micro_bps, order_to_ack_ns FROM executions "
                                    "WHERE order_id IS NOT NULL AND order_id != '' ORDER BY id").fetchall()

    def at_binance(self, more=""):
        script = Path(self.folder.name) / f"binance{len(more)}.toml"
        script.write_text(more + """
[[orders]]
at = 2
every = 0.8
count = 20
side = "alternate"
venue = "binance"
type = "ioc"
notional = "400"
offset_bps = -2
""")
        return script

    def imported(self, store):
        """Twelve executions of mine as a taker at binance, 7.5 bps and 160 ms each."""
        fills = Path(self.folder.name) / "mine.csv"
        lines = [f"2026-08-{day:02}T12:00:00Z,binance,BTC/USDT,taker,1000,7.5,160,60000" for day in range(1, 13)]
        fills.write_text("\n".join(["ts,exchange,symbol,order_type,size_usd,actual_fee_bps,actual_latency_ms,price",
                                    *lines]) + "\n")
        done = run("calibrate", "import", fills, "--store", store)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_exchanges_charge_and_take_what_my_executions_say(self):
        store = Path(self.folder.name) / "mine.db"
        self.imported(store)
        for _ in range(2):
            fees, ack = self.bought_on(store)
            self.assertEqual(fees, {1: 7.5})
            self.assertAlmostEqual(ack, 160, delta=2)

    def test_the_exchanges_do_not_learn_from_fills_on_paper(self):
        store = Path(self.folder.name) / "taught.db"
        said = "[venues.binance]\ntaker_fee_bps = 6.5\nlatency_ms = 200\nreport_ms = 200\n"
        self.assertEqual(self.bought_on(store, self.at_binance(said))[0], {1: 6.5})
        fees, ack = self.bought_on(store)
        self.assertEqual(fees, {1: 10.0})  # published
        self.assertLess(ack, 200)

    def test_serve_runs_the_loop(self):
        done = run("serve", "--capture", self.capture, "--speed", "max", "--paper", self.script)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(self.report["effects_sha256"], done.stdout)

    def test_the_home_on_the_command_line_goes_before_the_scripts(self):
        def homes(*more):
            done = run("replay", self.capture, "--json", "--paper", *more)
            return json.loads(done.stdout)["paper"]["performance"]["reports"][0]["homes"]

        self.assertEqual(homes(self.script), ["kraken"])
        self.assertEqual(homes(self.script, "--home", "okx"), ["okx"])
        self.assertEqual(homes("example"), ["binance"])
        done = run("replay", self.capture, "--paper", self.script, "--home", "krakn")
        self.assertEqual((done.returncode, "no venue is named 'krakn'" in done.stderr), (2, True))

    def test_every_mistake_of_a_script_is_named_at_once(self):
        script = Path(self.folder.name) / "wrong.toml"
        script.write_text('speed = 1\n[[orders]]\nat = -1\nside = "hold"\nsize = "1"\nnotional = "1"\nvenue = "bybt"\n'
                          '[venues.krakn]\ntaker_fee_bps = 1\n')
        done = run("replay", self.capture, "--paper", script)
        self.assertEqual(done.returncode, 2)
        for words in ("unknown key speed", "at must be a number", '"hold" is none of', "either size",
                      "no venue is named 'bybt'", "no venue is named 'krakn'"):
            self.assertIn(words, done.stderr)

    def test_a_script_or_a_store_that_is_not_there_is_named(self):
        done = run("replay", self.capture, "--paper", "nowhere.toml")
        self.assertEqual((done.returncode, "nowhere.toml" in done.stderr), (2, True))
        done = run("replay", self.capture, "--paper", "example", "--store", "/no/such/folder/x.db")
        self.assertEqual((done.returncode, "/no/such/folder" in done.stderr), (2, True))

    def test_exchanges_that_cannot_be_read_stop_the_session(self):
        store = Path(self.folder.name) / "spoilt.db"
        run("replay", self.capture, "--paper", self.script, "--store", store)
        Path(f"{store}.paper").write_text("something else\n")
        done = run("replay", self.capture, "--paper", self.script, "--store", store, "--json")
        self.assertEqual(done.returncode, 3)
        self.assertIn("move its file away", done.stderr)
        self.assertEqual(json.loads(done.stdout)["paper"]["wishes"], 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--writer", required=True)
    options, rest = parser.parse_known_args()
    PROGRAM, WRITER = options.program, options.writer
    unittest.main(argv=[sys.argv[0], *rest])
