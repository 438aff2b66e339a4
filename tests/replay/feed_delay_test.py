#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `crossbook calibrate feed` says about every recording: intervals, never a negative delay.

    feed_delay_test.py --program build/release/bin/crossbook

Recordings are looked for in $CROSSBOOK_RECORDINGS/captures, else in ../shared/data/captures beside the repository;
where there is none the test is skipped (exit code 77). They belong to others and are never part of the repository.
Binance's frames are read here once more, by hand, as the oracle: their event time E and the time they were received.
"""

import argparse
import glob
import gzip
import json
import os
import subprocess
import sys

SKIPPED = 77
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ASSUMED_MS = 250.0
DRIFT_MS = 12.0  # of evidence a minute old at 100 ppm, both ways, and of the stamps' milliseconds


def captures():
    folder = os.environ.get("CROSSBOOK_RECORDINGS") or os.path.join(ROOT, "..", "shared", "data")
    return sorted(glob.glob(os.path.join(folder, "captures", "*", "*.jsonl.gz")))


def shown(program, path, *arguments):
    command = [program, "calibrate", "feed", "--capture", path, "--json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 3, 4):
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def exact_floor_ms(path):
    """The least of received - E over depth updates."""
    least = None
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if record.get("dir") != "in" or "depthUpdate" not in record.get("raw", ""):
                continue
            frame = json.loads(record["raw"])
            apart = record["t"] / 1e6 - frame.get("data", frame)["E"]
            least = apart if least is None or apart < least else least
    return least


def check_feed(where, feed, differences):
    def expect(what, holds):
        if not holds:
            differences.append(f"{where}: {what}: {json.dumps(feed)}")

    low, high = feed["fastest_ms"]
    expect("a delay is never negative", 0 <= low <= high)
    expect("as wide as the path is unknown", high - low <= ASSUMED_MS + DRIFT_MS)
    for share in ("delay_p50_ms", "delay_p99_ms"):
        expect(share, 0 <= feed[share][0] <= feed[share][1])
    excess = feed["excess_ms"]
    expect("excess is over the floor", 0 <= excess["p50"] <= excess["p95"] <= excess["p99"])
    ahead = feed["clock_ahead_ms"]
    expect("the bound is half the interval", abs(feed["error_bound_ms"] * 2 - (ahead[1] - ahead[0])) < 0.001)
    expect("the floor is inside", ahead[0] <= -feed["floor_ms"] + DRIFT_MS and -feed["floor_ms"] <= ahead[1])


def check_binance_2024(program, path, feed, differences):
    """Its clock is 1.27 s ahead of the receiver's."""
    exact = exact_floor_ms(path)
    if not -1290 < exact < -1260:
        differences.append(f"{path}: is not the recording whose clock is ahead: {exact}")
    if abs(feed["floor_ms"] - exact) > DRIFT_MS:
        differences.append(f"{path}: floor {feed['floor_ms']} ms, by hand {exact} ms")
    measured = next(iter(shown(program, path, "--round-trip-ms", "10")["feeds"].values()))
    low, high = measured["clock_ahead_ms"]
    if not (low <= -exact <= high + DRIFT_MS and measured["error_bound_ms"] < 15):
        differences.append(f"{path}: a round trip of 10 ms leaves {low} to {high} ms around {-exact}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    found = captures()
    if not found:
        print("skipped: no recording captures/*/*.jsonl.gz")
        return SKIPPED
    differences = []
    feeds = 0
    for path in found:
        for name, feed in shown(options.program, path)["feeds"].items():
            feeds += 1
            check_feed(f"{os.path.basename(path)} {name}", feed, differences)
            if name.startswith("binance") and "20240808" in path:
                check_binance_2024(options.program, path, feed, differences)
    print("\n".join(differences) or f"{feeds} feeds of {len(found)} recordings: every delay is an interval above zero")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
