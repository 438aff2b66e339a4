#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Performance tracking, computed again from the rows of a store by tools/tca_recompute.py.

    tca_test.py --program CROSSBOOK --writer WRITE_TCA

Stores of two seeds must agree in every number; a store with one number changed must not, whichever it is.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# One change each, of a row that the computation uses.
TAMPERED = (
    *(f"UPDATE tca_orders SET {part} = CAST({part} AS INTEGER) + 1 WHERE order_id = 3 AND {part} IS NOT NULL"
      for part in ("delay", "latency", "spread", "impact", "fees", "unfilled", "filled")),
    "UPDATE tca_orders SET end_mid = end_mid + 1 WHERE CAST(filled AS INTEGER) < CAST(quantity AS INTEGER)",
    "UPDATE tca_orders SET sent_mid = sent_mid + 1",
    "UPDATE tca_decisions SET ask = ask + 1",
    "UPDATE tca_decisions SET action = 1 - action",
    "UPDATE tca_fills SET price = price + 1",
    "UPDATE tca_fills SET fee = CAST(fee AS INTEGER) + 1",
    "UPDATE tca_fills SET bid = bid - 1",
    "UPDATE tca_fills SET role = 1 - role",
    "UPDATE tca_references SET fee_rate_micro_bps = fee_rate_micro_bps + 1000000",
    "UPDATE tca_references SET lot = 7",
    "UPDATE tca_references SET all_in = CAST(all_in AS INTEGER) + 1",
    "UPDATE tca_levels SET price = price + 1 WHERE reference = ''",
    "UPDATE tca_levels SET price = price + 1 WHERE reference = 'b'",
    "UPDATE tca_improvements SET home_bps = home_bps + 1e-6",
    "UPDATE tca_improvements SET best_single_bps = NULL",
    "UPDATE tca_improvements SET best_venue = 'd'",
)
# Changes that only the report shows.
TAMPERED_REPORT = ("UPDATE tca_markouts SET mid = mid + 1 WHERE horizon_ns = 50000000",
                   "DELETE FROM tca_markouts WHERE horizon_ns = 300000000000")


def recomputed(store, report=None):
    """The exit code of the recomputation, and what it says."""
    command = [sys.executable, ROOT / "tools/tca_recompute.py", store]
    done = subprocess.run(command + (["--report", report] if report else []), capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout + done.stderr


def tampered(store, folder, change):
    copy = folder / "tampered.db"
    shutil.copyfile(store, copy)
    with sqlite3.connect(copy) as database:
        changed = database.execute(change).rowcount
    database.close()
    return copy, changed


def failures(program, writer, folder):
    for seed in (1, 2):
        store, report = folder / f"{seed}.db", folder / f"{seed}.json"
        subprocess.run([writer, store, str(seed), "40"], check=True)
        shown = subprocess.run([program, "tca", "--store", store, "--json"], check=True, capture_output=True, text=True)
        report.write_text(shown.stdout, encoding="utf-8")
        code, said = recomputed(store, report)
        if code != 0:
            yield f"seed {seed}: {said}"
    for change in TAMPERED + TAMPERED_REPORT:
        copy, changed = tampered(store, folder, change)
        code, said = recomputed(copy, report if change in TAMPERED_REPORT else None)
        if changed == 0 or code != 1:
            yield f"not noticed ({changed} rows, exit {code}): {change}\n{said}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--writer", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = list(failures(options.program, options.writer, Path(folder)))
    print("\n".join(found) or f"2 stores agree, {len(TAMPERED + TAMPERED_REPORT)} changes are noticed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
