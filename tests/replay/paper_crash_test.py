#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a paper session with its store on disk at random moments, starts the next one, and looks at what is left.

    tests/replay/paper_crash_test.py --program crossbook --writer write_market [--kills 20] [--seed 1]

Each round kills the program with SIGKILL while it trades, opens the store, and lets the next process take over. Then
nothing that was on disk is gone, nothing that the dead process had shown as sent or filled is gone, every order has
ended, no order was filled beyond its size, no exchange holds an order that the store does not, and what the exchanges
say agrees with what was kept.
"""

import argparse
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

BUSY = """
[[orders]]
at = 1
every = 0.3
count = 1000
side = "alternate"
type = "ioc"
notional = "500"
offset_bps = -2

[[orders]]
at = 1.1
every = 0.3
count = 1000
side = "alternate"
type = "post_only"
notional = "500"
max_spread_bps = 1
expires_after = 4

[[orders]]
at = 1.2
every = 0.9
count = 1000
side = "buy"
type = "limit"
price = "mid"
size = "0.01"
cancel_after = 1.5
"""
IDLE = """
[[orders]]
at = 1000000
side = "buy"
size = "1"
"""


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def replay(program, capture, script, store):
    return [program, "replay", str(capture), "--paper", str(script), "--store", str(store)]


def kill_while_trading(arguments, after_s, steps):
    """True where it was still running. What it showed is in the file `steps`."""
    with open(steps, "wb") as output, subprocess.Popen(arguments, stdout=output, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(after_s)
            return False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True


SHOWN_FILL = re.compile(r"#(\d+) +fill [\d.]+ at [\d.]+ .*; ([\d.]+) of [\d.]+ done$")
SHOWN_STATE = re.compile(r"#(\d+) +(active|filled|cancelled|expired)\b")


def shown(steps):
    """What a reader of the dead process knew: orders that an exchange had, and how much of each was filled."""
    orders, filled = set(), {}
    for line in steps.read_text(encoding="utf-8").splitlines()[:-1]:
        if fill := SHOWN_FILL.search(line):
            filled[int(fill[1])] = Decimal(fill[2])
        elif state := SHOWN_STATE.search(line):
            orders.add(int(state[1]))
    return orders, filled


def look(store, tables):
    """Orders and executions on disk; the file must open and be whole."""
    # Killed while it was made, the file wants to be mended by whoever opens it next: so it may be written.
    with sqlite3.connect(f"file:{store}?mode=rw", uri=True) as database:
        expect(database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the store is not whole")
        return tables(database)


def orders_and_executions(database):
    # Killed before the first order, the file may be empty: the next process makes its tables.
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'order_executions'").fetchone():
        return {}, {}
    orders = {row[0]: row[1:] for row in database.execute("SELECT id, quantity, ended, quantity_scale FROM orders")}
    matches = database.execute("SELECT order_id, trade, quantity FROM order_executions")
    return orders, {(order, trade): quantity for order, trade, quantity in matches}


def go_on(program, capture, idle, store):
    done = subprocess.run([*replay(program, capture, idle, store), "--json"], capture_output=True, text=True,
                          check=False)
    expect(done.returncode == 0, f"the next process ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)["paper"]


def check_round(program, capture, scripts, store, after_s):
    steps = store.with_suffix(".db.steps")
    killed = kill_while_trading(replay(program, capture, scripts[0], store), after_s, steps)
    if not store.exists():
        return killed, 0, 0
    shown_orders, shown_filled = shown(steps)
    orders, executions = look(store, orders_and_executions)
    live = [number for number, (_, ended, _) in orders.items() if not ended]
    paper = go_on(program, capture, scripts[1], store)
    expect(paper["restored"] == len(live), f"{len(live)} live orders on disk, {paper['restored']} restored")
    expect(paper["strangers"] == 0, "an exchange held an order that the store did not")
    expect("mismatch" not in paper["alarms"] and "overfill" not in paper["alarms"], f"alarms: {paper['alarms']}")
    orders_now, executions_now = look(store, orders_and_executions)
    expect(orders.keys() <= orders_now.keys(), "an intent is gone")
    expect(executions.items() <= executions_now.items(), "an execution is gone")
    expect(shown_orders <= orders_now.keys(), "an order that was shown is gone")
    for number, (quantity, ended, scale) in orders_now.items():
        filled = sum(size for (order, _), size in executions_now.items() if order == number)
        expect(filled <= quantity, f"order {number} is filled beyond its size")
        expect(ended == 1, f"order {number} has not ended")
        expect(shown_filled.get(number, 0) <= Decimal(filled).scaleb(-scale), f"order {number}: a fill is gone")
    return killed, len(live), len(shown_filled)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--writer", required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        capture = folder / "market.jsonl"
        subprocess.run([options.writer, str(options.seed), "15", capture], check=True)
        scripts = folder / "busy.toml", folder / "idle.toml"
        scripts[0].write_text(BUSY)
        scripts[1].write_text(IDLE)
        begin = time.monotonic()
        go_on(options.program, capture, scripts[0], folder / "whole.db")
        whole_s = time.monotonic() - begin
        kills = live = fills = rounds = 0
        while kills < options.kills:
            rounds += 1
            store = folder / f"{rounds}.db"
            after_s = random.uniform(0.005, whole_s)
            try:
                killed, restored, filled = check_round(options.program, capture, scripts, store, after_s)
            except Failed as failed:
                print(f"seed {options.seed}, round {rounds}, killed after {after_s:.4f} s: {failed}")
                return 1
            kills += killed
            live += restored
            fills += filled
            for file in folder.glob(f"{rounds}.db*"):
                file.unlink()
            expect(rounds < 4 * options.kills + 20, "the program ends too soon to be killed")
        expect(live > 0 and fills > 0, "no kill left a live order, or a fill that was shown: nothing was tried")
        print(f"{kills} kills in {rounds} rounds, {live} live orders taken over, fills of {fills} orders found again, "
              "nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
