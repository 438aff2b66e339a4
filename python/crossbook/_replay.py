# SPDX-License-Identifier: Apache-2.0
"""Recorded sessions, played by the engine of the program: event by event, or into tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Union

from . import _core
from ._errors import InputError
from ._types import AggregatedOrderBook, BestEvent, BookEvent, QuoteEvent, StateEvent, TradeEvent

if TYPE_CHECKING:
    import numpy
    import pandas  # type: ignore[import]

Event = Union[BookEvent, TradeEvent, QuoteEvent, StateEvent, BestEvent]
Path = Union[str, "PathLike[str]"]

_TABLES = ("best", "tops", "trades", "states", "events", "depth", "cost")


class Table:
    """Rows of one kind: a NumPy structured array, a pandas frame, or an Arrow stream, as you like.

    Names (symbols, venues, words) are whole numbers in the array, positions in `names[field]` with -1 for none; in
    frames and in Arrow they are texts. Times are ns since 1970, UTC.
    """

    def __init__(self, core: _core.Table) -> None:
        self._core = core
        self._fields = core.fields()

    @property
    def name(self) -> str:
        """best, tops, trades, states, events, depth or cost."""
        return self._core.name

    @property
    def names(self) -> dict[str, list[str]]:
        """For each field that holds names: what the numbers stand for."""
        return {field: names for field, _, _, names in self._fields if names is not None}

    def __len__(self) -> int:
        return self._core.rows

    def __repr__(self) -> str:
        return f"<crossbook.Table {self.name}: {len(self)} rows of {', '.join(field[0] for field in self._fields)}>"

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """A structured array over the table's own memory, read-only; nothing is copied."""
        import numpy

        dtype = numpy.dtype(
            {
                "names": [field[0] for field in self._fields],
                "formats": [field[1] for field in self._fields],
                "offsets": [field[2] for field in self._fields],
                "itemsize": self._core.row_bytes,
            }
        )
        if len(self) == 0:
            return numpy.empty(0, dtype)
        return numpy.frombuffer(memoryview(self._core), dtype)  # type: ignore[arg-type]

    def to_pandas(self) -> pandas.DataFrame:
        """A frame with categories for names and UTC timestamps."""
        import pandas

        array = self.to_numpy()
        columns: dict[str, Any] = {}
        for field, dtype, _, names in self._fields:
            column = array[field]
            if names is not None:
                columns[field] = pandas.Categorical.from_codes(column, names)
            elif dtype == "<M8[ns]":
                columns[field] = pandas.DatetimeIndex(column.copy()).tz_localize("UTC")
            else:
                columns[field] = column.copy()
        return pandas.DataFrame(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """For polars, DuckDB, pyarrow and whatever else reads the Arrow C stream interface."""
        return self._core.stream()


class Columns(Mapping[str, Table]):
    """The tables of a replay, by name: `columns["best"]` or `columns.best`."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __getattr__(self, name: str) -> Table:
        tables: dict[str, Table] = self.__dict__.get("_tables", {})
        if name not in tables:
            raise AttributeError(f"no table {name!r}; there are {', '.join(tables)}")
        return tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return f"<crossbook.Columns {', '.join(f'{name}: {len(table)}' for name, table in self._tables.items())}>"


class Replay:
    """A session to be played once: iterate over its events, or fill tables with `columns()`.

    Made by `replay()` and `simulated_market()`.
    """

    def __init__(self, core: _core.Study, default_tables: Sequence[str]) -> None:
        self._core = core
        self._default_tables = tuple(default_tables)

    def __iter__(self) -> Iterator[Event]:
        while (events := self._core.next_events()) is not None:
            yield from events

    def columns(self, *tables: str) -> Columns:
        """Plays to the end into tables, without the interpreter.

        best: the best bid and ask over all exchanges, at each change.
        tops: each exchange's own. trades. states: books that became ready or unusable, and why.
        events: every event, with the exchange's time and the feed's delay (received minus exchange's time; clocks
        differ, so it may be below zero).
        depth: every `every_ms`, base units within each of `depth_bps` of the mid.
        cost: every `every_ms`, what each of `sizes` costs on each venue and on all together ("*"): average price,
        bps from the mid, the same with the published taker fee, and how much of the size there was.

        Without names: all of them that the replay's options ask for.
        """
        wanted = tables or self._default_tables
        self._core.fill(list(wanted))
        return Columns({name: Table(self._core.table(name)) for name in wanted})

    def order_book(self, symbol: str, max_levels: int = 20) -> AggregatedOrderBook | None:
        """The book of all exchanges as of the last event; None where the symbol did not occur so far.

        `weighted_price` is the plain price: a replay knows no latencies of yours.
        """
        return self._core.order_book(symbol, max_levels)

    @property
    def symbols(self) -> list[str]:
        """Symbols with a consolidated book so far."""
        return self._core.symbols()

    @property
    def frames(self) -> int:
        """Messages and REST answers played so far."""
        return self._core.frames()

    @property
    def errors(self) -> list[tuple[str, int, str]]:
        """(file, line, reason) of lines and frames that could not be read."""
        return self._core.errors()

    @property
    def cut(self) -> bool:
        """Whether a file ended in the middle of a line."""
        return self._core.cut()


def _nanoseconds(moment: datetime | int | None, argument: str) -> int | None:
    if moment is None or isinstance(moment, int):
        return moment
    if not isinstance(moment, datetime):
        raise TypeError(f"{argument} must be a datetime or ns since 1970, not {type(moment).__name__}")
    since = moment.astimezone(timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _options(
    symbols: Sequence[str] | str | None,
    sizes: Sequence[float],
    depth_bps: Sequence[float],
    every_ms: float,
    until: datetime | int | None,
    filters: bool,
    use_bbo: bool,
    raw_symbols: bool,
    groups: Mapping[str, Sequence[tuple[str, str]]] | None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    for argument, numbers in (("sizes", sizes), ("depth_bps", depth_bps), ("every_ms", [every_ms])):
        for number in numbers:
            if not (math.isfinite(number) and 1e-3 <= number <= 1e15):
                raise InputError(f"{argument} must be above zero, not {number!r}")
    options = {
        "symbols": [symbols] if isinstance(symbols, str) else list(symbols or ()),
        "sizes": [float(size) for size in sizes],
        "depth_bps": [float(bps) for bps in depth_bps],
        "every_ms": float(every_ms),
        "until": _nanoseconds(until, "until"),
        "filters": bool(filters),
        "use_bbo": bool(use_bbo),
        "raw_symbols": bool(raw_symbols),
        "groups": {name: [tuple(member) for member in members] for name, members in (groups or {}).items()},
    }
    sampled = {"depth": bool(depth_bps), "cost": bool(sizes)}
    return options, tuple(name for name in _TABLES if sampled.get(name, True))


def replay(
    files: Path | Sequence[Path],
    symbols: Sequence[str] | str | None = None,
    *,
    sizes: Sequence[float] = (),
    depth_bps: Sequence[float] = (),
    every_ms: float = 1000.0,
    until: datetime | int | None = None,
    filters: bool = True,
    use_bbo: bool = False,
    raw_symbols: bool = False,
    groups: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> Replay:
    """Plays recorded sessions through the engine of the program.

    files: captures (.jsonl, also .gz and .zst), merged by receive time.
    symbols: only these, as "BTC/USDT" or in a venue's own spelling; None: all.
    sizes: notionals in the quote currency for the table `cost`. depth_bps: distances for the table `depth`.
    every_ms: session time between two rows of either.
    until: the last moment played, a datetime or ns since 1970.
    filters: staleness and consensus decide who contributes; False: whoever is ready.
    use_bbo: exchanges' best bid and ask streams sharpen their books.
    raw_symbols: name books by the venues' own spelling.
    groups: books by hand, {name: [(feed, raw symbol), ...]}.

    Raises CaptureError where a file cannot be opened. One thread at a time may read a replay.

    >>> for event in replay("session.jsonl.gz", symbols=["BTC/USDT"]):  # doctest: +SKIP
    ...     if event.kind == "best":
    ...         print(event.bid, event.ask)
    >>> frame = replay("session.jsonl.gz").columns().best.to_pandas()  # doctest: +SKIP
    """
    paths = [files] if isinstance(files, (str, PathLike)) else list(files)
    if not paths:
        raise InputError("files must name at least one capture")
    options, tables = _options(symbols, sizes, depth_bps, every_ms, until, filters, use_bbo, raw_symbols, groups)
    return Replay(_core.Study([fspath(path) for path in paths], None, None, options), tables)


def simulated_market(
    seed: int = 1,
    seconds: float = 60.0,
    symbols: Sequence[str] | str | None = None,
    *,
    sizes: Sequence[float] = (),
    depth_bps: Sequence[float] = (),
    every_ms: float = 1000.0,
    filters: bool = True,
    use_bbo: bool = False,
) -> Replay:
    """A session of the built-in market: several exchanges around one price, in their own wire formats.

    The same seed is the same session, on every machine. Options as in `replay`.

    >>> best = simulated_market(seed=7, seconds=5).columns("best").best
    >>> len(best) > 0
    True
    """
    if not (isinstance(seed, int) and 0 <= seed < 2**64):
        raise InputError(f"seed must be a whole number from 0, not {seed!r}")
    if not (math.isfinite(seconds) and 0 < seconds <= 1e7):
        raise InputError(f"seconds must be above zero, not {seconds!r}")
    options, tables = _options(symbols, sizes, depth_bps, every_ms, None, filters, use_bbo, False, None)
    return Replay(_core.Study([], seed, float(seconds), options), tables)


def feeds() -> list[str]:
    """The protocols that a capture may hold, as `groups` names them."""
    return _core.feeds()
