# SPDX-License-Identifier: Apache-2.0
"""Tests of the program against simulated exchanges of their own, on loopback, over TLS."""

import argparse
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

_program = ""
VENUES = ["binance", "coinbase", "kraken", "okx", "bybit-spot", "bitstamp"]
SYMBOLS = "BTC/USDT,ETH/USDT"


def program():
    return _program


def run(*arguments, **more):
    return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=120, **more)


class Simulated(unittest.TestCase):
    """Each test has exchanges of its own, which end with it."""
    venues, symbols, faults, options = VENUES, SYMBOLS, (), ()

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ca_file = self.folder / "ca.pem"
        self.fakex = subprocess.Popen(
            [program(), "fakex", "--json", "--port", "0", "--seed", "7", "--venues", ",".join(self.venues),
             "--symbols", self.symbols, "--ca-out", str(self.ca_file), *(f"--fault={fault}" for fault in self.faults),
             *(option.format(folder=self.folder) for option in self.options)],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_exchanges)
        self.ports = {venue["venue"]: venue["port"] for venue in json.loads(self.fakex.stdout.readline())["venues"]}

    def end_exchanges(self):
        self.fakex.terminate()
        self.fakex.communicate(timeout=30)

    def to_exchanges(self, venues=None):
        venues = venues or self.venues
        arguments = ["--venues", ",".join(venues), "--symbols", self.symbols, "--ca-file", self.ca_file]
        for venue in venues:
            arguments += ["--endpoint", f"{venue}=127.0.0.1:{self.ports[venue]}"]
        return arguments

    def config(self, text=""):
        path = self.folder / "crossbook.toml"
        venues = "".join(f'[venues.{venue}]\nendpoint = "127.0.0.1:{self.ports[venue]}"\nca_file = "{self.ca_file}"\n'
                         for venue in VENUES)
        path.write_text('symbols = ["BTC/USDT", "ETH/USDT"]\n' + text + venues, encoding="utf-8")
        return path


def main():
    global _program
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    known, rest = parser.parse_known_args()
    _program = known.program
    unittest.main(argv=[sys.argv[0], *rest], verbosity=1)
