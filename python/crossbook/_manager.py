# SPDX-License-Identifier: Apache-2.0
"""The seed's spread threshold manager: names, defaults and documentation over the compiled core."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import inspect
import logging
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Union

from . import _core
from ._errors import StateError
from ._types import ManagerAlarm, Order, OrderStep, SpreadSnapshot

_log = logging.getLogger("crossbook")

CancelCallback = Callable[[Order, str], Union[object, Awaitable[object]]]

# The message of a cancel that a coroutine has not finished yet: an alarm for nobody.
_UNDER_WAY = "crossbook: the cancel is under way"

_monitoring: weakref.WeakSet[SpreadThresholdManager] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    for manager in list(_monitoring):
        manager.stop_monitoring()


# Threads of the parent are not the child's to stop.
os.register_at_fork(after_in_child=_monitoring.clear)


class _UnderWay(Exception):
    """The cancel was asked for, and there is no answer yet."""


class _CancelRunner:
    """Calls the user's callback for the core; what it awaits is finished on the event loop.

    Holds the manager weakly, since the manager holds it.
    """

    __slots__ = ("_callback", "_loop", "_manager", "_started", "_lock")

    def __init__(self, callback: CancelCallback, manager: SpreadThresholdManager) -> None:
        self._callback = callback
        self._manager = weakref.ref(manager)
        self._started: dict[str, concurrent.futures.Future[object]] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            pass

    def __call__(self, order: Order, reason: str) -> None:
        try:
            self._call(order, reason)
        except _UnderWay:
            raise
        except BaseException:
            _log.exception("the cancel callback of order %s failed (%s); the order stays live", order.order_id, reason)
            raise

    def _call(self, order: Order, reason: str) -> None:
        order_id = order.order_id
        with self._lock:
            future = self._started.get(order_id)
            if future is not None:
                if not future.done():
                    raise _UnderWay(_UNDER_WAY)
                del self._started[order_id]
        if future is not None:
            future.result()
            return
        result = self._callback(order, reason)
        if inspect.isawaitable(result):
            self._start(order_id, reason, result)
            raise _UnderWay(_UNDER_WAY)

    def _start(self, order_id: str, reason: str, result: Awaitable[object]) -> None:
        async def finish() -> object:
            return await result

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            if self._loop is None or self._loop.is_closed():
                if inspect.iscoroutine(result):
                    result.close()
                raise StateError(
                    "a cancel callback that is awaited needs a running event loop: "
                    "call set_cancel_callback or monitor_orders inside it"
                ) from None
            loop = self._loop
        future = asyncio.run_coroutine_threadsafe(finish(), loop)
        with self._lock:
            self._started[order_id] = future
        future.add_done_callback(lambda _: self._finished(order_id, reason))

    def _finished(self, order_id: str, reason: str) -> None:
        # The core asks again, and now has an answer.
        manager = self._manager()
        if manager is not None:
            manager.cancel_order(order_id, reason)


class SpreadThresholdManager:
    """Orders, each with the widest spread that it bears: when the spread is wider, they are cancelled.

    max_spread_bps: the threshold of orders that are placed without one.
    auto_cancel: False: `monitor_orders` ends nothing.
    check_interval_seconds: of the background monitoring, and until a cancel that failed is tried again.
    max_order_age_seconds: older orders are cancelled; None: no limit.
    max_data_age: seconds without usable spread data after which orders are cancelled; None: they wait for ever.
    store: the name of a file that keeps the orders; with it they are there again in the next process, and every call
        returns once what it did is on disk. StoreError where it cannot be opened.

    Several threads may use one object. Values that cannot be are an InputError and change nothing. With a store, or
    after `start_monitoring`, it must not be used in the child of a fork (ForkError).

    >>> manager = SpreadThresholdManager(max_spread_bps=10.0)
    >>> order = manager.place_order("order_123", "BTC/USDT", "buy", price=50000.0, size=1.0, spread_threshold_bps=5.0)
    >>> manager.update_spread("BTC/USDT", best_bid=49995.0, best_ask=50010.0)
    >>> manager.monitor_orders()
    []
    >>> manager.update_spread("BTC/USDT", best_bid=49900.0, best_ask=50010.0)
    >>> [(order.order_id, order.reason) for order in manager.monitor_orders()]
    [('order_123', 'spread_exceeded_threshold')]
    >>> order.status
    <OrderStatus.CANCELLED: 'cancelled'>
    """

    __slots__ = ("_core", "__weakref__")

    def __init__(
        self,
        max_spread_bps: float = 10.0,
        auto_cancel: bool = True,
        check_interval_seconds: float = 1,
        max_order_age_seconds: float | None = None,
        max_data_age: float | None = None,
        store: str | os.PathLike[str] | None = None,
    ) -> None:
        self._core = _core.Manager(
            max_spread_bps,
            bool(auto_cancel),
            check_interval_seconds,
            max_order_age_seconds,
            max_data_age,
            None if store is None else os.fspath(store),
        )

    def place_order(
        self,
        order_id: str,
        symbol: str,
        side: str,
        price: float,
        size: float,
        order_type: str = "limit",
        spread_threshold_bps: float | None = None,
        expires_at: datetime | None = None,
        exchange: str = "unknown",
        metadata: dict[str, Any] | None = None,
    ) -> Order:
        """Takes up an order: pending, which is live. An id that is known is an InputError.

        side: "buy" or "sell". price: in the quote currency. size: in base units.
        order_type: "limit", "post_only", "ioc" or "market".
        spread_threshold_bps: None: `max_spread_bps`.
        expires_at: due from then on; already passed: due at once.
        exchange: from the first time that this exchange's own spread is told, the order watches that.
        metadata: yours; a store keeps its texts, numbers, booleans and None.
        """
        return self._core.place_order(
            order_id, symbol, side, price, size, order_type, spread_threshold_bps, expires_at, exchange, metadata
        )

    def update_spread(self, symbol: str, best_bid: float, best_ask: float, exchange: str | None = None) -> None:
        """Tells the best prices of now, over all exchanges or of one.

        A bid above the ask, or a side that is not above zero, is stored as unusable. NaN or infinite: InputError.
        """
        self._core.update_spread(symbol, best_bid, best_ask, exchange)

    def monitor_orders(self) -> list[Order]:
        """Ends what is due by the spread and the time of now, and returns it.

        An order ends when the cancel callback returned, or none is set. When it raised, the order stays live as
        cancelling and is tried again, not before `check_interval_seconds` have passed.
        """
        return self._core.monitor_orders()

    def should_cancel_order(self, order: Order, current_spread_bps: float | None = None) -> tuple[bool, str]:
        """Whether the order must go, and the code why.

        ok, no_spread_data, order_already_terminated, order_expired, order_too_old, spread_exceeded_threshold or
        data_unusable. Without `current_spread_bps`: by the spread that was told last.
        """
        return self._core.should_cancel_order(order, current_spread_bps)

    def cancel_order(self, order_id: str, reason: str = "manual") -> bool:
        """Cancels through the callback; whether this call ended the order."""
        return self._core.cancel_order(order_id, reason)

    def fill_order(self, order_id: str, quantity: float | None = None) -> bool:
        """Records a fill of `quantity` base units, or of all that is left; False where there was nothing to fill.

        Fills always count: one of an order that had ended raises the alarm late_fill.
        """
        return self._core.fill_order(order_id, quantity)

    def get_order(self, order_id: str) -> Order | None:
        """The order, live or ended; None where it is not known."""
        return self._core.get_order(order_id)

    def get_active_orders(self, symbol: str | None = None) -> list[Order]:
        """Orders that have not ended, in the order of their placing."""
        return self._core.active_orders(symbol)

    def set_cancel_callback(self, callback: CancelCallback | None) -> None:
        """What is called as `callback(order, reason)` to cancel at the exchange; None: nothing.

        It may be any callable. What it raises is logged (logger "crossbook"), and the order stays live. The result of
        a coroutine function is awaited on the event loop that runs when it is set or called; the order is cancelled
        when the coroutine has returned, and stays cancelling until then.
        """
        self._core.set_cancel_callback(None if callback is None else _CancelRunner(callback, self))

    def get_spread_snapshot(self, symbol: str, exchange: str | None = None) -> SpreadSnapshot | None:
        """What was told last, over all exchanges or of one; None where nothing was."""
        return self._core.spread_snapshot(symbol, exchange)

    def clear_old_orders(self, max_age_hours: float = 24) -> int:
        """Forgets orders that ended that long ago, and says how many. Never one that lives."""
        return self._core.clear_old_orders(max_age_hours)

    def start_monitoring(self) -> None:
        """Calls `monitor_orders` every `check_interval_seconds` in the background, until `stop_monitoring`."""
        self._core.start_monitoring()
        _monitoring.add(self)

    def stop_monitoring(self) -> None:
        """Ends the background; returns once it has ended."""
        self._core.stop_monitoring()
        _monitoring.discard(self)

    @property
    def monitoring(self) -> bool:
        """Whether the background runs."""
        return self._core.monitoring()

    def set_alarm_callback(self, callback: Callable[[ManagerAlarm], object] | None) -> None:
        """What is called with each alarm; what it raises is dropped."""
        if callback is None:
            self._core.set_alarm_callback(None)
            return
        told = callback

        def tell(alarm: ManagerAlarm) -> None:
            if alarm.message != _UNDER_WAY:
                told(alarm)

        self._core.set_alarm_callback(tell)

    def get_alarms(self) -> list[ManagerAlarm]:
        """The latest alarms, the oldest first."""
        return [alarm for alarm in self._core.alarms() if alarm.message != _UNDER_WAY]

    def get_order_history(self, order_id: str) -> list[OrderStep]:
        """The states of an order, out of the store; empty without one."""
        return self._core.history(order_id)
