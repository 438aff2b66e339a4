#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From two order books to a calibrated fill: the whole flow in one page.

    PYTHONPATH=build/release/python /usr/bin/python3 examples/python/seed_flow.py
"""

from datetime import datetime, timedelta

from crossbook import (
    FeeLatencyCalibrator,
    MultiExchangeOrderbookAggregator,
    OrderBookLevel,
    OrderBookSnapshot,
    SpreadThresholdManager,
)


def snapshot(bid, ask, size):
    return OrderBookSnapshot("BTC/USDT", datetime.now(), [OrderBookLevel(bid, size)], [OrderBookLevel(ask, size)])


# 1. One book out of many.
aggregator = MultiExchangeOrderbookAggregator()
aggregator.add_exchange_orderbook("binance", snapshot(49990.0, 50010.0, size=2.0), latency_ms=50.0)
aggregator.add_exchange_orderbook("kraken", snapshot(49995.0, 50005.0, size=3.0), latency_ms=80.0)
aggregated = aggregator.aggregate("BTC/USDT")
best_exchange, best_price = aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0)
print(f"best bid {aggregated.best_bid}, best ask {aggregated.best_ask}, {aggregated.spread_bps:.2f} bps apart")
print(f"buy at {best_exchange} for {best_price}")

# 2. What that exchange really costs, from the executions so far.
calibrator = FeeLatencyCalibrator(min_samples=3)
for latency in (42.0, 45.0, 61.0):
    calibrator.record_execution(best_exchange, "BTC/USDT", "taker", size_usd=1000.0, actual_fee_bps=5.2,
                                actual_latency_ms=latency, price=50005.0)
fee = calibrator.get_estimated_fee(best_exchange, "taker")
latency = calibrator.get_estimated_latency(best_exchange, "p95")
volatility_bps = 10.0  # per second
print(f"expected cost {fee + latency / 1000.0 * volatility_bps:.2f} bps, of which the fee is {fee} bps")

# 3. An order that goes when the spread breaks its limit.
manager = SpreadThresholdManager(auto_cancel=True)


def on_cancel(order, reason):
    print(f"order {order.order_id} cancelled: {reason} ({order.metadata['cancel_value']:.1f} bps)")
    # Cancel on the exchange here; when this raises, the order stays live and is tried again.


manager.set_cancel_callback(on_cancel)
order = manager.place_order("order_123", "BTC/USDT", "buy", price=best_price, size=1.0, spread_threshold_bps=5.0,
                            exchange=best_exchange, expires_at=datetime.now() + timedelta(minutes=30))
manager.update_spread("BTC/USDT", aggregated.best_bid, aggregated.best_ask)
print(f"after the first check: {manager.monitor_orders()}, {order.status.value}")
manager.update_spread("BTC/USDT", 49950.0, 50040.0)
manager.monitor_orders()
print(f"after the second: {order.status.value}")

# 4. What the fill taught.
calibrator.record_execution(exchange=best_exchange, symbol="BTC/USDT", order_type="taker", actual_fee_bps=5.3,
                            actual_latency_ms=44.0, price=50005.5)
print(f"{calibrator.get_fee_calibration(best_exchange).sample_count} executions at {best_exchange}")
