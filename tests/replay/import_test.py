#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `crossbook calibrate` says and which exit code it ends with, on small files written here.

    import_test.py --program build/release/bin/crossbook
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

HEAD = "ts,exchange,symbol,order_type,size_usd,actual_fee_bps,actual_latency_ms,price\n"
GOOD = "2026-01-31T12:00:{:02}Z,binance,BTC/USDT,taker,1000,5,45,50000\n"
BAD = "2026-01-31T12:00:00Z,binance,BTC/USDT,taker,1000,5,45,-1\n"
program = ""


class Calibrate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = os.path.join(self.folder, "crossbook.db")

    def write(self, text, name="fills.csv"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_it(self, *arguments):
        environment = {**os.environ, "CROSSBOOK_STORE": self.store}
        return subprocess.run([program, "calibrate", *arguments], capture_output=True, text=True, env=environment,
                              check=False)

    def answer(self, *arguments):
        run = self.run_it(*arguments, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def test_a_bad_row_is_named_and_nothing_is_imported(self):
        path = self.write(HEAD + GOOD.format(1) + BAD + GOOD.format(2))
        run = self.run_it("import", path)
        self.assertEqual(run.returncode, 2)
        self.assertIn('fills.csv:3: price "-1"', run.stderr)
        self.assertIn("--skip-bad", run.stderr)
        self.assertFalse(os.path.exists(self.store))

    def test_skip_bad_imports_the_others(self):
        path = self.write(HEAD + GOOD.format(1) + BAD + GOOD.format(2))
        counts = self.answer("import", path, "--skip-bad")
        self.assertEqual((counts["imported"], counts["bad"]), (2, 1))

    def test_importing_twice_equals_importing_once(self):
        path = self.write(HEAD + GOOD.format(1) * 2 + "".join(GOOD.format(n) for n in range(20, 40)))
        self.assertEqual(self.answer("import", path)["imported"], 22)
        once = self.answer("show")
        self.assertEqual(self.answer("import", path)["known"], 22)
        self.assertEqual(self.answer("show"), once)
        fees = once["fees"]["binance"]
        self.assertEqual(fees, {"maker_fee_bps": 2.0, "taker_fee_bps": 5.0, "maker_rebate_bps": 0.0, "confidence": 1.0,
                                "samples": 22})
        self.assertEqual(set(once["latency"]["binance"]), {"mean_ms", "p95_ms", "reliability", "samples"})

    def test_in_two_files_equals_in_one(self):
        rows = [GOOD.format(n) for n in range(30)]
        self.answer("import", self.write(HEAD + "".join(rows[:10])))
        self.answer("import", self.write(HEAD + "".join(rows[10:])))
        in_two = self.answer("show"), self.answer("history"), self.answer("drift")
        self.store += "2"
        self.answer("import", self.write(HEAD + "".join(rows)))
        self.assertEqual((self.answer("show"), self.answer("history"), self.answer("drift")), in_two)

    def test_a_tier_change_shows_in_drift(self):
        rows = "".join(GOOD.format(n).replace(",5,45", f",{5 if n < 20 else 4},45") for n in range(40))
        self.answer("import", self.write(HEAD + rows))
        change = self.answer("drift")["tier_changes"][0]
        self.assertEqual((change["from_bps"], change["to_bps"], change["role"]), (5.0, 4.0, "taker"))

    def test_history_has_a_row_a_day(self):
        rows = "".join(GOOD.format(n).replace("2026-01-31", f"2026-01-{10 + n}") for n in range(5))
        self.answer("import", self.write(HEAD + rows))
        days = self.answer("history", "--exchange", "binance")["binance"]
        self.assertEqual([day["taker"]["samples"] for day in days], [1] * 5)

    def test_a_trade_id_of_another_symbol_is_not_left_out_silently(self):
        head = HEAD.strip() + ",trade_id\n"
        row = GOOD.format(1).strip() + ",7\n"
        path = self.write(head + row + row.replace("BTC/", "ETH/"))
        counts = self.answer("import", path)
        self.assertEqual((counts["imported"], counts["known"], counts["clashes"]), (1, 1, 1))
        self.assertIn("SYMBOL:ID", self.run_it("import", path).stderr)

    def test_history_outlives_the_window_and_its_executions(self):
        rows = [GOOD.format(1).replace("2026-01-31", f"{year}-03-01") for year in (2023, 2024, 2025)]
        for row in rows:
            self.answer("import", self.write(HEAD + row))
        before = self.answer("history")
        self.assertEqual(len(before["binance"]), 3)
        with sqlite3.connect(self.store) as database:
            database.execute("DELETE FROM executions WHERE at_ns < 1735689600000000000")
        database.close()
        self.assertEqual(self.answer("history"), before)

    def test_alarms_are_kept_with_the_calibrations(self):
        rows = "".join(GOOD.format(n).replace(",5,45", f",{5 if n < 20 else 4},45") for n in range(40))
        self.answer("import", self.write(HEAD + rows))
        before = self.answer("drift")
        self.assertEqual(len(before["tier_changes"]), 2)
        with sqlite3.connect(self.store) as database:
            database.execute("DELETE FROM executions WHERE id < 30")
        database.close()
        self.assertEqual(self.answer("drift"), before)

    def test_without_a_store_the_way_out_is_said(self):
        run = self.run_it("show")
        self.assertEqual(run.returncode, 2)
        self.assertIn(self.store, run.stderr)
        self.assertIn("calibrate import", run.stderr)

    def test_a_file_that_is_not_there_and_one_of_other_columns(self):
        self.assertEqual(self.run_it("import", os.path.join(self.folder, "none.csv")).returncode, 2)
        run = self.run_it("import", self.write("a,b\n1,2\n"))
        self.assertEqual(run.returncode, 2)
        self.assertIn("Coinbase fills", run.stderr)

    def test_a_role_that_a_file_does_not_say_is_said(self):
        path = self.write("Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
                          "2026-01-31 12:00:00,BTCUSDT,BUY,50000,0.02BTC,1000USDT,0.75USDT\n")
        run = self.run_it("import", path, "--role", "maker")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("count as maker", run.stdout)
        self.assertEqual(self.answer("show")["fees"]["binance"]["maker_fee_bps"], 7.5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    options, rest = parser.parse_known_args()
    program = options.program
    unittest.main(argv=[sys.argv[0], *rest])
