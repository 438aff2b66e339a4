#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays every recording that is found and compares what crossbook says with the oracle beside it.

    recordings_test.py --program build/release/bin/crossbook [--only TEXT] [--verbose]

Recordings are looked for in $CROSSBOOK_RECORDINGS, else in ../shared/data beside the repository; where neither exists
the test is skipped (exit code 77). They belong to others and are never part of the repository.
"""

import argparse
import glob
import json
import os
import subprocess
import sys

SKIPPED = 77
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Oracle's name of a count -> ours.
COUNTS = {
    "snapshots": "snapshots",
    "deltas_applied": "deltas",
    "stale_dropped": "stale_dropped",
    "buffered_before_snapshot": "buffered",
    "gaps": "gaps",
    "checksum_ok": "checksum_ok",
    "checksum_bad": "checksum_failed",
    "frames_leaving_crossed": "crossed",
    "bbo_changes": "bbo_changes",
}


def folder():
    found = os.environ.get("CROSSBOOK_RECORDINGS") or os.path.join(ROOT, "..", "shared", "data")
    return os.path.normpath(found) if os.path.isdir(found) else None


def replay(program, files, *options):
    command = [program, "replay", *files, "--json", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 4):
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


class Comparison:
    """Collects differences under a name."""

    def __init__(self):
        self.differences = []

    def equal(self, where, ours, theirs):
        if ours != theirs:
            self.differences.append(f"{where}: {ours!r}, expected {theirs!r}")


def compare_books(result, expected, check):
    """Counts, top levels, digests and trades of every book of one oracle file."""
    for feed, venue in expected["venues"].items():
        for symbol, wanted in venue["symbols"].items():
            where = f"{feed} {symbol}"
            if wanted.get("book"):
                compare_book(where, result["books"].get(feed, {}).get(symbol), wanted["book"], check)
            trades = wanted.get("trades")
            if trades:
                ours = result["trades"].get(feed, {}).get(symbol, {})
                for name, theirs in (("count", "n"), ("taker_buy", "taker_buy"), ("taker_sell", "taker_sell"),
                                     ("volume", "base_qty")):
                    check.equal(f"{where} trades {name}", ours.get(name), trades[theirs])


def compare_book(where, ours, wanted, check):
    if ours is None:
        check.equal(where, None, "a book")
        return
    for theirs, name in COUNTS.items():
        check.equal(f"{where} {name}", ours[name], wanted["counts"].get(theirs, 0))
    check.equal(f"{where} levels", ours["levels"], wanted["levels"])
    check.equal(f"{where} bids", ours["bids"][:5], wanted["final_bids_top5"])
    check.equal(f"{where} asks", ours["asks"][:5], wanted["final_asks_top5"])
    # The oracle has times where a wire has no sequence, and no first number where a snapshot's own was not used.
    for name in ("first_seq", "last_seq"):
        if isinstance(wanted[name], int):
            check.equal(f"{where} {name}", ours[name], wanted[name])
    check.equal(f"{where} bbo_sha256", ours["bbo_sha256"], wanted["bbo_sha256"])
    check.equal(f"{where} state", ours["state"], "ready")


def compare_checkpoints(program, files, expected, check, options=()):
    """The best prices at ten times of the session."""
    times = sorted({point["t"] for venue in expected["venues"].values() for symbol in venue["symbols"].values()
                    if symbol.get("book") for point in symbol["book"]["checkpoints"]})
    at = {t: replay(program, files, "--raw-symbols", "--depth", "1", "--until", str(t), *options) for t in times}
    for feed, venue in expected["venues"].items():
        for symbol, wanted in venue["symbols"].items():
            for point in (wanted.get("book") or {}).get("checkpoints", []):
                ours = at[point["t"]]["books"].get(feed, {}).get(symbol, {"bids": [], "asks": []})
                where = f"{feed} {symbol} at {point['t']}"
                check.equal(f"{where} bid", (ours["bids"] or [None])[0], point["bid"])
                check.equal(f"{where} ask", (ours["asks"] or [None])[0], point["ask"])


def compare_consolidated(program, files, wanted, check):
    """The consolidated best prices of the books that an oracle names."""
    members = ",".join(f"{feed}:{symbol}" for feed, symbol in wanted["instrument_map"].items())
    options = ["--consolidate", f"ORACLE={members}", "--filters", "none", "--raw-symbols"]
    ours = replay(program, files, "--depth", "15", *options)["consolidated"]["ORACLE"]
    for name, theirs in (("nbbo_changes", wanted["counts"]["nbbo_changes"]),
                         ("changes_leaving_crossed", wanted["counts"].get("changes_leaving_crossed", 0)),
                         ("crossed_ms", wanted["crossed_ms"]), ("nbbo_sha256", wanted["nbbo_sha256"])):
        check.equal(f"consolidated {name}", ours[name], theirs)
    for side in ("bids", "asks"):
        levels = [[price, size, dict(venues)] for price, size, venues in ours[side]]
        check.equal(f"consolidated {side}", levels, wanted["final_consolidated_depth_top15"][side])
    for point in wanted["checkpoints"]:
        at = replay(program, files, "--depth", "1", "--until", str(point["t"]), *options)["consolidated"]["ORACLE"]
        for side in ("bid", "ask"):
            best = at[side + "s"][0] if at[side + "s"] else None
            shown = best and [best[0], best[1], "+".join(name for name, _ in best[2])]
            check.equal(f"consolidated {side} at {point['t']}", shown, point[side])


def compare_fault(program, path, check):
    """Exact until the fault; then not ready, the evidence counted, and the digest still until a new snapshot."""
    fault = json.load(open(path.replace(".jsonl.gz", ".fault.json"), encoding="utf-8"))
    expected = json.load(open(path.replace(".jsonl.gz", ".expected.json"), encoding="utf-8"))
    options = ["--raw-symbols", "--depth", "5", "--filters", "none"]
    result = replay(program, [path], *options)
    before = replay(program, [path], *options, "--until", str(fault["t"] - 1))
    hit = [(feed, symbol) for feed, books in result["books"].items() for symbol, book in books.items()
           if book["state"] != "ready"]
    if fault["kind"] == "dup":
        check.equal("a repeated frame does no harm", hit, [])
    else:
        check.equal("some book is not ready", bool(hit), True)
    for feed, symbol in hit:
        book = result["books"][feed][symbol]
        evidence = book["gaps"] + book["checksum_failed"] + result["venues"][feed]["malformed"] + \
            result["venues"][feed]["connection_gaps"]
        check.equal(f"{feed} {symbol} has evidence", evidence > 0, True)
        check.equal(f"{feed} {symbol} was ready before", before["books"][feed][symbol]["state"], "ready")
    for feed, venue in expected["venues"].items():
        for symbol, wanted in venue["symbols"].items():
            if (feed, symbol) not in hit and wanted.get("book"):
                compare_book(f"{feed} {symbol}", result["books"].get(feed, {}).get(symbol), wanted["book"], check)


def cases(data):
    """(name, function) for everything found."""
    for path in sorted(glob.glob(f"{data}/captures/*/*.jsonl.gz") + glob.glob(f"{data}/derived/*.jsonl.gz") +
                       glob.glob(f"{data}/multivenue/*/norm.jsonl.gz")):
        oracle = path.replace(".jsonl.gz", ".expected.json")
        expected = json.load(open(oracle, encoding="utf-8"))

        def run(program, check, path=path, expected=expected):
            result = replay(program, [path], "--raw-symbols", "--depth", "5", "--filters", "none")
            compare_books(result, expected, check)
            compare_checkpoints(program, [path], expected, check)

        yield os.path.relpath(path, data), run
    for path in sorted(glob.glob(f"{data}/derived/*.consolidated*.json") +
                       glob.glob(f"{data}/multivenue/*/consolidated*.json")):
        wanted = json.load(open(path, encoding="utf-8"))
        files = consolidated_files(data, path, wanted)

        def run(program, check, files=files, wanted=wanted):
            compare_consolidated(program, files, wanted, check)

        yield os.path.relpath(path, data), run
    for path in sorted(glob.glob(f"{data}/derived/faults/*.jsonl.gz")):
        def run(program, check, path=path):
            compare_fault(program, path, check)

        yield os.path.relpath(path, data), run


def consolidated_files(data, path, wanted):
    """An oracle names files of its own folder, or captures of the venues in its map, in the same order."""
    beside = [os.path.join(os.path.dirname(path), name) for name in wanted["files"]]
    if all(os.path.exists(name) for name in beside):
        return beside
    folders = {"binance": "binance_spot", "binance-usdm": "binance_usdm", "binance-coinm": "binance_coinm"}
    return [os.path.join(data, "captures", folders[feed], name)
            for feed, name in zip(wanted["instrument_map"], wanted["files"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--only", default="", help="run the cases whose name holds this text")
    arguments = parser.parse_args()
    data = folder()
    if data is None:
        print("skipped: no recordings (set CROSSBOOK_RECORDINGS)")
        return SKIPPED
    failed = ran = 0
    for name, run in cases(data):
        if arguments.only not in name:
            continue
        ran += 1
        check = Comparison()
        try:
            run(arguments.program, check)
        except (RuntimeError, KeyError, TypeError) as error:
            check.differences.append(f"{type(error).__name__}: {error}")
        failed += bool(check.differences)
        print(f"{'FAILED' if check.differences else 'ok':<7}{name}", flush=True)
        for difference in check.differences[:12]:
            print(f"         {difference}")
        if len(check.differences) > 12:
            print(f"         and {len(check.differences) - 12} more")
    print(f"{ran} recordings replayed, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
