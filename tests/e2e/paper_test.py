#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`serve --live` trades on paper on what simulated exchanges send over TLS, dies, and goes on."""

import json
import subprocess

from simulated import Simulated, main, program, run

# Orders that take, and orders that rest far from the market until their time is over.
SCRIPT = """
[[orders]]
at = 0.5
every = 0.3
count = 1000
side = "alternate"
notional = "500"
price = "cross"

[[orders]]
at = 0.6
every = 0.3
count = 1000
side = "buy"
type = "post_only"
notional = "500"
offset_bps = 500.0
max_age = {age}
"""


class Trading(Simulated):
    venues = ["kraken", "okx"]

    def script(self, age):
        path = self.folder / "orders.toml"
        path.write_text(SCRIPT.format(age=age), encoding="utf-8")
        return path

    def serve(self, *arguments):
        return [program(), "serve", "--live", *map(str, self.to_exchanges(self.venues)), "--json",
                *map(str, arguments)]

    def statuses(self, process):
        """Each status object of a running program, as it is printed."""
        for line in process.stdout:
            yield json.loads(line)

    def start(self, *arguments):
        process = subprocess.Popen(self.serve(*arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_fills_and_cancels_on_what_comes(self):
        process = self.start("--paper", self.script(0.5))
        for status in self.statuses(process):
            orders = status["paper"]["orders"]
            if orders["filled"] >= 3 and orders["expired"] + orders["cancelled"] >= 3:
                break
        self.assertIsNone(status["paper"]["fault"])
        process.terminate()
        *_, report = self.statuses(process)
        self.assertEqual(process.wait(60), 0)
        self.assertIn("books", report)

    def test_goes_on_where_it_was_killed(self):
        store = self.folder / "store.db"
        process = self.start("--paper", self.script(60.0), "--store", store)
        for status in self.statuses(process):
            if status["paper"]["live"] >= 3:
                break
        process.kill()
        process.wait(60)
        kept = json.loads(run("orders", "--all", "--store", store, "--json").stdout)
        live = [order for order in kept["orders"] if order["status"] in ("pending", "active", "cancelling", "unknown")]
        self.assertGreaterEqual(len(live), 3)

        # Only one of the two venues is watched now: what rests at the other is cancelled, and the rest at the end.
        self.venues = ["okx"]
        again = run(*self.serve("--paper", self.script(60.0), "--store", store, "--for", "4s")[1:])
        self.assertEqual(again.returncode, 0, again.stderr)
        kept = json.loads(run("orders", "--all", "--store", store, "--json").stdout)
        ended = {order["id"]: order["status"] for order in kept["orders"]}
        for order in live:
            self.assertIn(ended.get(order["id"]), ("cancelled", "expired", "filled"), order)

    def test_one_store_has_one_trader(self):
        store = self.folder / "store.db"
        process = self.start("--paper", self.script(60.0), "--store", store)
        next(self.statuses(process))
        second = run(*self.serve("--paper", "example", "--store", store, "--for", "1s")[1:])
        self.assertEqual(second.returncode, 2)
        self.assertIn("another program trades with this store", second.stderr)


if __name__ == "__main__":
    main()
