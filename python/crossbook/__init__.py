# SPDX-License-Identifier: Apache-2.0
"""One honest order book across crypto exchanges, in your own all-in prices.

Three classes, each working alone, without network, thread or file unless it is given one:

    MultiExchangeOrderbookAggregator   one book out of many; where to trade
    FeeLatencyCalibrator               what each exchange really costs, learned from executions
    SpreadThresholdManager             orders that are cancelled when the spread is too wide

and research on recorded sessions, by the engine of the program:

    replay(files)                      events, or tables for NumPy, pandas and Arrow
    simulated_market(seed)             the same, of the built-in market
    route(files, symbol, side, ...)    an order split over the venues of a recording
    paper(files, script)               orders traded on paper over a recording, and what became of them

and the same books from the exchanges themselves:

    live(venues, symbols)              the consolidated book now, and its changes as they come

Prices are in the quote currency, sizes in base units, rates in bps (0.01 %) of the notional, times in milliseconds
where the name says so. A naive datetime is local time, an aware one is exact. A value that cannot be raises InputError
(a ValueError) that names the argument, and changes nothing; all errors are crossbook.Error.

>>> aggregator = MultiExchangeOrderbookAggregator()
>>> book = {"symbol": "BTC/USDT", "bids": [[59995.0, 3.0]], "asks": [[60005.0, 3.0]]}
>>> aggregator.add_exchange_orderbook("kraken", book, latency_ms=80.0)
>>> aggregator.get_best_exchange("BTC/USDT", side="buy", size_usd=1000.0)
crossbook.BestExchange(exchange='kraken', price=60005.0)
"""

from __future__ import annotations

import os as _os

from ._errors import CaptureError, Error, ForkError, InputError, StateError, StoreError
from ._types import (
    AggregatedLevel,
    AggregatedOrderBook,
    BestEvent,
    BookEvent,
    FeeCalibration,
    FeeEstimate,
    LatencyCalibration,
    LiveChange,
    ManagerAlarm,
    Order,
    OrderBookLevel,
    OrderBookSide,
    OrderBookSnapshot,
    OrderStatus,
    OrderStep,
    QuoteEvent,
    SpreadSnapshot,
    StateEvent,
    TradeEvent,
)
from ._core import BestExchange
from ._core import note_fork as _note_fork
from ._core import version as __version__
from ._faces import FeeLatencyCalibrator, MultiExchangeOrderbookAggregator
from ._live import Live, live
from ._manager import SpreadThresholdManager
from ._paper import PaperReport, paper
from ._replay import Columns, Replay, Table, feeds, replay, simulated_market
from ._route import RoutePlan, route

__all__ = [
    "AggregatedLevel",
    "AggregatedOrderBook",
    "BestEvent",
    "BestExchange",
    "BookEvent",
    "CaptureError",
    "Columns",
    "Error",
    "FeeCalibration",
    "FeeEstimate",
    "FeeLatencyCalibrator",
    "ForkError",
    "InputError",
    "LatencyCalibration",
    "Live",
    "LiveChange",
    "ManagerAlarm",
    "MultiExchangeOrderbookAggregator",
    "Order",
    "OrderBookLevel",
    "OrderBookSide",
    "OrderBookSnapshot",
    "OrderStatus",
    "OrderStep",
    "PaperReport",
    "QuoteEvent",
    "Replay",
    "RoutePlan",
    "SpreadSnapshot",
    "SpreadThresholdManager",
    "StateError",
    "StateEvent",
    "StoreError",
    "Table",
    "TradeEvent",
    "feeds",
    "live",
    "paper",
    "replay",
    "route",
    "simulated_market",
]

_os.register_at_fork(after_in_child=_note_fork)

# The classes are crossbook's: in names, pickles and help.
for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith("crossbook."):
        globals()[_name].__module__ = "crossbook"
del _name
