#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays captures with two builds of the program and compares what they print, byte for byte.

    tools/compare_replays.py build/release/bin/crossbook build/asan/bin/crossbook [CAPTURE...]

Without captures: the sessions under testdata, three of the simulated market, and the recordings that
CROSSBOOK_RECORDINGS (else ../shared/data) holds.
Two compilers at two levels of optimisation must agree on every digit, and without captures also on every effect of
the simulated days of the whole engine (engine_sim).
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAYS = "48"  # simulated days of the engine whose effects are compared
# --events is compared by digest: it prints every event.
# Within a minute of the simulated market orders of the built-in flow fill, expire and are pulled for the spread.
VIEWS = (["--json"], ["--events"], ["--json", "--paper", "example"])


def captures_in(folder):
    return sorted(p for p in Path(folder).rglob("*") if p.name.endswith((".jsonl", ".jsonl.gz")) and is_capture(p))


def is_capture(path):
    """Recorded sessions; INDEX.jsonl and other lists of fixtures are not."""
    return "frames" not in path.parts and "fuzz" not in path.parts


def recordings():
    folder = Path(os.environ.get("CROSSBOOK_RECORDINGS", ROOT.parent / "shared" / "data"))
    return captures_in(folder) if folder.is_dir() else []


def digest(program, arguments, capture):
    """Exit code and SHA-256 of what the program prints, and how many bytes that was."""
    sha, size = hashlib.sha256(), 0
    with subprocess.Popen([program, "replay", str(capture), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        while block := process.stdout.read(1 << 20):
            sha.update(block)
            size += len(block)
        words = process.stderr.read().decode(errors="replace")
    return process.returncode, sha.hexdigest(), size, words


def compare(programs, capture):
    """What differs, or nothing."""
    for view in VIEWS:
        results = [digest(program, view, capture) for program in programs]
        for program, (code, _, size, words) in zip(programs, results):
            if code not in (0, 4) or size == 0:
                return f"{program} replay {' '.join(view)} ended with {code}: {words.strip()[:2000]}"
        if results[0][:2] != results[1][:2]:
            return f"replay {' '.join(view)} differs"
    return None


def simulated(programs, folder):
    """Sessions that the simulated market writes, the same bytes by both builds (write_market stands beside each)."""
    written = []
    for seed in (1, 2, 3):
        twins = []
        for number, program in enumerate(programs):
            twins.append(Path(folder) / f"market-{seed}-{number}.jsonl")
            subprocess.run([Path(program).parent / "write_market", str(seed), "60", twins[-1]], check=True)
        if twins[0].read_bytes() != twins[1].read_bytes():
            raise SystemExit(f"seed {seed} gives two different markets")
        written.append(twins[0])
    return written


def same_days(programs):
    """What differs of the simulated days of the whole engine (engine_sim stands beside each), or nothing."""
    days = []
    for program in programs:
        process = subprocess.run([Path(program).parent / "engine_sim", "--count", DAYS, "--digest"],
                                 stdout=subprocess.PIPE, text=True, check=False)
        days.append((process.returncode, process.stdout))
    if days[0] == days[1] and days[0][0] == 0:
        return None
    different = [a for a, b in zip(days[0][1].splitlines(), days[1][1].splitlines()) if a != b]
    return f"engine_sim ended with {days[0][0]} and {days[1][0]}; first difference: {different[:1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs=2, metavar="PROGRAM")
    parser.add_argument("captures", nargs="*", metavar="CAPTURE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        others = recordings() if not options.captures else []
        ours = [Path(c) for c in options.captures]
        if not ours:
            ours = captures_in(ROOT / "testdata") + simulated(options.programs, folder)
        failures, start = 0, time.monotonic()
        days = None if options.captures else same_days(options.programs)
        if days:
            failures += 1
            print(days, file=sys.stderr)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            differences = pool.map(lambda capture: (capture, compare(options.programs, capture)), ours + others)
        for capture, difference in differences:
            if difference:
                failures += 1
                print(f"{capture.name}: {difference}", file=sys.stderr)
    print(f"{len(ours)} captures of our own and {len(others)} recordings replayed by both programs, "
          f"{failures} differ ({time.monotonic() - start:.0f} s)")
    return 1 if failures or not ours + others else 0


if __name__ == "__main__":
    sys.exit(main())
