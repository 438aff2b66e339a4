# SPDX-License-Identifier: Apache-2.0
"""The values that go in and come out: dataclasses with slots, filled by the compiled core."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


class OrderBookSide(enum.Enum):
    """A side of a book."""

    BID = "bid"
    ASK = "ask"


@dataclass(slots=True)
class OrderBookLevel:
    """One price of one exchange.

    price: in the quote currency, above zero.
    size: in base units, above zero.
    orders: how many orders stand there, where that is known.
    """

    price: float
    size: float
    orders: int = 1


@dataclass(slots=True)
class OrderBookSnapshot:
    """One exchange's book of one symbol at one time.

    Levels may come in any order. The last four fields are there for code that fills them; the levels alone decide.

    >>> from datetime import datetime
    >>> OrderBookSnapshot("BTC/USDT", datetime(2026, 1, 2), bids=[OrderBookLevel(59990.0, 1.5)]).bids[0].size
    1.5
    """

    symbol: str
    timestamp: datetime
    bids: list[OrderBookLevel] = field(default_factory=list)
    asks: list[OrderBookLevel] = field(default_factory=list)
    mid_price: float = 0.0
    spread_bps: float = 0.0
    best_bid: float = 0.0
    best_ask: float = 0.0


@dataclass(slots=True)
class AggregatedLevel:
    """All exchanges at one price.

    price: in the quote currency.
    total_size: the sum of sizes, in base units, as decimals: 0.1 and 0.2 are 0.3.
    exchanges: who stands there, by name.
    weighted_price: the price with each exchange's latency cost charged, weighted by size; fees aside.
    sizes: the size of each of `exchanges`, in the same order.
    """

    price: float
    total_size: float
    exchanges: list[str] = field(default_factory=list)
    weighted_price: float = 0.0
    sizes: list[float] = field(default_factory=list)


class _ReadLater:
    """Fields that the core fills when one of them is first read."""

    __slots__ = ("_held",)
    _held: Any
    __match_args__: ClassVar[tuple[str, ...]]  # the names of the fields

    def __getattr__(self, name: str) -> Any:
        # Only called for a slot that is still empty.
        try:
            held = object.__getattribute__(self, "_held")
        except AttributeError:
            held = None
        if held is None or name not in self.__match_args__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        from crossbook import _core

        _core.fill_order_book(self, held)
        self._held = None
        return object.__getattribute__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(slots=True)
class AggregatedOrderBook(_ReadLater):
    """One book out of many, as it was when it was asked for.

    timestamp: of the latest snapshot in it; None without an exchange that contributes.
    bids, asks: best first, at most `max_levels` a side.
    best_bid, best_ask: None where that side is missing, never 0.
    spread_bps: 1e4 (ask - bid) / mid; below zero when exchanges cross each other; None where a side is missing.
    total_bid_depth, total_ask_depth: over the levels above, in base units.
    exchange_count: how many exchanges contribute.
    """

    symbol: str
    timestamp: datetime | None
    bids: list[AggregatedLevel] = field(default_factory=list)
    asks: list[AggregatedLevel] = field(default_factory=list)
    best_bid: float | None = None
    best_ask: float | None = None
    spread_bps: float | None = None
    total_bid_depth: float = 0.0
    total_ask_depth: float = 0.0
    exchange_count: int = 0


@dataclass(slots=True)
class FeeEstimate:
    """What one role pays at one exchange, in bps (below zero: a rebate).

    samples: fills in the window.
    median_bps: each fill counting once; the prior without fills.
    weighted_bps: fees over notional, outliers left out; None where no fill has a size.
    estimate_bps: the weighted rate drawn to the prior with the weight n / (n + k).
    low_bps, high_bps: the interval around it.
    prior_bps, prior: what was believed before any fill, and why: "fallback", "published" or "account".
    """

    samples: int
    median_bps: float
    weighted_bps: float | None
    estimate_bps: float
    weight: float
    low_bps: float
    high_bps: float
    outliers: int
    prior_bps: float
    prior: str


@dataclass(slots=True)
class FeeCalibration:
    """What an exchange charges, by the fills of the window. Rates are bps of the notional.

    maker_fee_bps, taker_fee_bps: the median; without fills of that role 2.0 and 5.0, or what is published.
    maker_rebate_bps: max(0, -maker_fee_bps).
    sample_count: fills of both roles. confidence: min(1, sample_count / (2 min_samples)).
    calibrated: sample_count is at least min_samples.
    current_maker_bps, current_taker_bps: what to reckon with now, a new fee tier included.
    maker, taker: the estimates with weights and intervals.
    """

    exchange: str
    maker_fee_bps: float
    taker_fee_bps: float
    maker_rebate_bps: float
    last_updated: datetime
    sample_count: int
    confidence: float
    calibrated: bool = False
    current_maker_bps: float | None = None
    current_taker_bps: float | None = None
    maker: FeeEstimate | None = field(default=None, repr=False)
    taker: FeeEstimate | None = field(default=None, repr=False)


@dataclass(slots=True)
class LatencyCalibration:
    """How long an exchange takes, by the executions of the window, in milliseconds.

    reliability_score: 1 / (1 + standard deviation / mean).
    calibrated: sample_count is at least min_samples.
    p95_enough, p99_enough: whether there are the 59 (299) samples that such a percentile needs.
    """

    exchange: str
    mean_latency_ms: float
    p50_latency_ms: float
    p95_latency_ms: float
    p99_latency_ms: float
    last_updated: datetime
    sample_count: int
    reliability_score: float
    calibrated: bool = False
    p95_enough: bool = False
    p99_enough: bool = False


@dataclass(slots=True)
class BookEvent:
    """A snapshot or a change of one exchange's book.

    kind: "book_snapshot" or "book_delta".
    t: when it was received, ns since 1970 UTC. ts_event: the exchange's own time, None where it gives none.
    feed: the protocol ("kraken-v1"); venue: the exchange ("kraken").
    bids, asks: (price, size) of the levels that were sent; size 0 removes the level. In the venue's own units.
    """

    kind: str
    t: int
    feed: str
    venue: str
    symbol: str
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    ts_event: int | None


@dataclass(slots=True)
class TradeEvent:
    """A trade; side is the taker's, "buy" or "sell". Times as in BookEvent."""

    kind: str
    t: int
    feed: str
    venue: str
    symbol: str
    price: float
    size: float
    side: str
    ts_event: int | None


@dataclass(slots=True)
class QuoteEvent:
    """What an exchange's own best bid and ask stream says (kind "bbo"); None where a side is missing."""

    kind: str
    t: int
    feed: str
    venue: str
    symbol: str
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    ts_event: int | None


@dataclass(slots=True)
class StateEvent:
    """A book of an exchange became usable or unusable (kind "status").

    state: empty, syncing, ready, gapped, crossed or stale. reason: why it is not ready, else None.
    """

    kind: str
    t: int
    feed: str
    venue: str
    symbol: str
    state: str
    reason: str | None


@dataclass(slots=True)
class BestEvent:
    """The best bid and ask over all exchanges of a symbol changed (kind "best"); None where a side is missing.

    venues: how many exchanges contribute.
    """

    kind: str
    t: int
    symbol: str
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    spread_bps: float | None
    venues: int


@dataclass(slots=True)
class LiveChange(BestEvent):
    """The best bid and ask over all exchanges of a symbol, as they became just now.

    conflated: earlier changes of this symbol that were left out, since nobody had read them in time.
    """

    conflated: int = 0


class OrderStatus(enum.Enum):
    """Where an order stands. Only evidence ends one: a failed callback does not."""

    PENDING = "pending"
    ACTIVE = "active"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FILLED = "filled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class _ReadThrough:
    """Fields that are asked of the manager whenever they are read, until the order has ended.

    The core gives it its `__getattr__`, which is called for a slot that is empty.
    """

    __slots__ = ("_held",)
    _held: Any
    __match_args__: ClassVar[tuple[str, ...]]  # the names of the fields

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(slots=True)
class Order(_ReadThrough):
    """An order of a SpreadThresholdManager.

    The one that `place_order` returns follows the manager: its status, metadata, filled, reason and last_change_at are
    those of the moment at which they are read. Copies and pickles stay as they are.

    side: "buy" or "sell". order_type: "limit", "post_only", "ioc" or "market".
    price: in the quote currency. size, filled: in base units.
    spread_threshold_bps: it must go when the spread is above.
    metadata: yours, and, once it must go, `cancel_reason` and `cancel_value` (the spread in bps, or seconds).
    reason: why it must go or went: a code, or the text given to `cancel_order`.
    """

    order_id: str
    symbol: str
    side: str
    order_type: str = "limit"
    price: float = 0.0
    size: float = 0.0
    spread_threshold_bps: float = 10.0
    created_at: datetime = field(default_factory=datetime.now)
    expires_at: datetime | None = None
    status: OrderStatus = OrderStatus.PENDING
    exchange: str = "unknown"
    metadata: dict[str, Any] = field(default_factory=dict)
    filled: float = 0.0
    reason: str = "ok"
    last_change_at: datetime | None = None


@dataclass(slots=True)
class SpreadSnapshot:
    """The spread of a symbol as it was told last.

    spread_bps: 1e4 (ask - bid) / mid. It and mid_price are None where the data is unusable: a side that is not above
    zero, or a bid above the ask.
    """

    symbol: str
    timestamp: datetime
    best_bid: float
    best_ask: float
    spread_bps: float | None = None
    mid_price: float | None = None


@dataclass(slots=True)
class ManagerAlarm:
    """Something that a person must see.

    kind: callback_failed, cancel_unconfirmed (tried five times in vain), late_fill (of an order that had ended),
    overfill (more than its size) or monitoring_failed (of the background; no order_id).
    message: the text of the error, where there is one.
    """

    order_id: str
    kind: str
    message: str
    at: datetime


@dataclass(slots=True)
class OrderStep:
    """One state of an order's past, out of a store."""

    status: OrderStatus
    reason: str
    filled: float
    at: datetime
