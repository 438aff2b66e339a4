#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of tidy.py bites on a made-up file, and lets the right thing pass."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402

HEAD = "// SPDX-License-Identifier: Apache-2.0\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def rules(self, path, body, head=HEAD):
        if path.endswith(".hpp"):
            head += "#pragma once\n"
        return [f.rule for f in tidy.check(tidy.Source(path, head + body, self.root))]

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def test_a_room_includes_only_rooms_below_it(self):
        self.assertEqual(self.rules("crossbook/book/a.hpp", '#include "crossbook/cost/fee.hpp"\n'), ["floor-plan"])
        self.assertEqual(self.rules("crossbook/cost/a.hpp", '#include "crossbook/book/ladder.hpp"\n'), [])
        self.assertEqual(self.rules("crossbook/engine/a_test.cpp", '#include "crossbook/sys/file.hpp"\n'),
                         ["floor-plan"])
        self.assertEqual(self.rules("apps/crossbook/a.cpp", '#include "crossbook/shard/replay.hpp"\n'), [])

    def test_the_floor_plan_has_no_cycle(self):
        def below(room):
            return set(tidy.ROOMS[room]).union(*(below(lower) for lower in tidy.ROOMS[room]))
        for room in tidy.ROOMS:
            self.assertNotIn(room, below(room))
        for room in tidy.UNDER_WATER:
            self.assertLessEqual(below(room), set(tidy.UNDER_WATER))

    def test_an_unknown_room_is_an_error(self):
        self.assertEqual(self.rules("crossbook/utils/a.hpp", ""), ["floor-plan"])

    def test_a_library_include_names_its_path_in_the_tree(self):
        self.assertEqual(self.rules("crossbook/book/a.hpp", '#include "ladder.hpp"\n'), ["include"])

    def test_third_party_stays_in_its_room(self):
        self.assertEqual(self.rules("crossbook/book/a.hpp", "#include <simdjson.h>\n"), ["third-party"])
        self.assertEqual(self.rules("crossbook/venue/a.hpp", "#include <simdjson.h>\n"), [])
        self.assertEqual(self.rules("crossbook/sys/a.cpp", "#include <spdlog/spdlog.h>\n"), ["third-party"])
        self.assertEqual(self.rules("crossbook/book/a.cpp", "#include <unistd.h>\n"), ["third-party"])
        self.assertEqual(self.rules("crossbook/sys/a.cpp", "#include <unistd.h>\n"), [])
        self.assertEqual(self.rules("crossbook/book/a.cpp", "#include <gtest/gtest.h>\n"), ["third-party"])
        libraries = "#include <rapidcheck.h>\n#include <gtest/gtest.h>\n"
        self.assertEqual(self.rules("crossbook/book/a_test.cpp", libraries), [])

    def test_nothing_of_the_world_is_used_below_the_waterline(self):
        for rule, line in (
                ("virtual", "virtual void on();"),
                ("thread", "#include <atomic>"),
                ("thread", "#include <condition_variable>"),
                ("thread", "std::mutex lock;"),
                ("clock", "auto t = std::chrono::steady_clock::now();"),
                ("clock", "auto t = time(nullptr);"),
                ("random", "int n = rand();"),
                ("random", "std::random_device seed;"),
                ("environment", 'auto* p = std::getenv("HOME");'),
                ("stream", "#include <iostream>"),
                ("exception", "throw 1;")):
            self.assertEqual(self.rules("crossbook/guard/a.cpp", line + "\n"), [rule], line)
            self.assertEqual(self.rules("crossbook/shard/a.cpp", line + "\n"), [], line)

    def test_words_in_comments_strings_and_longer_names_are_no_use(self):
        body = ('// no virtual, no double, time() is an argument\n'
                'const char* text = "a virtual double";\n'
                'const char quote = \'"\';  // double\n'
                'auto n = 1\'000\'000;\n'
                'int operand(int); bool randomised; auto t = frame.time(); auto u = input.time(3);\n'
                '/* float\n   double */\n')
        self.assertEqual(self.rules("crossbook/guard/a.cpp", body), [])

    def test_money_is_not_floating_point(self):
        self.assertEqual(self.rules("crossbook/book/a.hpp", "double price;\n"), ["double"])
        self.assertEqual(self.rules("crossbook/cost/a.hpp", "double quantile;\n"), [])
        self.assertEqual(self.rules("crossbook/book/a_test.cpp", "double seconds;\n"), [])

    def test_what_only_tests_are_built_with_is_free(self):
        self.write("crossbook/book/CMakeLists.txt", "crossbook_room(book\n  SOURCES ladder.cpp\n  TESTS churn.cpp)\n")
        self.assertEqual(self.rules("crossbook/book/churn.cpp", "double d;\n"), [])
        self.assertEqual(self.rules("crossbook/book/churn.hpp", "double d;\n"), [])
        self.assertEqual(self.rules("crossbook/book/feed_test_tools.hpp", "#include <fstream>\n"), [])
        self.assertEqual(self.rules("crossbook/book/ladder.cpp", "double d;\n"), ["double"])

    def test_an_exception_stands_in_the_code_with_its_reason(self):
        self.assertEqual(self.rules("crossbook/core/a.hpp", "double bps;  // tidy: allow(double): at the edge\n"), [])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "// tidy: allow(double): at the edge\ndouble bps;\n"), [])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "double bps;  // tidy: allow(clock): no\n"), ["double"])

    def test_the_order_of_a_hash_map_is_never_visible(self):
        loop = "void f() { for (const auto& row : rows_) use(row); }\n"
        self.assertEqual(self.rules("crossbook/cost/a.cpp", "std::unordered_map<int, int> rows_;\n" + loop),
                         ["hash-order"])
        self.assertEqual(self.rules("crossbook/cost/a.cpp", "std::map<int, int> rows_;\n" + loop), [])
        self.write("crossbook/cost/b.hpp", "std::unordered_map<std::string, int> rows_;\n")
        self.assertEqual(self.rules("crossbook/cost/b.cpp", loop), ["hash-order"])

    def test_every_source_names_its_licence(self):
        self.assertEqual(self.rules("crossbook/core/a.hpp", "", head=""), ["licence"])
        self.assertEqual(self.rules("tools/a.py", "", head="#!/usr/bin/env python3\n"), ["licence"])
        self.assertEqual(self.rules("README.md", "words\n", head=""), [])

    def test_a_header_is_read_once(self):
        findings = tidy.check(tidy.Source("crossbook/core/a.hpp", HEAD, self.root))
        self.assertEqual([f.rule for f in findings], ["pragma-once"])

    def test_blanks_and_long_lines(self):
        self.assertEqual(self.rules("crossbook/core/a.hpp", "\tint a;\n"), ["tab"])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "int a; \n"), ["trailing-blank"])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "int a;\r\n"), ["line-end"])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "int a;"), ["line-end"])
        self.assertEqual(self.rules("crossbook/core/a.hpp", "//" + "x" * 119 + "\n"), ["line-length"])
        self.assertEqual(self.rules("crossbook/core/a.hpp", 'auto frame = R"(' + "x" * 119 + ')";\n'), [])
        self.assertEqual(self.rules("README.md", "x" * 500 + "\n", head=""), [])

    def test_nothing_is_left_for_later(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"):
            self.assertEqual(self.rules("crossbook/core/a.hpp", f"// {word} later\n"), ["leftover"])

    def test_no_path_of_one_machine(self):
        self.assertEqual(self.rules("README.md", "see /ho" + "me/me/file\n", head=""), ["machine-path"])
        self.assertEqual(self.rules("README.md", "see ../wo" + "rk/file\n", head=""), [])

    def test_every_source_is_built(self):
        self.write("crossbook/book/CMakeLists.txt",
                   "crossbook_room(book SOURCES ladder.cpp TESTS old_ladder_test.cpp)\n")
        self.assertEqual(self.rules("crossbook/book/ladder.cpp", ""), [])
        self.assertEqual(self.rules("crossbook/book/ladder_test.cpp", ""), ["not-built"])

    def test_links_resolve(self):
        self.write("docs/a.md", "# First Things: `x`\n")
        right = "[a](docs/a.md) [b](docs/a.md#first-things-x) [w](https://x.org)\n"
        self.assertEqual(self.rules("README.md", right, ""), [])
        self.assertEqual(self.rules("README.md", "[a](docs/b.md)\n", ""), ["link"])
        self.assertEqual(self.rules("README.md", "[a](docs/a.md#second)\n", ""), ["link"])
        self.assertEqual(self.rules("docs/c.md", "[a](docs/a.md)\n", ""), ["link"])

    def test_docs_name_code_that_exists(self):
        self.write("crossbook/book/ladder.cpp", "void Ladder::change() {}\n")
        self.assertEqual(self.rules("docs/architecture.md", "| 7 | `book/ladder.cpp` | `Ladder::change` |\n", ""), [])
        self.assertEqual(self.rules("docs/architecture.md", "| 7 | `book/ladders.cpp` | `Ladder::change` |\n", ""),
                         ["doc-path"])
        self.assertEqual(self.rules("docs/architecture.md", "| 7 | `book/ladder.cpp` | `Ladder::replace` |\n", ""),
                         ["doc-path"])

    def test_a_finding_names_file_line_rule_and_what_to_do(self):
        finding = tidy.check(tidy.Source("crossbook/book/a.hpp", HEAD + "#pragma once\nfloat x;\n", self.root))[0]
        self.assertEqual(str(finding),
                         "crossbook/book/a.hpp:3: double: float in book: money is counted (core/units.hpp)")


if __name__ == "__main__":
    unittest.main()
