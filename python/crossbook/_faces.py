# SPDX-License-Identifier: Apache-2.0
"""The seed's classes. Each call goes straight to the compiled core; here stand names, defaults and documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike, fspath
from typing import Any

from . import _core
from ._core import BestExchange
from ._errors import InputError
from ._types import (
    AggregatedOrderBook,
    FeeCalibration,
    FeeEstimate,
    LatencyCalibration,
    OrderBookSnapshot,
)

# What is left out: the core refuses it by name.
_REQUIRED: Any = ...


class MultiExchangeOrderbookAggregator:
    """One order book out of many exchanges: best prices, depth, and where to trade.

    latency_weight: how much of the latency cost counts, from 0 (none) to 1.
    min_reliability: exchanges with a lower `reliability_score` stay out.
    max_price_diff_pct: a fraction (0.01 is 1 %): an exchange further from the median of all stays out.
    max_age_seconds: older snapshots stay out; None: no limit.
    calibrator: a FeeLatencyCalibrator whose learned fees and latencies then decide in `get_best_exchange`; without
        one, fees are not known and count nothing.

    Several threads may use one object. A value that cannot be is an InputError and changes nothing.

    >>> from datetime import datetime
    >>> aggregator = MultiExchangeOrderbookAggregator()
    >>> for exchange, bid, ask in [("binance", 59990.0, 60010.0), ("kraken", 59995.0, 60005.0)]:
    ...     book = {"symbol": "BTC/USDT", "bids": [[bid, 1.5]], "asks": [[ask, 2.0]]}
    ...     aggregator.add_exchange_orderbook(exchange, book, latency_ms=50.0)
    >>> book = aggregator.aggregate("BTC/USDT")
    >>> book.best_bid, book.best_ask, book.total_bid_depth
    (59995.0, 60005.0, 3.0)
    >>> exchange, price = aggregator.get_best_exchange("BTC/USDT", side="buy", size_usd=1000.0)
    >>> exchange, price
    ('kraken', 60005.0)
    """

    __slots__ = ("_core", "__weakref__")

    def __init__(
        self,
        latency_weight: float = 0.3,
        min_reliability: float = 0.5,
        max_price_diff_pct: float = 0.01,
        max_age_seconds: float | None = None,
        calibrator: FeeLatencyCalibrator | None = None,
    ) -> None:
        learned = None if calibrator is None else calibrator._core
        self._core = _core.Aggregator(latency_weight, min_reliability, max_price_diff_pct, max_age_seconds, learned)

    def add_exchange_orderbook(
        self,
        exchange: str,
        snapshot: OrderBookSnapshot | Mapping[str, Any],
        latency_ms: float = 50.0,
        reliability_score: float = 1.0,
    ) -> None:
        """Replaces what `exchange` had for the snapshot's symbol.

        snapshot: an OrderBookSnapshot, or what ccxt's `fetch_order_book` returns, as it is.
        latency_ms: from decision to that exchange's book, in milliseconds.
        reliability_score: from 0 to 1, see `min_reliability`.

        A crossed snapshot (bid above ask) is no error: it stays out, and so does what it replaced.
        """
        self._core.add(exchange, snapshot, latency_ms, reliability_score)

    def aggregate(
        self, symbol: str, max_levels: int = 20, use_latency_weighting: bool = True
    ) -> AggregatedOrderBook:
        """The book of all exchanges that contribute, as it is now; levels are merged when they are first read.

        Equal prices are one level, different prices never are. Without an exchange that contributes it has no level,
        and `exchange_count` is 0.
        """
        return self._core.aggregate(symbol, max_levels, use_latency_weighting)

    def get_best_exchange(self, symbol: str, side: str, size_usd: float) -> BestExchange:
        """Where all of a size costs least, latency (and, with a calibrator, fees) included.

        side: "buy" or "sell". size_usd: in the quote currency.

        Returns (exchange, price), where price is the raw average over that exchange's depth; `.filled_usd` says how
        much of the size its book has and `.complete` whether that is all. Where no book has enough: the exchange that
        fills most. An InputError, with the reasons, where no exchange contributes.
        """
        return self._core.best(symbol, side, size_usd)

    def get_available_exchanges(self, symbol: str) -> list[str]:
        """The exchanges that were added for the symbol and are not crossed, by name."""
        return self._core.available(symbol)

    def get_excluded_exchanges(self, symbol: str) -> dict[str, str]:
        """Why an exchange that was added does not contribute.

        own_book_crossed, no_price, low_reliability, late (older than `max_age_seconds`) or off_consensus.
        """
        return self._core.excluded(symbol)

    def remove_exchange(self, symbol: str, exchange: str) -> bool:
        """Forgets an exchange's book of a symbol; False where there was none."""
        return self._core.remove(symbol, exchange)


class FeeLatencyCalibrator:
    """What each exchange really costs, learned from executions: fees, rebates, latency.

    lookback_days: executions of the last so many days count.
    min_samples: below, estimates are marked `calibrated=False` and the fallback of the estimating calls holds.
    store: the name of a file that keeps the executions (the file of `crossbook calibrate`); None: memory only.
        With it, `record_execution` returns once the execution is on disk. StoreError where it cannot be opened.

    Several threads may use one object. With a store it must not be used in the child of a fork (ForkError).
    Naive timestamps are local time, aware ones exact; once an aware one was given, answers are aware, in UTC.

    >>> calibrator = FeeLatencyCalibrator()
    >>> for latency in (40.0, 45.0, 50.0):
    ...     calibrator.record_execution("binance", "BTC/USDT", "taker", size_usd=1000.0, actual_fee_bps=5.2,
    ...                                 actual_latency_ms=latency, price=50000.0)
    >>> calibrator.get_fee_calibration("binance").taker_fee_bps
    5.2
    >>> round(calibrator.get_latency_calibration("binance").mean_latency_ms, 1)
    45.0
    >>> calibrator.get_estimated_fee("binance", "taker"), calibrator.get_fee_calibration("kraken")
    (5.0, None)
    """

    __slots__ = ("_core", "__weakref__")

    def __init__(
        self, lookback_days: int = 30, min_samples: int = 10, store: str | PathLike[str] | None = None
    ) -> None:
        self._core = _core.Calibrator(lookback_days, min_samples, None if store is None else fspath(store))

    def record_execution(
        self,
        exchange: str,
        symbol: str,
        order_type: str,
        size_usd: float | None = None,
        actual_fee_bps: float = _REQUIRED,
        actual_latency_ms: float = _REQUIRED,
        price: float = _REQUIRED,
        expected_fee_bps: float | None = None,
        expected_latency_ms: float | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """Learns from one execution.

        order_type: "maker" or "taker".
        size_usd: the notional; without it the execution counts for medians and latency, not for notional weights.
        actual_fee_bps: bps of the notional, below zero for a rebate. actual_latency_ms: milliseconds, from 0.
        price: in the quote currency. These three are required all the same.
        timestamp: None is now.
        """
        self._core.record(
            exchange,
            symbol,
            order_type,
            size_usd,
            actual_fee_bps,
            actual_latency_ms,
            price,
            expected_fee_bps,
            expected_latency_ms,
            timestamp,
        )

    def get_fee_calibration(self, exchange: str, symbol: str | None = None) -> FeeCalibration | None:
        """Fees of an exchange, or of one market of it; None where nothing was recorded."""
        return self._core.fee_calibration(exchange, symbol)

    def get_latency_calibration(self, exchange: str, symbol: str | None = None) -> LatencyCalibration | None:
        """Latency of an exchange, or of one market of it; None where nothing was recorded."""
        return self._core.latency_calibration(exchange, symbol)

    def get_estimated_fee(self, exchange: str, order_type: str, fallback_bps: float = 5.0) -> float:
        """The fee to reckon with, in bps: the median of the role from `min_samples` on.

        Below, `fallback_bps`, unless published schedules or the account's fees are known: then these, drawn to the
        fills so far.
        """
        return self._core.estimated_fee(exchange, order_type, fallback_bps)

    def get_estimated_latency(self, exchange: str, percentile: str = "p50", fallback_ms: float = 50.0) -> float:
        """The latency to reckon with, in milliseconds; `fallback_ms` below `min_samples`.

        percentile: "p50", "p95", "p99" or "mean".
        """
        return self._core.estimated_latency(exchange, percentile, fallback_ms)

    def estimate_total_cost_bps(
        self, exchange: str, order_type: str, percentile: str, volatility_bps: float
    ) -> float:
        """The fee plus the latency in seconds times `volatility_bps` (bps per second)."""
        return self._core.total_cost(exchange, order_type, percentile, volatility_bps)

    def get_all_calibrations(self) -> dict[str, dict[str, dict[str, float]]]:
        """Every exchange at once.

        {"fees": {exchange: {maker_fee_bps, taker_fee_bps, maker_rebate_bps, confidence, samples}},
        "latency": {exchange: {mean_ms, p95_ms, reliability, samples}}}
        """
        return self._core.all_calibrations()

    def get_history(self, exchange: str) -> list[tuple[datetime, float, FeeEstimate, FeeEstimate]]:
        """(from, seconds, maker, taker) for each slice of the window, the oldest first."""
        return self._core.history(exchange)

    def set_account_fees(self, exchange: str, maker_fee_bps: float, taker_fee_bps: float) -> None:
        """What the account's own fee call says, in bps: believed more than what is published."""
        self._core.set_account_fees(exchange, maker_fee_bps, taker_fee_bps)

    def load_published_fees(self) -> None:
        """Takes the exchanges' published base tiers as what is believed before any fill."""
        self._core.use_published_schedules()

    def load_ccxt_fees(self, exchange: str, fees: Mapping[str, Any]) -> None:
        """The same as `set_account_fees`, out of a fee structure of ccxt, whose rates are fractions (0.001 is 10 bps).

        fees: what `fetch_trading_fee` returns, or `exchange.fees`, or `market` data: a mapping with "maker" and
        "taker", or with one under "trading" or "spot".
        """
        found: Any = fees
        for key in ("trading", "spot"):
            if isinstance(found, Mapping) and "maker" not in found and isinstance(found.get(key), Mapping):
                found = found[key]
        if not isinstance(found, Mapping) or found.get("percentage", True) is False:
            raise InputError(f"fees must be a mapping with rates of the notional, not {fees!r}")
        rates = []
        for role in ("maker", "taker"):
            rate = found.get(role)
            if not isinstance(rate, (int, float)):
                raise InputError(f'fees must have a number under "{role}", not {rate!r}')
            rates.append(round(rate * 1e4, 6))
        self._core.set_account_fees(exchange, rates[0], rates[1])

    def merge(self, other: FeeLatencyCalibrator) -> None:
        """As if this one had been told everything that `other` was; both have the same `lookback_days`."""
        self._core.merge(other._core)

    def state(self) -> list[int]:
        """Everything learned, as whole numbers, for `restore`."""
        return self._core.state()

    def restore(self, words: Sequence[int]) -> None:
        """Takes over what `state` of a calibrator with the same settings gave."""
        self._core.restore(list(words))
