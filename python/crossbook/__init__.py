# SPDX-License-Identifier: Apache-2.0
"""One honest order book across crypto exchanges, in your own all-in prices."""

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
from ._manager import SpreadThresholdManager
from ._replay import Columns, Replay, Table, feeds, replay, simulated_market

_os.register_at_fork(after_in_child=_note_fork)
