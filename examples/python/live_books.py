#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live books of several exchanges: changes of the best price, the book, and an order that the spread pulls.

    python live_books.py --venues kraken,okx --symbol BTC/USDT

Against simulated exchanges: crossbook fakex --venues kraken,okx --port 9001 --ca-out ca.pem, and here
--endpoint kraken=127.0.0.1:9001 --endpoint okx=127.0.0.1:9002 --ca-file ca.pem.
"""

import argparse
import asyncio

import crossbook


async def watch(market, manager, changes):
    """Prints so many changes, and goes on until the spread has pulled the order."""
    shown, pulled = 0, False
    async for change in market:
        if shown < changes and change.bid is not None and change.ask is not None:
            shown += 1
            print(f"{change.symbol} {change.bid} / {change.ask}, {change.venues} exchanges")
        for order in manager.monitor_orders():
            print(f"{order.order_id}: {order.reason} at {order.metadata['cancel_value']:.6f} bps")
            pulled = True
        if shown == changes and pulled:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--venues", default="kraken,okx")
    parser.add_argument("--symbol", default="BTC/USDT")
    parser.add_argument("--endpoint", action="append", default=[], help="VENUE=HOST:PORT to dial instead")
    parser.add_argument("--ca-file")
    parser.add_argument("--changes", type=int, default=10)
    arguments = parser.parse_args()

    endpoints = dict(endpoint.split("=", 1) for endpoint in arguments.endpoint)
    venues = arguments.venues.split(",")
    with crossbook.live(venues, arguments.symbol, endpoints=endpoints, ca_file=arguments.ca_file) as market:
        if not market.wait_ready(60.0):
            print("not every exchange is ready:", market.status()["problems"])
        aggregator, manager = crossbook.MultiExchangeOrderbookAggregator(), crossbook.SpreadThresholdManager()
        manager.place_order("order_123", arguments.symbol, "buy", price=1.0, size=1.0, spread_threshold_bps=1e-6)
        market.feed(aggregator, manager)
        asyncio.run(watch(market, manager, arguments.changes))

        book = market.book(arguments.symbol, max_levels=3)
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            for level in levels:
                print(f"  {side} {level.price} x {level.total_size} at {', '.join(level.exchanges)}")
        exchange, price = aggregator.get_best_exchange(arguments.symbol, "buy", size_usd=1000.0)
        print(f"buy at {exchange} for {price}")


if __name__ == "__main__":
    main()
