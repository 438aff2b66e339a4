#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program beside simulated exchanges on loopback.

    with_fakex.py --program CROSSBOOK --venues kraken,okx --symbols BTC/USDT -- PROGRAM ARGUMENT...

In the arguments, {kraken} is that exchange's host:port and {ca_file} the authority that signed their certificates.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--venues", required=True)
    parser.add_argument("--symbols", required=True)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ca_file = Path(folder) / "ca.pem"
        with subprocess.Popen([arguments.program, "fakex", "--json", "--port", "0", "--seed", "7", "--venues",
                               arguments.venues, "--symbols", arguments.symbols, "--ca-out", ca_file],
                              stdout=subprocess.PIPE, text=True) as fakex:
            try:
                venues = json.loads(fakex.stdout.readline())["venues"]
                names = {venue["venue"]: f"127.0.0.1:{venue['port']}" for venue in venues} | {"ca_file": str(ca_file)}
                command = [word.format(**names) for word in arguments.command]
                return subprocess.run(command, timeout=120, check=False).returncode
            finally:
                fakex.terminate()


if __name__ == "__main__":
    sys.exit(main())
