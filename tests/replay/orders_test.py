#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `crossbook orders` and `crossbook cancel-all` say of a store, and which exit code they end with.

    orders_test.py --program build/release/bin/crossbook --writer build/release/bin/write_orders
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

program = ""
writer = ""


class Orders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = os.path.join(folder.name, "crossbook.db")
        subprocess.run([writer, self.store], check=True)

    def run_it(self, *arguments, stdin=subprocess.DEVNULL):
        environment = {**os.environ, "CROSSBOOK_STORE": self.store}
        return subprocess.run([program, *arguments], capture_output=True, text=True, env=environment, stdin=stdin,
                              check=False)

    def orders(self, *arguments):
        run = self.run_it("orders", *arguments, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)["orders"]

    def status(self, *arguments):
        return {order["id"]: order["status"] for order in self.orders(*arguments)}

    def test_live_orders_are_listed_alone_and_all_with_their_reasons(self):
        self.assertEqual(self.status(), {"1": "active", "3": "pending", "resting": "pending"})
        everything = {(order["kept_by"], order["id"]): order for order in self.orders("--all")}
        self.assertEqual(everything["engine", "2"]["reason"], "spread_exceeded_threshold")
        self.assertEqual(everything["manager", "gone"]["reason"], "I say so")
        self.assertEqual(everything["manager", "7"]["status"], "filled")
        self.assertEqual(len(everything), 6)

    def test_numbers_are_exact_and_named_as_in_the_python_class(self):
        first = self.orders()[0]
        shown = {key: first[key] for key in ("symbol", "exchange", "side", "order_type", "price", "size", "filled",
                                             "spread_threshold_bps", "created_at_ns", "client")}
        self.assertEqual(shown, {"symbol": "BTC/USD", "exchange": "kraken", "side": "sell", "order_type": "post_only",
                                 "price": "64250.1", "size": "0.0015", "filled": "0.0005",
                                 "spread_threshold_bps": 5.5, "created_at_ns": 1769860800000000000,
                                 "client": "client 1"})
        self.assertIsNone(self.orders()[1]["price"])

    def test_the_history_of_one_order_is_told_in_its_order(self):
        second = self.orders("2")[0]
        self.assertEqual([step["status"] for step in second["steps"]], ["active", "cancelled"])
        self.assertEqual((second["fills"][0]["trade"], second["fills"][0]["fee"]), ("71", "-0.009637515"))
        said = self.run_it("orders", "2").stdout.splitlines()
        for line, word in zip(said, ("2: sell", "due:", "decided", "active", "cancelled  spread_exceeded_threshold",
                                     "0.0015 filled at 64250.1 as maker"), strict=True):
            self.assertIn(word, line)

    def test_a_forgotten_order_keeps_its_history(self):
        with sqlite3.connect(self.store) as database:
            database.execute("DELETE FROM face_orders WHERE order_id = 'gone'")
        database.close()
        history = self.orders("gone")[0]
        self.assertTrue(history["forgotten"])
        self.assertEqual(history["steps"][-1]["reason"], "I say so")

    def test_an_order_that_is_not_there_and_a_store_that_is_not(self):
        run = self.run_it("orders", "99")
        self.assertEqual(run.returncode, 2)
        self.assertIn("no order 99", run.stderr)
        for command in (("orders",), ("cancel-all", "--yes")):
            run = self.run_it(*command, "--store", self.store + "2")
            self.assertEqual(run.returncode, 2, command)
            self.assertIn(self.store + "2", run.stderr)
            self.assertFalse(os.path.exists(self.store + "2"))

    def test_cancel_all_is_unsafe_while_an_order_lives_and_the_next_start_cancels(self):
        run = self.run_it("cancel-all", "--yes")
        self.assertEqual(run.returncode, 5)
        self.assertIn("3 live orders are marked", run.stdout)
        self.assertIn("no exchange was told", run.stderr)
        self.assertEqual(self.status(), {"1": "cancelling", "3": "cancelling", "resting": "cancelling"})
        self.assertEqual(self.orders("1")[0]["steps"][-1]["reason"], "manual")
        started = subprocess.run([writer, self.store, "start"], check=True, capture_output=True, text=True)
        self.assertEqual(started.stdout, "cancels resting: manual\n")
        self.assertEqual(self.status("resting"), {"resting": "cancelled"})

    def test_cancel_all_of_a_store_without_live_orders_is_safe(self):
        with sqlite3.connect(self.store) as database:
            database.execute("UPDATE orders SET state = 3, ended = 1")
            database.execute("DELETE FROM face_orders")
        database.close()
        run = self.run_it("cancel-all", "--yes", "--json")
        self.assertEqual((run.returncode, json.loads(run.stdout)["live"]), (0, 0))
        self.assertIn("no live orders", self.run_it("orders").stdout)

    def test_cancel_all_says_when_another_program_has_the_store(self):
        self.assertFalse(json.loads(self.run_it("cancel-all", "--yes", "--json").stdout)["in_use"])
        with sqlite3.connect(self.store) as database:
            database.execute("SELECT count(*) FROM orders").fetchone()
            run = self.run_it("cancel-all", "--yes", "--json")
        database.close()
        self.assertTrue(json.loads(run.stdout)["in_use"])
        self.assertIn("stop it", run.stderr)

    def test_cancel_all_marks_nothing_without_a_yes(self):
        run = self.run_it("cancel-all")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--yes", run.stderr)
        self.assertEqual(self.status()["1"], "active")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--writer", required=True)
    options, rest = parser.parse_known_args()
    program, writer = options.program, options.writer
    unittest.main(argv=[sys.argv[0], *rest])
