#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `crossbook route` charges and where it says that each number comes from, over sessions written here.

    route_test.py --program build/release/bin/crossbook

Frames are written from the protocol documents of Bybit v5 (orderbook) and Coinbase Exchange (level2).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import unittest

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
HEAD = "ts,exchange,symbol,order_type,size_usd,actual_fee_bps,actual_latency_ms,price\n"
program = ""


def bybit(symbol, at, bids, asks, update=1):
    data = {"s": symbol, "b": bids, "a": asks, "u": update, "seq": update}
    raw = {"topic": f"orderbook.50.{symbol}", "type": "snapshot" if update == 1 else "delta", "ts": at // 1_000_000,
           "data": data, "cts": at // 1_000_000}
    return {"t": at, "venue": "bybit-spot", "conn": "b1", "dir": "in", "raw": json.dumps(raw)}


def coinbase(product, at, bids, asks):
    raw = {"type": "snapshot", "product_id": product, "bids": bids, "asks": asks}
    return {"t": at, "venue": "coinbase-exchange", "conn": "c1", "dir": "in", "raw": json.dumps(raw)}


TETHER = bybit("BTCUSDT", BEGIN, [["99.9", "5"]], [["100.1", "5"]])
CIRCLE = bybit("BTCUSDC", BEGIN, [["99.3", "5"]], [["99.5", "5"]])
RATE = bybit("USDCUSDT", BEGIN, [["0.9998", "100000"]], [["1.0001", "100000"]])
LATER = bybit("USDCUSDT", BEGIN + SECOND, [["0.9997", "7"]], [], 2)


class Route(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = os.path.join(self.folder, "crossbook.db")

    def capture(self, *records):
        path = os.path.join(self.folder, "session.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for record in sorted(records, key=lambda record: record["t"]):
                file.write(json.dumps(record) + "\n")
        return path

    def run_it(self, capture, *arguments, symbol="BTC/USDT", side="buy", size="1"):
        command = [program, "route", "--symbol", symbol, "--side", side, "--size", size, "--capture", capture]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    def plan(self, capture, *arguments, **options):
        run = self.run_it(capture, *arguments, "--json", **options)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def learn(self, fills, fee=7, latency=80, exchange="bybit"):
        path = os.path.join(self.folder, "fills.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD)
            for n in range(fills):
                file.write(f"{BEGIN - (n + 1) * SECOND},{exchange},BTC/USDT,taker,1000,{fee},{latency},100\n")
        subprocess.run([program, "calibrate", "import", path, "--store", self.store], check=True, capture_output=True)
        return self.store

    # -- where a fee and a latency come from

    def test_a_published_fee_says_its_date(self):
        leg = self.plan(self.capture(TETHER))["legs"][0]
        self.assertEqual((leg["fee_bps"], leg["fee_kind"]), (10.0, "published"))
        self.assertRegex(leg["fee_source"], r"published 20\d\d-\d\d-\d\d")
        self.assertEqual(leg["latency_kind"], "default")

    def test_learned_fees_and_latencies_replace_them(self):
        leg = self.plan(self.capture(TETHER), "--store", self.learn(20))["legs"][0]
        self.assertEqual((leg["fee_bps"], leg["fee_kind"], leg["fee_samples"]), (7.0, "learned", 20))
        self.assertIn("20 fills of BTC/USDT", leg["fee_source"])
        self.assertEqual(leg["latency_kind"], "learned")
        self.assertAlmostEqual(leg["order_latency_ms"], 80, delta=0.8)

    def test_a_given_fee_goes_before_a_learned_one(self):
        leg = self.plan(self.capture(TETHER), "--store", self.learn(20), "--fee", "bybit=3")["legs"][0]
        self.assertEqual((leg["fee_bps"], leg["fee_kind"]), (3.0, "given"))

    def test_two_fills_are_drawn_to_what_is_published(self):
        leg = self.plan(self.capture(TETHER), "--store", self.learn(2))["legs"][0]
        self.assertEqual(leg["fee_kind"], "learned")
        self.assertTrue(7.0 <= leg["fee_bps"] < 10.0, leg["fee_bps"])
        self.assertIn("too few", leg["fee_source"])
        self.assertEqual(leg["latency_kind"], "default")

    def test_other_symbols_of_the_exchange_teach_too(self):
        capture = self.capture(CIRCLE)
        leg = self.plan(capture, "--store", self.learn(20), symbol="BTC/USDC")["legs"][0]
        self.assertEqual(leg["fee_bps"], 7.0)
        self.assertIn("all symbols", leg["fee_source"])

    def test_fills_of_last_year_teach_nothing(self):
        late = bybit("BTCUSDT", BEGIN + 400 * 86_400 * SECOND, [["99.9", "5"]], [["100.1", "5"]])
        leg = self.plan(self.capture(late), "--store", self.learn(20))["legs"][0]
        self.assertEqual(leg["fee_kind"], "published")

    def test_a_store_that_is_not_there_is_an_error(self):
        run = self.run_it(self.capture(TETHER), "--store", self.store)
        self.assertEqual(run.returncode, 2)
        self.assertIn(self.store, run.stderr)

    # -- what currency a fee is taken in

    def test_a_fee_taken_in_base_says_what_arrives(self):
        leg = self.plan(self.capture(TETHER), size="2")["legs"][0]
        self.assertEqual(leg["fee_currency"], "BTC")
        self.assertAlmostEqual(leg["fee_in_base"], 0.002)
        self.assertAlmostEqual(leg["net_quantity"], 1.998)

    def test_a_sale_pays_in_quote(self):
        leg = self.plan(self.capture(TETHER), side="sell")["legs"][0]
        self.assertEqual((leg["fee_currency"], leg["fee_in_base"]), ("USDT", None))

    # -- exchange rates

    def test_a_declared_rate_joins_books_of_another_quote(self):
        plan = self.plan(self.capture(TETHER, CIRCLE), "--fx", "USDC/USDT=0.9998:1.0001@200ms", size="6")
        legs = {leg["symbol"]: leg for leg in plan["legs"]}
        self.assertEqual({symbol: leg["quantity"] for symbol, leg in legs.items()}, {"BTC/USDC": "5", "BTC/USDT": "1"})
        circle = legs["BTC/USDC"]
        self.assertEqual(circle["limit_price"], "99.5")
        self.assertAlmostEqual(circle["expected_average"], 99.5 * 1.0001)
        self.assertEqual((circle["fx"]["source"], circle["fx"]["age_ms"]), ("declared", 200.0))
        self.assertAlmostEqual(circle["fx"]["spread_bps"], 3.0, delta=0.001)
        self.assertIsNone(legs["BTC/USDT"]["fx"])

    def test_bids_are_converted_at_the_bid_and_rounded_down(self):
        capture = self.capture(bybit("BTCUSDC", BEGIN, [["101.3", "5"]], [["103", "5"]]), TETHER)
        leg = self.plan(capture, "--fx", "USDC/USDT=0.999999999999:1@0s", side="sell")["legs"][0]
        self.assertEqual(leg["symbol"], "BTC/USDC")
        self.assertEqual(leg["limit_price"], "101.3")
        self.assertEqual(leg["value"], "101.299999999898")

    def test_an_old_rate_costs_more(self):
        costs = []
        for age in ("0ms", "10s"):
            plan = self.plan(self.capture(TETHER, CIRCLE), "--fx", f"USDC/USDT=1:1@{age}")
            costs.append(plan["legs"][0]["latency_cost"])
        self.assertGreater(costs[1], 3 * costs[0])

    def test_a_captured_pair_gives_the_rate_and_its_age(self):
        plan = self.plan(self.capture(TETHER, CIRCLE, RATE, LATER), "--fx", "USDC/USDT")
        leg = plan["legs"][0]
        self.assertEqual((leg["fx"]["source"], leg["fx"]["ask"], leg["fx"]["age_ms"]), ("captured", "1.0001", 0.0))
        self.assertAlmostEqual(leg["expected_average"], 99.5 * 1.0001)

    def test_the_inverse_of_a_pair_rounds_against_the_taker(self):
        capture = self.capture(TETHER, bybit("BTCUSDC", BEGIN, [["99.7", "5"]], [["200", "5"]]))
        leg = self.plan(capture, "--fx", "USDC/USDT=0.9998:1.0001@0s", symbol="BTC/USDC")["legs"][0]
        self.assertEqual(leg["symbol"], "BTC/USDT")
        self.assertEqual(leg["fx"]["ask"], "1.000200040009")
        self.assertGreaterEqual(leg["expected_average"], 100.1 / 0.9998)

    def test_quotes_never_mix_without_a_rate(self):
        plan = self.plan(self.capture(TETHER, CIRCLE), size="6", symbol="BTC/USDT")
        self.assertEqual((plan["filled"], plan["residual"], plan["shortfall"]), ("5", "1", "depth"))

    def test_a_rate_that_joins_nothing_or_is_missing_is_said(self):
        plan = self.plan(self.capture(TETHER), "--fx", "USDC/USDT=1:1@0s")
        self.assertIn("no BTC book", plan["notes"][0])
        plan = self.plan(self.capture(TETHER, CIRCLE), "--fx", "USDC/USDT")
        self.assertIn("BTC/USDC is left out", plan["notes"][0])

    def test_a_rate_of_another_form_is_refused(self):
        for text in ("USDC", "USDC/USDT=1", "USDC/USDT=1:1", "USDC/USDT=1.1:1@0s", "USDC/USDT=0:1@0s",
                     "USDC/USDT=1:1@old", "USDC/USDT=1:1@-1s"):
            run = self.run_it(self.capture(TETHER), "--fx", text)
            self.assertEqual(run.returncode, 2, text)
            self.assertIn("BID:ASK@AGE", run.stderr)

    # -- rules, references, volatility

    def test_a_cap_sends_the_rest_elsewhere(self):
        records = TETHER, coinbase("BTC-USDT", BEGIN, [["99", "5.01"]], [["101", "5.01"]])
        plan = self.plan(self.capture(*records), "--cap", "bybit=0.25")
        self.assertEqual({leg["venue"]: leg["quantity"] for leg in plan["legs"]}, {"bybit": "0.25", "coinbase": "0.75"})

    def test_lots_and_minimums_are_kept(self):
        plan = self.plan(self.capture(TETHER), "--lot", "bybit=0.3")
        self.assertEqual((plan["filled"], plan["shortfall"]), ("0.9", "lots_and_minimums"))
        run = self.run_it(self.capture(TETHER), "--min-notional", "bybit=200", "--json")
        self.assertEqual(run.returncode, 3)
        self.assertEqual(json.loads(run.stdout)["unused"], {"bybit": "below_minimum"})

    def test_rules_of_a_venue_that_is_not_there_are_said_to_have_no_effect(self):
        self.assertIn("kraken", self.plan(self.capture(TETHER), "--cap", "kraken=1")["notes"][0])

    def test_a_venue_that_nobody_knows_is_a_mistake(self):
        for option, text in (("--fee", "krakn=1"), ("--cap", "krakn=1"), ("--home", "krakn")):
            done = self.run_it(self.capture(TETHER), option, text)
            self.assertEqual((done.returncode, "no venue is named 'krakn'" in done.stderr), (2, True), done.stderr)

    def test_home_is_null_without_one_and_says_why_it_is_missing(self):
        self.assertIsNone(self.plan(self.capture(TETHER))["home"])
        home = self.plan(self.capture(TETHER), "--home", "kraken")["home"]
        self.assertEqual((home["venue"], home["quantity"], home["reason"]), ("kraken", "0", "not_in_the_view"))
        self.assertEqual(self.plan(self.capture(TETHER), "--home", "bybit")["home"]["saved_bps"], 0.0)

    def test_volatility_is_measured_after_a_minute(self):
        moves = [TETHER]
        for n in range(1, 130):
            bid, ask = ("99.92", "100.12") if n % 2 else ("99.9", "100.1")
            gone = ("99.9", "100.1") if n % 2 else ("99.92", "100.12")
            moves.append(bybit("BTCUSDT", BEGIN + n * SECOND, [[bid, "5"], [gone[0], "0"]],
                               [[ask, "5"], [gone[1], "0"]], n + 1))
        plan = self.plan(self.capture(*moves))
        self.assertAlmostEqual(plan["volatility"], 2e-4, delta=2e-6)
        self.assertIn("measured over 129 s", plan["volatility_source"])
        plan = self.plan(self.capture(*moves[:30]))
        self.assertEqual(plan["volatility"], 1e-4)
        self.assertIn("default", plan["volatility_source"])
        self.assertEqual(self.plan(self.capture(*moves), "--volatility", "0.003")["volatility_source"], "given")

    def test_people_read_the_same(self):
        run = self.run_it(self.capture(TETHER, CIRCLE), "--fx", "USDC/USDT=0.9998:1.0001@200ms", "--store",
                          self.learn(20), size="6")
        for text in ("learned from 20 fills", "limit in USDC", "its fee is taken in BTC", "80", "volatility"):
            self.assertIn(text, run.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    options, rest = parser.parse_known_args()
    program = options.program
    unittest.main(argv=[sys.argv[0], *rest])
