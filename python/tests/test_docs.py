# SPDX-License-Identifier: Apache-2.0
"""The code of the documentation runs, and every public name is in it."""

import re

import crossbook
from conftest import ROOT

PAGE = ROOT / "docs" / "python.md"


def test_the_code_of_the_page_runs_from_top_to_bottom(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 7
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)


def test_every_public_name_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in crossbook.__all__ if not re.search(rf"\b{name}\b", page)] == []
    for face in (crossbook.MultiExchangeOrderbookAggregator, crossbook.FeeLatencyCalibrator,
                 crossbook.SpreadThresholdManager):
        assert [name for name in vars(face) if not name.startswith("_") and name not in page] == []
