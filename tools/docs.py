#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pages that the program generates, or with --check says which of them are not current."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"docs/venues/detection.md": ["venues", "--markdown"],
         "docs/venues/sessions.md": ["venues", "--sessions", "--markdown"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the crossbook program")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a page differs")
    options = parser.parse_args()
    stale = []
    for page, arguments in PAGES.items():
        text = subprocess.run([options.program, *arguments], capture_output=True, check=True).stdout
        file = ROOT / page
        if file.is_file() and file.read_bytes() == text:
            continue
        stale.append(page)
        if not options.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
            print(f"{page}: written")
    if options.check and stale:
        print(f"not current: {', '.join(stale)}; ./dev docs writes them again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
