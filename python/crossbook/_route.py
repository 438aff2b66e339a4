# SPDX-License-Identifier: Apache-2.0
"""Splitting an order over recorded books, as `crossbook route` does."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._errors import InputError
from ._replay import Path, _nanoseconds

if TYPE_CHECKING:
    import pandas  # type: ignore[import]

Amount = Union[str, int, float, Decimal]


@dataclass(slots=True)
class RoutePlan:
    """What goes where, what it costs, and what one venue alone would cost.

    filled, residual: base units. value: in the quote currency. expected_average, all_in_average: prices without and
    with fees and latency cost; None where nothing is filled. fee, latency_cost: in the quote currency.
    shortfall: why not all is filled, else "none". exact: whether no plan is cheaper; gap_bps: else by how much at most.
    legs: one mapping a venue. unused, excluded: why a venue has no leg, or is not in the book at all.
    best_single, home: the same order at one venue, and what the plan saves in bps.
    report: everything, as `crossbook route --json` prints it; amounts are decimal texts there.
    """

    symbol: str
    side: str
    filled: float
    value: float
    expected_average: float | None
    all_in_average: float | None
    fee: float
    latency_cost: float
    residual: float | None
    shortfall: str
    exact: bool
    gap_bps: float | None
    legs: list[dict[str, Any]]
    unused: dict[str, str]
    excluded: dict[str, str]
    best_single: dict[str, Any] | None
    home: dict[str, Any] | None
    report: dict[str, Any] = field(repr=False)

    def to_pandas(self) -> pandas.DataFrame:
        """A row a leg: venue, quantity, limit_price, expected_average, all_in_average, value, fee_bps, fee, ..."""
        import pandas

        return pandas.DataFrame(self.legs)


def _decimal(amount: Amount | None, argument: str) -> str:
    if amount is None:
        return ""
    if isinstance(amount, str):
        return amount
    if not math.isfinite(amount) or amount <= 0:
        raise InputError(f"{argument} must be above zero, not {amount!r}")
    return format(Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount), "f")


def _within(number: float, low: float, high: float, argument: str) -> float:
    if not (math.isfinite(number) and low <= number <= high):
        raise InputError(f"{argument} must be from {low:g} to {high:g}, not {number!r}")
    return float(number)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def route(
    files: Path | Sequence[Path],
    symbol: str,
    side: str,
    size: Amount | None = None,
    notional: Amount | None = None,
    *,
    at: datetime | int | None = None,
    home: str | None = None,
    fees: Mapping[str, float] | None = None,
    caps: Mapping[str, Amount] | None = None,
    lots: Mapping[str, Amount] | None = None,
    min_notionals: Mapping[str, Amount] | None = None,
    fx: Sequence[str] = (),
    store: Path | None = None,
    latency_ms: float = 50.0,
    latency_weight: float = 0.3,
    volatility: float | None = None,
) -> RoutePlan:
    """Splits an order over the books of recorded sessions by what it really costs: price, fee, latency.

    files: captures, played to the end or to `at` (a datetime or ns since 1970).
    side: "buy" or "sell". Either size (base units) or notional (quote currency).
    home: the venue to compare with.
    fees: {venue: taker fee in bps}, before anything learned or published.
    caps, lots, min_notionals: {venue: amount} instead of what the captures say.
    fx: "USDC/USDT=0.9998:1.0001@200ms" joins books in another currency at that rate; "USDC/USDT" takes the captures'.
    store: a file of executions (FeeLatencyCalibrator's) whose learned fees and latencies then count.
    latency_ms: from decision to the venue's book, where none was learned. latency_weight: how much of it counts.
    volatility: a fraction per square root of a second; None: measured on the session.

    InputError names what cannot be; CaptureError where a file or the symbol is not there.
    """
    if (size is None) == (notional is None):
        raise InputError("give either size (base units) or notional (quote currency)")
    paths = [files] if isinstance(files, (str, PathLike)) else list(files)
    if not paths:
        raise InputError("files must name at least one capture")
    options: dict[str, Any] = {
        "symbol": symbol,
        "side": side,
        "size": _decimal(size, "size"),
        "notional": _decimal(notional, "notional"),
        "at": _nanoseconds(at, "at"),
        "home": home or "",
        "fees": {venue: _within(bps, -999.0, 999.0, f"fees[{venue!r}]") for venue, bps in (fees or {}).items()},
        "fx": list(fx),
        "store": "" if store is None else fspath(store),
        "latency_ms": _within(latency_ms, 0.0, 1e6, "latency_ms"),
        "latency_weight": _within(latency_weight, 0.0, 1.0, "latency_weight"),
        "volatility": None if volatility is None else _within(volatility, 0.0, 1.0, "volatility"),
    }
    for name, amounts in (("caps", caps), ("lots", lots), ("min_notionals", min_notionals)):
        options[name] = {venue: _decimal(amount, f"{name}[{venue!r}]") for venue, amount in (amounts or {}).items()}
    report = json.loads(_core.route([fspath(path) for path in paths], options))
    amounts_of_legs = ("quantity", "limit_price", "value")
    return RoutePlan(
        symbol=report["symbol"],
        side=report["side"],
        filled=float(report["filled"]),
        value=float(report["value"]),
        expected_average=report["expected_average"],
        all_in_average=report["all_in_average"],
        fee=report["fee"],
        latency_cost=report["latency_cost"],
        residual=_number(report["residual"]),
        shortfall=report["shortfall"],
        exact=report["exact"],
        gap_bps=report["gap_bps"],
        legs=[leg | {name: float(leg[name]) for name in amounts_of_legs if name in leg} for leg in report["legs"]],
        unused=report["unused"],
        excluded=report["excluded"],
        best_single=report["best_single"],
        home=report["home"],
        report=report,
    )
