# SPDX-License-Identifier: Apache-2.0
"""Live books of the exchanges themselves: the consolidated book now, and its changes as they come."""

from __future__ import annotations

import asyncio
import atexit
import math
import os
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from . import _core
from ._errors import InputError, StateError
from ._faces import MultiExchangeOrderbookAggregator
from ._manager import SpreadThresholdManager
from ._replay import Path
from ._types import AggregatedOrderBook, LiveChange

_open: weakref.WeakSet[Live] = weakref.WeakSet()

# An event loop gets its turn after so many changes that were there already.
_AT_ONCE = 64


@atexit.register
def _close_all() -> None:
    for market in list(_open):
        market.close()


# Threads of the parent are not the child's to stop.
os.register_at_fork(after_in_child=_open.clear)


class Live:
    """Exchanges that `live` connected to. Iterating yields each change of a best price, until it is closed.

    An iterator in a `for` waits without holding up other Python threads; `async for` waits on the event loop. Both read
    the same changes. A context manager, `async with` as well, that closes at its end. At the end of the interpreter
    what is open is closed; in the child of a fork it must not be used (ForkError).
    """

    __slots__ = ("_core", "_loop", "_waiting", "_taken", "__weakref__")

    def __init__(self, core: _core.Live) -> None:
        self._core = core
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._taken = 0
        _open.add(self)

    def __repr__(self) -> str:
        return f"<crossbook.Live {', '.join(self.symbols)}{'' if self.running else ', closed'}>"

    # -- changes -------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[LiveChange]:
        return self

    def __next__(self) -> LiveChange:
        while True:
            change = self._core.wait(None)
            if change is not None:
                return change
            if self._core.ended():
                raise StopIteration

    def next_change(self, timeout: float | None = 0.0) -> LiveChange | None:
        """The next change; waits so many seconds for it (None: for ever), and is None where there was none."""
        return self._core.wait(timeout)

    def __aiter__(self) -> AsyncIterator[LiveChange]:
        return self

    async def __anext__(self) -> LiveChange:
        self._taken += 1
        if self._taken % _AT_ONCE == 0:
            await asyncio.sleep(0)
        while True:
            change = self._core.take()
            if change is not None:
                return change
            if self._core.ended():
                raise StopAsyncIteration
            await self._readable()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise StateError("another event loop is waiting for the changes of this live market")
        waits = loop.create_future()
        self._waiting.append(waits)
        if self._loop is None:
            self._loop = loop
            loop.add_reader(self._core.descriptor(), self._wake)
        try:
            await waits
        finally:
            if waits in self._waiting:
                self._waiting.remove(waits)
                self._rest()

    def _wake(self) -> None:
        self._core.settle()
        waiting, self._waiting = self._waiting, []
        self._rest()
        for waits in waiting:
            if not waits.done():
                waits.set_result(None)

    def _rest(self) -> None:
        if self._loop is not None and not self._waiting:
            self._loop.remove_reader(self._core.descriptor())
            self._loop = None

    # -- books ---------------------------------------------------------------------------------------------------------

    def book(self, symbol: str, max_levels: int = 20) -> AggregatedOrderBook:
        """The consolidated book of a symbol now, at most so many levels a side. InputError: a symbol there is not."""
        return self._core.book(symbol, max_levels)

    def venues(self, symbol: str) -> dict[str, dict[str, Any]]:
        """Each exchange of a symbol, by name.

        state: of its book: empty, syncing, ready, gapped, crossed or stale. excluded: why it is left out of the
        consolidated book, None where it is in it. verified: what its stream has proved: checksum, sequence or
        unverifiable. age_ms: since it was heard last, None: never.
        """
        return {
            name: {"state": state, "excluded": excluded, "verified": verified, "age_ms": age}
            for name, state, excluded, verified, age in self._core.venues(symbol)
        }

    @property
    def symbols(self) -> list[str]:
        """The symbols that were asked for."""
        return self._core.symbols()

    def wait_ready(self, timeout: float = 30.0) -> bool:
        """Waits until the books of all symbols are ready at all exchanges; False: not within so many seconds."""
        return self._core.wait_ready(timeout)

    # -- the rest ------------------------------------------------------------------------------------------------------

    def feed(
        self,
        aggregator: MultiExchangeOrderbookAggregator | None = None,
        manager: SpreadThresholdManager | None = None,
        *,
        max_levels: int = 20,
        every_ms: float = 50.0,
    ) -> None:
        """Keeps telling them what comes, in the background, until it is closed.

        aggregator: gets each exchange's book, so many levels a side, as often as it changed and at most every
            `every_ms`; an exchange that is left out is removed from it, and comes back when it does.
        manager: gets `update_spread` with the consolidated best at every change; a missing side is told as 0, which is
            unusable. What is due is cancelled by its own `monitor_orders` or `start_monitoring`.
        """
        if aggregator is None and manager is None:
            raise InputError("feed needs an aggregator or a manager")
        if aggregator is not None and not isinstance(aggregator, MultiExchangeOrderbookAggregator):
            raise TypeError(f"aggregator must be a MultiExchangeOrderbookAggregator, not {type(aggregator).__name__}")
        if manager is not None and not isinstance(manager, SpreadThresholdManager):
            raise TypeError(f"manager must be a SpreadThresholdManager, not {type(manager).__name__}")
        if not (isinstance(max_levels, int) and max_levels >= 1):
            raise InputError(f"max_levels must be a whole number from 1, not {max_levels!r}")
        if not (math.isfinite(every_ms) and every_ms > 0):
            raise InputError(f"every_ms must be above zero, not {every_ms!r}")
        self._core.feed(
            None if aggregator is None else aggregator._core,
            None if manager is None else manager._core,
            max_levels,
            every_ms / 1e3,
        )

    def status(self) -> dict[str, Any]:
        """How it stands: running, frames, books, books_ready, conflated, connections, problems, feed_errors.

        conflated: changes that were left out since they were not read in time. connections: one mapping each: feed,
        phase, open, connects, subscriptions, subscriptions_live. problems: by feed, what it said last that kept a book
        or a connection away. feed_errors: what `feed` could not tell.
        """
        return self._core.status()

    @property
    def running(self) -> bool:
        """Whether it is open."""
        return self._core.running()

    def close(self) -> None:
        """Closes the connections in order, at most a second long. Iterators end; the last books can still be read."""
        self._core.close()

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Live:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.close)


def live(
    venues: Sequence[str] | str,
    symbols: Sequence[str] | str,
    *,
    endpoints: Mapping[str, str] | None = None,
    ca_file: Path | Mapping[str, Path] | None = None,
    depth: int = 0,
    bbo: bool = False,
    unread_max_ms: float = 100.0,
    queue: int = 1024,
) -> Live:
    """Connects to exchanges' public market data, without keys, and keeps the consolidated books of the symbols.

    venues: exchanges or feeds: "kraken", "bybit-spot"; `crossbook venues` prints them. symbols: "BTC/USDT", at each.
    endpoints: {venue: "host:port"} to dial instead of the exchange's own; names and certificates stay its own.
    ca_file: trust the authorities of this file (PEM) and no others; or one for each venue.
    depth: levels a side to subscribe to, the venue's next larger choice; 0: its usual.
    bbo: subscribe to best bid and ask streams as well, which sharpen the books.
    unread_max_ms: an exchange whose messages are read later than that is left out, as behind.
    queue: so many changes wait to be read before changes of one symbol are folded into its latest.

    Returns at once; `Live.wait_ready` waits for the books. InputError, at once, with all mistakes: a venue that is not
    known, a symbol that is none, an endpoint or a file that cannot be.

    >>> with live(["kraken", "okx"], ["BTC/USDT"]) as market:  # doctest: +SKIP
    ...     for change in market:
    ...         print(change.symbol, change.bid, change.ask, market.book(change.symbol).best_bid)
    """
    names = [venues] if isinstance(venues, str) else list(venues)
    wanted = [symbols] if isinstance(symbols, str) else list(symbols)
    dialled = dict(endpoints or {})
    trusted = (
        {name: os.fspath(path) for name, path in ca_file.items()}
        if isinstance(ca_file, Mapping)
        else {} if ca_file is None else {name: os.fspath(ca_file) for name in names}
    )
    for argument, given in (("endpoints", dialled), ("ca_file", trusted)):
        for name in given:
            if name not in names:
                raise InputError(f"{argument} names {name!r}, which is not among the venues")
    for argument, number in (("depth", depth), ("queue", queue)):
        if not (isinstance(number, int) and 0 <= number <= 1_000_000):
            raise InputError(f"{argument} must be a whole number from 0 to 1000000, not {number!r}")
    if not (math.isfinite(unread_max_ms) and unread_max_ms > 0):
        raise InputError(f"unread_max_ms must be above zero, not {unread_max_ms!r}")
    return Live(_core.Live(names, wanted, dialled, trusted, depth, bool(bbo), unread_max_ms / 1e3, queue))
