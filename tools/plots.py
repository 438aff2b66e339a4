#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks that show how cost grows, and draws docs/plots/*.svg from them.

    tools/plots.py --bin build/release/bin

Needs Debian's python3-matplotlib, which only this script uses.
"""

import argparse
import json
import os
import subprocess

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "crossbook"
from matplotlib import pyplot  # noqa: E402  (the backend comes first)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# File, title, x axis, benchmark program, filter.
PLOTS = [
    ("depth", "A Binance frame of ten levels, bytes to best price", "levels a side in the book", "engine_bench",
     "frame_to_best/depth"),
    ("instruments", "The same, books of 500 levels in random order", "instruments", "engine_bench",
     "frame_to_best/instruments"),
    ("venues", "Keeping the best price current, filters on", "venues", "book_bench", "BM_BestPricePerTopChange"),
]


def measure(program, name):
    """{argument: nanoseconds an item}, the median of five repetitions."""
    command = [program, f"--benchmark_filter={name}/", "--benchmark_format=json", "--benchmark_repetitions=5",
               "--benchmark_min_time=0.1", "--benchmark_report_aggregates_only=true"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    medians = [b for b in json.loads(run.stdout)["benchmarks"] if b["aggregate_name"] == "median"]
    # A benchmark of many changes at once says what one of them takes, in seconds.
    cost = [1e9 * b["s_per_top_change"] if "s_per_top_change" in b else b["cpu_time"] for b in medians]
    return {int(b["run_name"].rsplit("/", 1)[1]): ns for b, ns in zip(medians, cost)}


def draw(path, title, x_label, values):
    figure, axes = pyplot.subplots(figsize=(6, 3.4))
    axes.plot(list(values), list(values.values()), marker="o")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel("ns")
    axes.grid(True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    with open(path, encoding="utf-8") as drawn:
        lines = [line.rstrip() for line in drawn]
    with open(path, "w", encoding="utf-8") as tidied:
        tidied.write("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"))
    arguments = parser.parse_args()
    folder = os.path.join(ROOT, "docs", "plots")
    os.makedirs(folder, exist_ok=True)
    for name, title, x_label, program, benchmark in PLOTS:
        values = measure(os.path.join(arguments.bin, program), benchmark)
        draw(os.path.join(folder, f"{name}.svg"), title, x_label, values)
        print(f"{name}: " + ", ".join(f"{x}: {ns:.1f} ns" for x, ns in values.items()), flush=True)


if __name__ == "__main__":
    main()
