#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler checks: who may include whom, what may not be used below the waterline, and house rules.

    tools/tidy.py                      all files that git knows or would add; exit 1 and one line per finding
    tools/tidy.py --compiled DATABASE  the sources of compile_commands.json, separated by NUL (for clang-tidy)

Where the code needs an exception, it stands in the line, or in the line above, with its reason:
    // tidy: allow(double): bps at the edge, never back into a price
The name in brackets is the one that the finding shows. Each rule is a function from a file to findings, and
tools/tidy_test.py shows each of them bite.
"""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent

# The floor plan: a room, and the rooms whose headers it may include besides its own.
UNDER_WATER = ("core", "venue", "book", "cost", "guard", "tca", "market", "engine")
ROOMS = {
    "core": (),
    "venue": ("core",),
    "book": ("core",),
    "cost": ("core", "book"),
    "guard": ("core",),
    "tca": ("core", "book", "cost"),
    "market": ("core", "venue"),
    "engine": ("core", "venue", "book", "cost", "guard", "tca", "market"),
    "sys": ("core",),
    "capture": ("core", "sys"),
    "gateway": ("core", "venue", "sys"),
    "shard": UNDER_WATER + ("sys", "capture", "gateway"),
    "store": ("core", "cost", "tca", "sys"),
    "serve": ("core", "cost", "shard", "store", "sys"),
    "api": ("core", "book", "cost", "guard", "store"),
}
OUTSIDE = ("apps", "examples", "python", "tests")  # may include every room

VECTOR_ROOMS = ("core", "venue", "book", "capture")  # hand-written SSE4.2 scanners
# Third party: the start of an include, and the rooms (or folders outside the library) that may use it.
THIRD_PARTY = {
    "simdjson.h": ("venue", "capture"),
    "zlib.h": ("venue", "capture"),
    "zstd.h": ("capture",),
    "fmt/": ("sys", "apps"),
    "boost/": ("sys",),
    "openssl/": ("sys",),
    "SQLiteCpp/": ("store",),
    "sqlite3.h": ("store",),
    "nlohmann/": ("serve", "apps"),
    "prometheus/": ("serve",),
    "CLI/": ("apps",),
    "toml++/": ("apps",),
    "pybind11/": ("python",),
    "immintrin.h": VECTOR_ROOMS,
    "nmmintrin.h": VECTOR_ROOMS,
    "smmintrin.h": VECTOR_ROOMS,
    "emmintrin.h": VECTOR_ROOMS,
}
ABOVE_WATER = tuple(room for room in ROOMS if room not in UNDER_WATER) + OUTSIDE
PROOF_LIBRARIES = ("gtest/", "gmock/", "rapidcheck", "benchmark/")  # in _test, _bench and _fuzz files

# Below the waterline: the rule's name, what is banned, and what to do instead.
BANS = (
    ("virtual", r"\bvirtual\b", "use a table row or a template; no virtual call under water"),
    ("thread", r"<(?:atomic|mutex|shared_mutex|thread|condition_variable|future|semaphore|latch|barrier|stop_token)>",
     "one thread owns an engine; locks and threads live in shard"),
    ("thread", r"\b(?:std::(?:atomic|mutex|thread|jthread|condition_variable)|thread_local)\b",
     "one thread owns an engine; locks and threads live in shard"),
    ("clock", r"::now\s*\(|\b(?:system|steady|high_resolution|utc|file)_clock\b|<ctime>|\bstd::(?:time|clock)\b"
     r"|(?<![\w.>:])(?:time|clock|gettimeofday|clock_gettime)\s*\((?!\s*\))",
     "time is an argument: Input::at and Input::wall"),
    ("random", r"\b(?:s?rand|drand48)\s*\(|\brandom_device\b|<random>", "a seed is an input; see market's generator"),
    ("environment", r"\b(?:secure_)?getenv\b|\bsetlocale\b|<locale>|\bstd::locale\b",
     "settings are inputs; the environment is read in apps"),
    ("stream", r"<(?:iostream|fstream|sstream|ostream|istream|filesystem|print)>|\bstd::c(?:out|err|log|in)\b"
     r"|\bfopen\b", "no file and no stream under water; write text with core/decimal.hpp"),
    ("exception", r"\bthrow\b|\btry\s*\{", "return a Result (core/result.hpp)"),
)
EXACT_ROOMS = ("core", "venue", "book", "guard")
LINE_MAX = 120  # but for the frames of the wire, which are raw strings
CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".ts", ".js", ".css", ".html", ".yml", ".yaml", ".toml", ".sql")
PROOF = re.compile(r"_(?:test|bench|fuzz)(?:_tools)?\.[ch]pp$")
# Spelled in parts, so that this file passes its own rules.
LEFTOVER = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.)}])/(?:work|farm|root|home)/[A-Za-z.]")


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"


class Source:
    """One file: its path from the root, its lines, and its lines without comments and strings."""

    def __init__(self, path, text, root=ROOT):
        self.path = PurePosixPath(path)
        self.text = text
        self.root = Path(root)
        self.lines = text.split("\n")
        self.is_cpp = self.path.suffix in (".cpp", ".hpp")
        self.code = blank_comments(text).split("\n") if self.is_cpp else self.lines

    @property
    def room(self):
        parts = self.path.parts
        return parts[1] if len(parts) > 2 and parts[0] == "crossbook" else None

    @property
    def place(self):
        """The room, or the folder outside the library."""
        return self.room or self.path.parts[0]

    @property
    def is_proof(self):
        """Not part of the product: a test, a benchmark, a fuzzer, or what only these are built with."""
        return bool(PROOF.search(self.path.name)) or self.place == "tests" or self.path.stem in self.proof_stems()

    def proof_stems(self):
        """The sources that the room's CMakeLists.txt lists behind TESTS, BENCHES or FUZZERS, without suffix."""
        lists = self.root / self.path.parent / "CMakeLists.txt"
        text = lists.read_text(encoding="utf-8") if self.room and lists.is_file() else ""
        listed = re.findall(r"\b(?:TESTS|BENCHES|FUZZERS)\b([^A-Z)]*)", text)
        return {PurePosixPath(name).stem for names in listed for name in names.split()}

    @property
    def is_code(self):
        return self.path.suffix in CODE or self.path.name in ("CMakeLists.txt", "dev") or str(self.path) == ".ci/run"

    def allowed(self, line, rule):
        marker = f"tidy: allow({rule}):"
        return marker in self.lines[line - 1] or (line > 1 and marker in self.lines[line - 2])

    def finding(self, line, rule, text):
        return [] if self.allowed(line, rule) else [Finding(str(self.path), line, rule, text)]


def blank_comments(text):
    """C++ with the inside of comments and literals replaced by blanks; includes keep their names."""
    token = re.compile(
        r'^[ \t]*\#[ \t]*include[^\n]*|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/'
        r"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL | re.MULTILINE)

    def blank(match):
        piece = match.group(0)
        if "#" in piece and piece.lstrip().startswith("#"):
            return piece.split("//")[0]
        return re.sub(r"[^\n]", " ", piece)

    return token.sub(blank, text)


def includes(source):
    for number, line in enumerate(source.code, 1):
        if match := re.match(r'\s*#\s*include\s*([<"])([^">]+)[">]', line):
            yield number, match.group(1), match.group(2)


# The rules.

def floor_plan(source):
    if not source.is_cpp:
        return
    for number, quote, name in includes(source):
        if quote != '"':
            continue
        parts = PurePosixPath(name).parts
        if source.room is None and source.place in OUTSIDE:
            continue
        if parts[0] != "crossbook" or len(parts) < 3:
            yield from source.finding(number, "include", f'"{name}": name the path in the tree: "crossbook/<room>/..."')
        elif parts[1] != source.room and parts[1] not in ROOMS.get(source.room, ()):
            may = ", ".join(ROOMS.get(source.room, ())) or "no other room"
            yield from source.finding(number, "floor-plan", f"{source.room} may include {may}, not {parts[1]}; "
                                      "pass what you need as an argument")


def known_room(source):
    if source.is_cpp and source.path.parts[0] == "crossbook" and source.room not in ROOMS:
        yield from source.finding(1, "floor-plan", f"no room {source.room!r}; add it to ROOMS, or move the file")


def third_party(source):
    if not source.is_cpp:
        return
    for number, quote, name in includes(source):
        if quote != "<" or not re.search(r"[./+]", name):
            if name != "rapidcheck":
                continue
        if name.startswith(PROOF_LIBRARIES):
            if not source.is_proof:
                yield from source.finding(number, "third-party", f"<{name}> belongs in _test, _bench and _fuzz files")
            continue
        owner = next((places for start, places in THIRD_PARTY.items() if name.startswith(start)), None)
        if owner is None and is_system_header(name):
            if source.place not in ABOVE_WATER and not source.is_proof:
                yield from source.finding(number, "third-party", f"<{name}> is the system's; use it in sys")
        elif owner is None:
            yield from source.finding(number, "third-party", f"<{name}> has no room; add it to THIRD_PARTY")
        elif source.place not in owner and not source.is_proof:
            yield from source.finding(number, "third-party", f"<{name}> is only for {', '.join(owner)}")


def is_system_header(name):
    return re.match(r"(?:sys|linux|netinet|arpa|net)/|[a-z]+\.h$", name) is not None


def waterline(source):
    if not source.is_cpp or source.room not in UNDER_WATER or source.is_proof:
        return
    for number, line in enumerate(source.code, 1):
        for rule, pattern, instead in BANS:
            if match := re.search(pattern, line):
                yield from source.finding(number, rule, f"{match.group(0).strip()!r} below the waterline: {instead}")


def exact_numbers(source):
    if not source.is_cpp or source.room not in EXACT_ROOMS or source.is_proof:
        return
    for number, line in enumerate(source.code, 1):
        if match := re.search(r"\b(?:double|float)\b", line):
            yield from source.finding(number, "double",
                                      f"{match.group(0)} in {source.room}: money is counted (core/units.hpp)")


def visible_order(source):
    """A loop over a hash map gives an order that differs between libraries, so it must never reach an effect."""
    if not source.is_cpp or source.room not in UNDER_WATER or source.is_proof:
        return
    declared = source.text
    header = source.root / source.path.with_suffix(".hpp")
    if source.path.suffix == ".cpp" and header.is_file():
        declared += header.read_text(encoding="utf-8")
    names = set(re.findall(r"\bunordered_(?:multi)?(?:map|set)\s*<[^;{}()]*>\s+(\w+)\s*[;={]", declared))
    for number, line in enumerate(source.code, 1):
        match = re.search(r"\bfor\s*\([^;)]*:\s*(\w+)\s*\)", line) or re.search(r"\b(\w+)\s*\.\s*begin\s*\(", line)
        if match and match.group(1) in names:
            yield from source.finding(number, "hash-order", f"{match.group(1)} has no order; walk a sorted container")


def licence(source):
    if source.is_code and not any("SPDX-License-Identifier: Apache-2.0" in line for line in source.lines[:3]):
        yield from source.finding(1, "licence", "begin with SPDX-License-Identifier: Apache-2.0 in a comment")


def pragma_once(source):
    if source.path.suffix == ".hpp" and "#pragma once" not in source.lines:
        yield from source.finding(1, "pragma-once", "a header says #pragma once")


def blanks(source):
    for number, line in enumerate(source.lines, 1):
        if "\r" in line:
            yield from source.finding(number, "line-end", "carriage return; end lines with LF")
        if "\t" in line:
            yield from source.finding(number, "tab", "indent with blanks")
        if line != line.rstrip(" "):
            yield from source.finding(number, "trailing-blank", "remove the blanks at the end")
        if source.is_code and len(line) > LINE_MAX and 'R"' not in line:
            yield from source.finding(number, "line-length", f"{len(line)} characters; at most {LINE_MAX}")
    if source.text and (not source.text.endswith("\n") or source.text.endswith("\n\n")):
        yield from source.finding(len(source.lines), "line-end", "end the file with one line feed")


def leftovers(source):
    for number, line in enumerate(source.lines, 1):
        if match := LEFTOVER.search(line):
            yield from source.finding(number, "leftover", f"{match.group(0)}: do it, or open an issue")


def machine_paths(source):
    for number, line in enumerate(source.lines, 1):
        if match := MACHINE_PATH.search(line):
            yield from source.finding(number, "machine-path",
                                      f"{match.group(0)}... exists on one machine; use a relative path")


def built(source):
    """Every .cpp is named in the nearest CMakeLists.txt, so none is forgotten."""
    if source.path.suffix != ".cpp":
        return
    for folder in source.path.parents:
        lists = source.root / folder / "CMakeLists.txt"
        if lists.is_file():
            name = re.escape(str(source.path.relative_to(folder)))
            if not re.search(rf"(?<![\w./-]){name}(?![\w./-])", lists.read_text(encoding="utf-8")):
                yield from source.finding(1, "not-built", f"name it in {folder / 'CMakeLists.txt'}, or delete it")
            return


def heading_anchor(heading):
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or "", heading.strip().lower())
    return re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", text))


def links(source):
    if source.path.suffix != ".md":
        return
    fence = False
    for number, line in enumerate(source.lines, 1):
        fence ^= line.lstrip().startswith("```")
        for target in () if fence else re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = source.root / source.path.parent / path if path else source.root / source.path
            if not file.exists():
                yield from source.finding(number, "link", f"{target}: no such file; paths are relative to this page")
            elif anchor and file.suffix == ".md":
                text = source.text if not path else file.read_text(encoding="utf-8")
                anchors = [heading_anchor(h) for h in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
                if anchor not in anchors:
                    yield from source.finding(number, "link", f"{target}: no such heading")


def named_code(source):
    """In docs: `room/file.cpp` exists, and in a table row `Type::function` stands in one of the files of that row."""
    if source.path.suffix != ".md" or source.path.parts[0] != "docs":
        return
    for number, line in enumerate(source.lines, 1):
        files = []
        for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:cpp|hpp|py|cmake))`", line):
            found = [base / name for base in (source.root, source.root / "crossbook") if (base / name).is_file()]
            files += found
            if not found:
                yield from source.finding(number, "doc-path", f"{name} does not exist; name the file as it is now")
        if not line.startswith("|") or not files:
            continue
        text = "".join(f.read_text(encoding="utf-8") for f in files)
        for function in re.findall(r"`(?:[\w:]+::)?(\w+)(?:\(\))?`", line):
            if not re.search(rf"\b{function}\b", text):
                names = ", ".join(file.name for file in files)
                yield from source.finding(number, "doc-path", f"{function} is not in {names}")


RULES = (floor_plan, known_room, third_party, waterline, exact_numbers, visible_order, licence, pragma_once, blanks,
         leftovers, machine_paths, built, links, named_code)


def check(source):
    return [finding for rule in RULES for finding in rule(source)]


def tracked_files(root):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (Path(root) / name).is_file()]


def read(root, name):
    """The file's text, or None where it is not ours to judge: test data, binaries, lock files, the licence."""
    if name.startswith("testdata/") or name == "LICENSE" or name.endswith("package-lock.json"):
        return None
    data = (Path(root) / name).read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def compiled(database):
    """Sources of ours in compile_commands.json; generated ones (headers that are verified alone) are not."""
    known = set(tracked_files(ROOT))
    names = {Path(entry["directory"], entry["file"]).resolve() for entry in json.loads(Path(database).read_text())}
    ours = sorted(str(n.relative_to(ROOT)) for n in names if n.is_relative_to(ROOT))
    return [name for name in ours if name in known]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiled", metavar="DATABASE")
    options = parser.parse_args()
    if options.compiled:
        sys.stdout.write("".join(name + "\0" for name in compiled(options.compiled)))
        return 0
    findings, files = [], 0
    for name in tracked_files(ROOT):
        text = read(ROOT, name)
        if text is not None:
            files += 1
            findings += check(Source(name, text))
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings in {files} files", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
