#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program against simulated exchanges on loopback, over TLS: record, replay, serve, config check, doctor."""

import json
import os
import signal
import socket
import subprocess
import unittest

from simulated import VENUES, Simulated, main, program, run
from truth import checksum


def compare(test, seen, recording):
    """What was seen live is what the recording replays to, to the last digit."""
    replayed = run("replay", recording, "--json", "--depth", "0")
    test.assertEqual(replayed.returncode, 0, replayed.stderr)
    again = json.loads(replayed.stdout)
    for key in ("frames", "books", "consolidated", "trades", "venues"):
        test.assertEqual(seen[key], again[key], key)


class Recording(Simulated):
    def test_replays_to_the_same_books_and_best_prices(self):
        recording = self.folder / "recording"
        live = run("record", *self.to_exchanges(), "--out", recording, "--for", "5s", "--json")
        self.assertEqual(live.returncode, 0, live.stderr)
        seen = json.loads(live.stdout)
        self.assertEqual(sorted(seen["books"]), sorted(VENUES), live.stderr)
        for venue, books in seen["books"].items():
            self.assertEqual(sorted(books), ["BTC/USDT", "ETH/USDT"], venue)
            for symbol, book in books.items():
                self.assertEqual(book["gaps"], 0, (venue, symbol))
                self.assertGreater(book["bbo_changes"], 0, (venue, symbol))

        compare(self, seen, recording)
        manifest = json.loads((recording / "manifest.json").read_text(encoding="utf-8"))
        self.assertEqual(sum(feed["skipped"] for feed in manifest["venues"].values()), 0)
        self.assertEqual(sum(feed["frames"] for feed in manifest["venues"].values()), seen["frames"])

    def test_is_refused_where_one_is_already(self):
        recording = self.folder / "recording"
        first = run("record", *self.to_exchanges(["kraken"]), "--out", recording, "--for", "1s")
        self.assertEqual(first.returncode, 0, first.stderr)
        second = run("record", *self.to_exchanges(["kraken"]), "--out", recording, "--for", "1s")
        self.assertEqual(second.returncode, 2)
        self.assertIn("name another folder", second.stderr)


class Misbehaving(Simulated):
    faults = ("drop:rate=0.02", "reset:rate=0.004", "corrupt_digit:rate=0.01", "half_open:rate=0.001",
              "http_429:rate=0.3:by=1s", "truncate:rate=0.005")

    def test_recording_replays_to_the_same_too(self):
        recording = self.folder / "recording"
        live = run("record", *self.to_exchanges(), "--out", recording, "--for", "6s", "--json")
        self.assertEqual(live.returncode, 0, live.stderr)
        seen = json.loads(live.stdout)
        failures = sum(book["gaps"] + book["checksum_failed"] for books in seen["books"].values()
                       for book in books.values())
        self.assertGreater(failures, 0)
        compare(self, seen, recording)
        manifest = json.loads((recording / "manifest.json").read_text(encoding="utf-8"))
        self.assertGreater(len(manifest["gaps"]), 0)


class Serving(Simulated):
    def test_tells_the_service_manager_and_ends_in_order(self):
        name = f"\0crossbook-e2e-{os.getpid()}"
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name)
        manager.settimeout(60)
        environment = dict(os.environ, NOTIFY_SOCKET="@" + name[1:], WATCHDOG_USEC="1000000")
        environment.pop("WATCHDOG_PID", None)
        with subprocess.Popen([program(), "serve", "--config", str(self.config()), "--json"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=environment) as served:
            told = [manager.recv(4096).decode()]
            while not any("12 books ready" in text for text in told):
                told.append(manager.recv(4096).decode())
            served.send_signal(signal.SIGTERM)
            while told[-1] != "STOPPING=1":
                told.append(manager.recv(4096).decode())
            output, errors = served.communicate(timeout=60)
        self.assertEqual(served.returncode, 0, errors)
        self.assertTrue(told[0].startswith("READY=1"), told[0])
        self.assertIn("WATCHDOG=1", told)
        lines = [json.loads(line) for line in output.splitlines()]
        self.assertGreater(len(lines), 0)
        self.assertEqual(sorted(lines[-1]["books"]), sorted(VENUES))

    def test_without_the_authority_connects_to_nobody_and_says_why(self):
        arguments = [argument for argument in self.to_exchanges(["kraken"])]
        position = arguments.index("--ca-file")
        del arguments[position:position + 2]
        served = run("serve", "--live", *arguments, "--for", "2s")
        self.assertEqual(served.returncode, 3)
        self.assertIn("is not trusted", served.stderr)


class Contracts(Simulated):
    """Pairs and contracts in one process; messages are lost at the start, and later nothing is traded any more."""
    venues = ["binance", "binance-usdm", "binance-coinm", "bybit-linear"]
    symbols = "BTC/USDT,BTC/USDT:USDT,ETH/USDT:USDT,BTC/USD:BTC"
    options = ("--truth={folder}/truth",)
    faults = ("drop:venue=binance-usdm:symbol=BTC/USDT:USDT:from=1s:rate=1:count=2",
              "drop:venue=binance-coinm:from=1s:rate=1:count=2", "drop:venue=bybit-linear:from=1s:rate=1:count=2",
              "reset:venue=binance-usdm:from=2s:rate=1:count=1", "symbol_halt:from=7s")

    def truths(self):
        """The checksum of the last state of each book."""
        self.end_exchanges()
        last = {}
        for line in (self.folder / "truth").read_text(encoding="utf-8").splitlines():
            truth = json.loads(line)
            last[truth["venue"], truth["symbol"]] = truth["crc32"]
        return last

    def test_are_the_exchanges_own_after_losses(self):
        served = run("serve", "--live", *self.to_exchanges(), "--for", "9s", "--json")
        self.assertEqual(served.returncode, 0, served.stderr)
        report = json.loads(served.stdout.splitlines()[-1])
        books, coin = report["books"], report["books"]["binance-coinm"]["BTC/USD:BTC"]
        self.assertEqual(sorted(report["consolidated"]), sorted(self.symbols.split(",")))
        self.assertEqual((coin["quantity_unit"], coin["contract_size"]), ("contract", "100"))
        held = {(venue, symbol): checksum(book) for venue, symbols in books.items() for symbol, book in symbols.items()}
        self.assertEqual(sorted(held), [
            ("binance", "BTC/USDT"), ("binance-coinm", "BTC/USD:BTC"), ("binance-usdm", "BTC/USDT:USDT"),
            ("binance-usdm", "ETH/USDT:USDT"), ("bybit-linear", "BTC/USDT:USDT"), ("bybit-linear", "ETH/USDT:USDT")])
        self.assertEqual(held, self.truths(), served.stderr)
        for venue, symbol in (("binance-usdm", "BTC/USDT:USDT"), ("bybit-linear", "BTC/USDT:USDT"),
                              ("binance-coinm", "BTC/USD:BTC")):
            self.assertGreater(books[venue][symbol]["gaps"], 0, venue)

    def test_are_recorded_and_replay_to_the_same(self):
        recording = self.folder / "recording"
        live = run("record", *self.to_exchanges(), "--out", recording, "--for", "4s", "--json")
        self.assertEqual(live.returncode, 0, live.stderr)
        compare(self, json.loads(live.stdout), recording)

    def test_are_what_doctor_asks_a_futures_exchange_for(self):
        venues = [argument for venue in self.venues for argument in
                  ("--endpoint", f"{venue}=127.0.0.1:{self.ports[venue]}")]
        seen = run("doctor", "--venues", ",".join(self.venues), "--ca-file", self.ca_file, *venues, "--json")
        findings = {finding["what"]: finding["verdict"] for finding in json.loads(seen.stdout)}
        for venue in self.venues:
            self.assertEqual((findings[venue + " stream"], findings[venue + " rest"]), ("ok", "ok"), seen.stdout)

    def test_need_a_venue_that_trades_them(self):
        refused = run("serve", "--live", *self.to_exchanges(["binance"]), "--for", "1s")
        self.assertEqual(refused.returncode, 2)
        self.assertIn('"BTC/USDT:USDT" is no spot pair', refused.stderr)


class Mistakes(unittest.TestCase):
    def test_an_option_that_would_change_nothing_is_one(self):
        for arguments, words in ((("--venues", "kraken"), "--venues is for a session that is live: add --live"),
                                 (("--record", "there"), "--record is for a session that is live: add --live"),
                                 (("--live", "--seed", "7"), "--seed is for a session that is played")):
            refused = run("serve", *arguments, "--for", "1s")
            self.assertEqual((refused.returncode, words in refused.stderr), (2, True), refused.stderr)

    def test_a_time_below_zero_is_one(self):
        self.assertEqual(run("serve", "--for=-1s").returncode, 2)

    def test_a_fault_that_can_never_strike_is_one(self):
        for fault, words in (("drop:venue=krakn", "no exchange here is called krakn"),
                             ("drop:symbol=BTC/USDC", "no exchange here lists BTC/USDC")):
            refused = run("fakex", "--venues", "kraken", "--port", "0", "--plain", "--fault", fault, "--for", "1s")
            self.assertEqual((refused.returncode, words in refused.stderr), (2, True), refused.stderr)


class Configuration(Simulated):
    def test_of_a_good_file_says_what_it_means(self):
        checked = run("config", "check", self.config())
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("btcusdt", checked.stdout)

    def test_names_all_mistakes_at_once(self):
        path = self.config('shards = 2\nspin = "yes"\n')
        path.write_text(path.read_text(encoding="utf-8") + '[venues.mtgox]\ndepth = -1\n[record]\nfile_mb = 0\n',
                        encoding="utf-8")
        checked = run("config", "check", path)
        self.assertEqual(checked.returncode, 2)
        for part in ("unknown key shards", "spin must be true or false", "depth must be a number from 0",
                     "folder is missing", "file_mb must be a number from 1", '"mtgox" is no venue that is known'):
            self.assertIn(part, checked.stderr)


class Doctor(Simulated):
    def test_finds_the_way_to_each_exchange(self):
        seen = run("doctor", *self.to_exchanges(), "--folder", self.folder, "--json")
        self.assertEqual(seen.returncode, 0, seen.stdout + seen.stderr)
        findings = {finding["what"]: finding for finding in json.loads(seen.stdout)}
        for venue in VENUES:
            self.assertEqual(findings[venue + " stream"]["verdict"], "ok")
            self.assertEqual(findings[venue + " rest"]["verdict"], "ok")

    def test_says_what_to_do_where_nobody_listens(self):
        seen = run("doctor", "--venues", "kraken", "--endpoint", "kraken=127.0.0.1:1", "--folder", self.folder)
        self.assertEqual(seen.returncode, 3)
        self.assertIn("no connection to 127.0.0.1 port 1", seen.stdout)


if __name__ == "__main__":
    main()
