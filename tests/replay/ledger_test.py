#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Imports the ledgers of the recordings through the command line and compares what it shows with their oracles.

    ledger_test.py --program build/release/bin/crossbook

Ledgers are looked for in $CROSSBOOK_RECORDINGS/derived, else in ../shared/data/derived beside the repository; where
there is none the test is skipped (exit code 77). They belong to others and are never part of the repository.
"""

import argparse
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKETCH = 0.01  # the sketch's promise for a quantile


def ledgers():
    folder = os.environ.get("CROSSBOOK_RECORDINGS") or os.path.join(ROOT, "..", "shared", "data")
    return sorted(glob.glob(os.path.join(folder, "derived", "fills_*.csv")))


def calibrate(program, store, *arguments):
    command = [program, "calibrate", *arguments, "--json", "--store", store]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def paid(ledger, venue):
    """The fees of the file itself: the oracle's sum must be that of what was imported."""
    with open(ledger, newline="", encoding="utf-8") as file:
        return sum(float(row["fee"]) for row in csv.DictReader(file) if row["venue"] == venue)


def compare(ledger, program, store):
    with open(ledger[:-len(".csv")] + ".expected.json", encoding="utf-8") as file:
        expected = json.load(file)
    differences = []

    def check(what, ours, theirs, within=0.0):
        if abs(ours - theirs) > within:
            differences.append(f"{os.path.basename(ledger)} {what}: {ours!r}, expected {theirs!r}")

    fills = sum(venue["fills"] for venue in expected["by_venue"].values())
    first = calibrate(program, store, "import", ledger)
    check("imported", first["imported"], fills)
    shown = calibrate(program, store, "show")
    again = calibrate(program, store, "import", ledger)
    check("imported the second time", again["imported"], 0)
    check("known the second time", again["known"], fills)
    if calibrate(program, store, "show") != shown:
        differences.append("importing twice is not importing once")
    for key, wanted in expected["by_venue"].items():
        venue = key.split(":")[0]
        ours = shown["exchanges"][venue]
        maker, taker = (float(rate) * 1e4 for rate in expected["fees_maker_taker"][venue])
        check(f"{venue} fills", ours["sample_count"], wanted["fills"])
        check(f"{venue} orders", ours["latency"]["samples"], wanted["orders"])
        check(f"{venue} maker fee", shown["fees"][venue]["maker_fee_bps"], maker, 1e-3)
        check(f"{venue} taker fee", shown["fees"][venue]["taker_fee_bps"], taker, 1e-3)
        check(f"{venue} fees", paid(ledger, venue), float(wanted["fees"]), 1e-6)
        check(f"{venue} maker fee by notional", ours["maker"]["weighted_bps"], maker, 1e-3)
        check(f"{venue} taker fee by notional", ours["taker"]["weighted_bps"], taker, 1e-3)
        for quantile in ("p50", "p99"):
            exact = wanted["send_to_first_fill_ns"][quantile] / 1e6
            check(f"{venue} {quantile} ms", ours["latency"][f"{quantile}_ms"], exact, exact * SKETCH)
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    found = ledgers()
    if not found:
        print("skipped: no recording derived/fills_*.csv")
        return SKIPPED
    differences = []
    for ledger in found:
        with tempfile.TemporaryDirectory() as folder:
            differences += compare(ledger, options.program, os.path.join(folder, "crossbook.db"))
    print("\n".join(differences) or f"{len(found)} ledgers agree with their oracles")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
