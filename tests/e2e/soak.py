#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""serve --live against simulated exchanges that live ten times as fast and cut connections, for as long as asked.

    tests/e2e/soak.py --program build/release/bin/crossbook --for 3600

Memory and open files must be flat once it has warmed up, every book must come back from each fault, and at the end,
when trading stops, each must be the simulator's own to the last digit of the last level. Prints what it measured."""

import argparse
import collections
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from truth import checksum

VENUES = ["binance", "coinbase", "kraken", "okx", "bybit-spot", "bitstamp"]
HALF_OPEN_TAKES = 150  # seconds until the last of such connections was noticed and all books are back
TELLS_NO_LOSS = ["bitstamp"]  # a lost message shows nowhere (docs/fakex.md)
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"]


class Truth(threading.Thread):
    """The last state of each book that the simulator published, read from a pipe so that it needs no disk."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe, self.last, self.states = pipe, {}, 0

    def run(self):
        with open(self.pipe, "rb") as lines:
            for line in lines:
                self.last[line[line.find(b'"venue"'):line.find(b',"sequence"')]] = line
                self.states += 1

    def checksums(self):
        """By venue and symbol: of the last state at each depth that was asked for."""
        all_depths = collections.defaultdict(set)
        for line in self.last.values():
            state = json.loads(line)
            all_depths[state["venue"], state["symbol"]].add(state["crc32"])
        return all_depths


class Served(threading.Thread):
    """What serve says each second, the last line being its report."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.status, self.lines, self.behind, self.connects = process, {}, 0, 0, 0

    def run(self):
        for line in self.process.stdout:
            self.status = json.loads(line)
            self.lines += 1
            connections = self.status.get("connections", [])
            self.behind = sum(one["times_behind"] for one in connections)
            self.connects = max(self.connects, sum(one["connects"] for one in connections))

    def ready(self):
        """Books that are ready, of all that there should be."""
        books = self.status.get("books", {})
        return sum(book["state"] == "ready" for symbols in books.values() for book in symbols.values())


class Usage:
    """Resident memory and open files of a process, second by second."""

    def __init__(self, pid):
        self.folder, self.memory_kb, self.files = Path(f"/proc/{pid}"), [], []

    def sample(self):
        self.files.append(len(os.listdir(self.folder / "fd")))
        for line in (self.folder / "status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                self.memory_kb.append(int(line.split()[1]))

    @staticmethod
    def tenths(series):
        """The largest of each tenth of the time."""
        return " ".join(str(max(series[len(series) * i // 10:len(series) * (i + 1) // 10] or [0])) for i in range(10))

    @staticmethod
    def ends(series):
        """The middle of the second third and of the last one: before them it warms up."""
        third = max(1, len(series) // 3)
        return statistics.median(series[third:2 * third] or series), statistics.median(series[2 * third:] or series)


def faults(arguments, quiet_from, halt_from):
    """Faults for most of the time, none for a while, and then no trading. Their times are those of the market."""
    window = f"from={3 * arguments.speed}s:for={(quiet_from - 3) * arguments.speed:.0f}s"
    count = f":count={arguments.each}" if arguments.each else ""
    kinds = [("reset", arguments.resets), ("drop", arguments.resets * 3)]
    if arguments.settle >= HALF_OPEN_TAKES:
        kinds.append(("half_open", arguments.resets / 20))
    for venue in VENUES:
        for name, rate in kinds:
            if name != "drop" or venue not in TELLS_NO_LOSS:
                yield f"--fault={name}:venue={venue}:rate={min(1, max(0.000001, rate)):.6f}:{window}{count}"
    yield f"--fault=symbol_halt:from={halt_from * arguments.speed:.0f}s"


def start_exchanges(arguments, folder, truth, rules):
    return subprocess.Popen(
        [arguments.program, "fakex", "--json", "--port", "0", "--seed", str(arguments.seed), "--venues",
         ",".join(VENUES), "--symbols", ",".join(SYMBOLS), "--ca-out", folder / "ca.pem", "--truth", truth, "--speed",
         f"{arguments.speed}x", *rules],
        stdout=subprocess.PIPE, text=True)


def start_serving(arguments, folder, ports):
    command = [arguments.program, "serve", "--live", "--json", "--venues", ",".join(VENUES), "--symbols",
               ",".join(SYMBOLS), "--ca-file", folder / "ca.pem"]
    for venue in VENUES:
        command += ["--endpoint", f"{venue}=127.0.0.1:{ports[venue]}"]
    log = open(folder / "log", "w", encoding="utf-8")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)


def watch(served, usage, until):
    while time.monotonic() < until and served.process.poll() is None:
        usage.sample()
        time.sleep(min(1, max(0.05, until - time.monotonic())))


def wrong_books(report, truth):
    """Names of books that are not the simulator's last state."""
    known = truth.checksums()
    return [f"{venue} {symbol}" for venue in VENUES for symbol in SYMBOLS
            if checksum(report["books"].get(venue, {}).get(symbol, {"bids": [], "asks": []})) not in
            known[venue, symbol]]


def soak(arguments, folder):
    """One run. Returns what is wrong, a sentence each."""
    pipe = folder / "truth"
    os.mkfifo(pipe)
    truth = Truth(pipe)
    truth.start()
    began = time.monotonic()
    halt_from = arguments.seconds - 3
    quiet_from = max(5, halt_from - arguments.settle)
    exchanges = start_exchanges(arguments, folder, pipe, list(faults(arguments, quiet_from, halt_from)))
    ports = {venue["venue"]: venue["port"] for venue in json.loads(exchanges.stdout.readline())["venues"]}
    serving = start_serving(arguments, folder, ports)
    served, usage = Served(serving), Usage(serving.pid)
    served.start()
    watch(served, usage, began + halt_from)
    watch(served, usage, time.monotonic() + 2)  # what is under way arrives
    books, silent_at = len(VENUES) * len(SYMBOLS), time.monotonic() + 6
    while served.ready() < books and time.monotonic() < silent_at:
        time.sleep(0.1)
    ready, connects, behind = served.ready(), served.connects, served.behind
    serving.send_signal(signal.SIGTERM)
    serving.wait(timeout=60)
    served.join(timeout=60)
    exchanges.send_signal(signal.SIGTERM)
    exchanges.wait(timeout=60)
    truth.join(timeout=60)

    report = served.status
    memory_before, memory_after = Usage.ends(usage.memory_kb)
    late = len(usage.files) * 2 // 3
    files_before, files_after = max(usage.files[:late]), max(usage.files[late:])  # a connection that is cut has none
    gaps = sum(book["gaps"] for symbols in report["books"].values() for book in symbols.values())
    print(f"{arguments.seconds} s at {arguments.speed}x: {report['frames']} frames, {truth.states} states, "
          f"{connects} connects, {gaps} gaps, {behind} times behind\n"
          f"memory {memory_before} kB, then {memory_after} kB (most {max(usage.memory_kb)}); "
          f"files at most {files_before}, then {files_after}; {ready} of {books} books ready\n"
          f"memory by tenths of the time: {Usage.tenths(usage.memory_kb)}\n"
          f"files by tenths of the time: {Usage.tenths(usage.files)}")
    wrong = []
    if serving.returncode != 0:
        wrong.append(f"serve ended with {serving.returncode}")
    if ready != books:
        wrong.append(f"{ready} of {books} books were ready when trading stopped")
    if not_true := wrong_books(report, truth):
        wrong.append("not the simulator's own: " + ", ".join(not_true))
    if connects <= len(VENUES):
        wrong.append("no connection was ever cut")
    if memory_after - memory_before > max(arguments.memory_kb, 0.01 * memory_before):
        wrong.append("memory grows")
    if files_after > files_before + 2:
        wrong.append("open files grow")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--for", dest="seconds", type=int, default=600, help="of wall clock")
    parser.add_argument("--speed", type=int, default=10, help="of the simulated exchanges")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resets", type=float, default=0.0001, help="share of messages at which a connection is cut")
    parser.add_argument("--settle", type=int, default=150, help="seconds without faults before trading stops")
    parser.add_argument("--each", type=int, default=0, help="that many faults of a kind at most, at each venue")
    parser.add_argument("--memory-kb", type=int, default=1024, help="that much growth is not called growth")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = soak(arguments, Path(folder))
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            print((Path(folder) / "log").read_text(encoding="utf-8")[-3000:], file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
