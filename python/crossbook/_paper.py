# SPDX-License-Identifier: Apache-2.0
"""Trading on paper over recorded books, as `crossbook replay --paper` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from . import _core
from ._errors import InputError
from ._replay import Path, _nanoseconds
from ._route import Amount, _decimal, _within

if TYPE_CHECKING:
    import pandas  # type: ignore[import]


@dataclass(slots=True)
class PaperReport:
    """What became of a paper session's orders.

    orders, fills: one mapping each; prices, sizes and fees are decimal texts, times are ns since 1970.
    states: how many orders are in each state. cancels, rejected, unmade: how many for each reason.
    learned: fees and latencies that the session learned, as `crossbook calibrate show --json` prints them.
    performance: spreads, markouts, shortfall, improvement, as `crossbook tca --json` prints them.
    effects_sha256: the same for the same session and script, with every compiler.
    report: everything, as `crossbook replay --paper --json` prints it under "paper".
    """

    orders: list[dict[str, Any]]
    fills: list[dict[str, Any]]
    states: dict[str, int]
    cancels: dict[str, int]
    rejected: dict[str, int]
    unmade: dict[str, int]
    learned: dict[str, Any]
    performance: Any
    effects_sha256: str
    report: dict[str, Any] = field(repr=False)

    def orders_to_pandas(self) -> pandas.DataFrame:
        """A row an order: order, decided_at (UTC), venue, symbol, side, type, price, quantity, filled, state, ..."""
        return _frame(self.orders, ("price", "quantity", "filled"), ("decided_at", "ended_at"))

    def fills_to_pandas(self) -> pandas.DataFrame:
        """A row a match: order, at (UTC), venue, symbol, side, role, price, quantity, fee, fee_bps."""
        return _frame(self.fills, ("price", "quantity", "fee"), ("at",))


def _frame(rows: list[dict[str, Any]], numbers: Sequence[str], times: Sequence[str]) -> pandas.DataFrame:
    import pandas

    frame = pandas.DataFrame(rows)
    for name in numbers:
        if name in frame:
            frame[name] = frame[name].astype(float)
    for name in times:
        if name in frame:
            frame[name] = pandas.to_datetime(frame[name], unit="ns", utc=True)
    return frame


def paper(
    files: Path | Sequence[Path] | None = None,
    script: Path = "example",
    *,
    home: str | None = None,
    store: Path | None = None,
    until: datetime | int | None = None,
    notional: Amount = 1000,
    seed: int = 1,
    seconds: float = 60.0,
) -> PaperReport:
    """Plays sessions and trades in them on paper: best venue, cost, place, guard, fill or cancel, record, learn.

    files: captures, played to the end or to `until` (a datetime or ns since 1970); None: the simulated market of
    `seed` for `seconds`.
    script: a TOML file of orders, or "example" for the built-in flow with orders of `notional` quote units.
    home: the venue to compare with, before the script's word ("first": the first by name that an order could go to).
    store: a file that keeps orders, executions, what was learned, and performance; a session that died is taken up.

    InputError names the mistakes of a script; CaptureError a file that is not there; StoreError what the store said.
    """
    paths = [] if files is None else [files] if isinstance(files, (str, PathLike)) else list(files)
    if files is not None and not paths:
        raise InputError("files must name at least one capture, or be None for the simulated market")
    options = {
        "script": fspath(script),
        "home": "" if home is None else home,
        "store": "" if store is None else fspath(store),
        "until": _nanoseconds(until, "until"),
        "notional": _decimal(notional, "notional"),
        "seed": seed,
        "seconds": _within(seconds, 0.001, 1e7, "seconds"),
    }
    report = json.loads(_core.paper([fspath(path) for path in paths], options))
    return PaperReport(
        orders=report["order_rows"],
        fills=report["fill_rows"],
        states=report["orders"],
        cancels=report["cancels"],
        rejected=report["rejected"],
        unmade=report["unmade"],
        learned=report["learned"],
        performance=report["performance"],
        effects_sha256=report["effects_sha256"],
        report=report,
    )
