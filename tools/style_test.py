#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The configurations of clang-format and clang-tidy do what they say: deliberately bad code draws each named check.

A misspelt check or header filter would otherwise switch itself off without a word.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMAT = "clang-format-19"
TIDY = "clang-tidy-19"

UGLY = """\
namespace a{
class B{public:
int *c ;
int d(){return 1;}
};
int f(int x){if(x)return 1;
for(int i=0;i<x;++i)x-=i;
switch(x){case 1:return 2;default:return 3;}}
}
"""
PRETTY = """\
namespace a {
class B {
 public:
  int* c;
  int d() { return 1; }
};
int f(int x) {
  if (x) return 1;
  for (int i = 0; i < x; ++i) x -= i;
  switch (x) {
    case 1: return 2;
    default: return 3;
  }
}
}  // namespace a
"""

BAD_HEADER = """\
#pragma once
#include <string>
struct bad_name { bad_name(int n); };
inline int header_mistake(const std::string& s) { return s.size() == 0 ? 1 : 0; }
"""
BAD_SOURCE = """\
#include "crossbook/bad.hpp"
#include <utility>
#include <vector>
using namespace std;
class Resting {
 public:
  virtual void on() {}
 private:
  int size = 0;
};
struct Iceberg : Resting { virtual void on() {} };
int BadFunction(vector<string> words, Resting resting) {
  int *none = 0;
  int small = 1;
  long long big = small * small;
  for (auto word : words) big += static_cast<int>(word.size());
  vector<string> taken = std::move(words);
  if (big == 1 || big == 1) big += static_cast<int>(words.size());
  if (big > 1);
    return 1;
  return static_cast<int>(big / 2) * 1.5;
}
"""
EXPECTED = (
    "bugprone-suspicious-semicolon",
    "bugprone-use-after-move",
    "bugprone-implicit-widening-of-multiplication-result",
    "cppcoreguidelines-virtual-class-destructor",
    "google-explicit-constructor",
    "misc-redundant-expression",
    "modernize-use-nullptr",
    "modernize-use-override",
    "performance-for-range-copy",
    "performance-unnecessary-value-param",
    "readability-container-size-empty",
    "readability-identifier-naming",
)


@unittest.skipUnless(shutil.which(FORMAT), f"{FORMAT} is not installed")
class Format(unittest.TestCase):
    def test_ugly_code_becomes_our_style(self):
        formatted = subprocess.run([FORMAT, f"--style=file:{ROOT / '.clang-format'}"], input=UGLY, text=True,
                                   capture_output=True, check=True).stdout
        self.assertEqual(formatted, PRETTY)


@unittest.skipUnless(shutil.which(TIDY), f"{TIDY} is not installed")
class ClangTidy(unittest.TestCase):
    def test_the_configuration_has_no_misspelt_check(self):
        done = subprocess.run([TIDY, "--verify-config", f"--config-file={ROOT / '.clang-tidy'}"], text=True,
                              capture_output=True, check=False)
        self.assertIn("No config errors detected", done.stdout + done.stderr)

    def test_bad_code_draws_every_named_check(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "crossbook").mkdir()
            (Path(folder) / "crossbook/bad.hpp").write_text(BAD_HEADER)
            source = Path(folder) / "bad.cpp"
            source.write_text(BAD_SOURCE)
            output = subprocess.run([TIDY, "--quiet", f"--config-file={ROOT / '.clang-tidy'}", str(source), "--",
                                     "-std=c++23", f"-I{folder}"], text=True, capture_output=True, check=False).stdout
        fired = {check for group in re.findall(r"\[([\w.,-]+)\]$", output, re.MULTILINE) for check in group.split(",")}
        self.assertEqual([check for check in EXPECTED if check not in fired], [], output)
        self.assertRegex(output, r"crossbook/bad\.hpp:\d+:\d+: warning", "the header filter drops our headers")
        self.assertRegex(output, r"private member 'size'", "private members end in _")


if __name__ == "__main__":
    if "--skip-without-tools" in sys.argv:
        sys.argv.remove("--skip-without-tools")
    elif missing := [tool for tool in (FORMAT, TIDY) if not shutil.which(tool)]:
        sys.exit(f"{', '.join(missing)} not found; ./dev setup installs them")
    unittest.main()
