#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent client of `crossbook fakex`: python3-websockets, TLS, and a book model of its own.

    websockets_test.py --program build/release/bin/crossbook

Each venue is subscribed to as its documents say. The book that the model holds at the end must be the one that the
simulator says (--truth) it published under the same number. Messages split into several frames, and written a few bytes
at once, must make no difference. Skipped (exit code 77) where python3-websockets is not installed.
"""

import argparse
import asyncio
import calendar
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request
import zlib
from decimal import Decimal

SKIPPED = 77
SECONDS = 6
try:
    import websockets
except ImportError:
    print("skipped: websockets_test.py needs python3-websockets")
    sys.exit(SKIPPED)

VENUES = ["binance", "binance-us", "binance-usdm", "binance-coinm", "coinbase", "coinbase-exchange", "kraken", "okx",
          "bybit-spot", "bybit-linear", "bitstamp"]
SPLIT, DRIPPED = "okx", "bybit-spot"


class Book:
    """A venue's book by price; `number` is what the venue names this state by."""

    def __init__(self, depth=0):
        self.sides, self.depth, self.number = ({}, {}), depth, None

    def replace(self, bids, asks):
        self.sides = ({}, {})
        self.apply(bids, asks)

    def apply(self, bids, asks):
        for side, levels in zip(self.sides, (bids, asks)):
            for price, size in levels:
                price, size = Decimal(price), Decimal(size)
                side.pop(price, None)
                if size:
                    side[price] = size
        if self.depth:
            for side, best_first in zip(self.sides, (True, False)):
                for price in sorted(side, reverse=best_first)[self.depth:]:
                    del side[price]

    def kraken_checksum(self):
        digits = ""
        for side, best_first in ((self.sides[1], False), (self.sides[0], True)):
            for price in sorted(side, reverse=best_first)[:10]:
                for number in (price, side[price]):
                    digits += format(number, "f").replace(".", "").lstrip("0")
        return zlib.crc32(digits.encode())

    def crc32(self):
        def side(levels, best_first):
            return ",".join(f"{text(p)}:{text(levels[p])}" for p in sorted(levels, reverse=best_first))
        return zlib.crc32((side(self.sides[0], True) + "|" + side(self.sides[1], False)).encode())


def text(number):
    return format(number.normalize(), "f")


def pairs(levels):
    return [(level[0], level[1]) for level in levels]


def nanos(stamp):
    """2026-01-01T00:00:00.123456Z"""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    date, time = whole.split("T")
    seconds = calendar.timegm(tuple(int(n) for n in date.split("-") + time.split(":")))
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


class Fetched:
    """Binance and Bitstamp: messages wait for a book fetched by REST and are bridged onto it."""

    def __init__(self, venue, symbol):
        self.venue, self.symbol, self.book, self.waiting, self.last = venue, symbol, None, [], None

    async def take(self, number, bids, asks):
        if self.book is None:
            self.waiting.append((number, bids, asks))
            if len(self.waiting) == 2:
                await self.fetch()
            return
        if number > self.book.number:
            self.book.apply(bids, asks)
            self.book.number = number

    def chained(self, data):
        """Futures name the message before, and U counts others' changes too."""
        before, self.last = self.last, data["u"]
        assert before in (None, data["pu"]), f"{self.venue.name}: {data['pu']} after {before}"
        assert data["U"] > data["pu"] + 1, f"{self.venue.name}: U {data['U']} right behind {data['pu']}"

    async def fetch(self):
        root = {"binance-usdm": "/fapi/v1", "binance-coinm": "/dapi/v1"}.get(self.venue.name, "/api/v3")
        path = f"/api/v2/order_book/{self.symbol}/" if "bitstamp" == self.venue.name else \
            f"{root}/depth?symbol={self.symbol}&limit=1000"
        body = await asyncio.get_running_loop().run_in_executor(None, self.venue.get, path)
        book = Book()
        book.replace(pairs(body["bids"]), pairs(body["asks"]))
        book.number = int(body.get("lastUpdateId") or body["microtimestamp"])
        self.book, waiting = book, self.waiting
        for message in waiting:
            await self.take(*message)


class Venue:
    def __init__(self, description, context):
        self.name, self.context = description["venue"], context
        self.url, self.rest, self.symbols = description["websocket"], description["rest"], description["symbols"]
        self.books, self.fetched, self.messages, self.answers, self.sequence = {}, {}, 0, 0, -1

    def get(self, path):
        with urllib.request.urlopen(self.rest + path, context=self.context, timeout=10) as answer:
            return json.load(answer)

    def subscriptions(self):
        s = self.symbols
        if self.name.startswith("binance"):
            return [{"method": "SUBSCRIBE", "params": [f"{x.lower()}@depth@100ms" for x in s], "id": 1}]
        if self.name == "coinbase":
            return [{"type": "subscribe", "product_ids": s, "channel": c} for c in ("level2", "market_trades")] + \
                [{"type": "subscribe", "channel": "heartbeats"}]
        if self.name == "coinbase-exchange":
            return [{"type": "subscribe", "product_ids": s, "channels": ["level2_batch", "heartbeat"]}]
        if self.name == "kraken":
            return [{"method": "subscribe", "params": {"channel": "book", "symbol": s, "depth": 25}, "req_id": 1}]
        if self.name == "okx":
            return [{"op": "subscribe", "args": [{"channel": "books", "instId": x} for x in s]}]
        if self.name.startswith("bybit"):
            return [{"op": "subscribe", "args": [f"orderbook.50.{x}" for x in s]}]
        return [{"event": "bts:subscribe", "data": {"channel": f"diff_order_book_{x}"}} for x in s]

    def book(self, symbol, depth=0):
        return self.books.setdefault(symbol, Book(depth))

    def update(self, symbol, snapshot, bids, asks, number, depth=0):
        book = self.book(symbol, depth)
        (book.replace if snapshot else book.apply)(bids, asks)
        book.number = number

    async def bridge(self, symbol, number, bids, asks):
        fetched = self.fetched.setdefault(symbol, Fetched(self, symbol))
        await fetched.take(number, bids, asks)
        if fetched.book:
            self.books[symbol] = fetched.book

    async def take(self, frame):
        data = frame.get("data")
        if self.name.startswith("binance") and data:
            if "pu" in data:
                self.fetched.setdefault(data["s"], Fetched(self, data["s"])).chained(data)
            await self.bridge(data["s"], data["u"], pairs(data["b"]), pairs(data["a"]))
        elif self.name == "bitstamp" and frame["event"] == "data":
            await self.bridge(frame["channel"][16:], int(data["microtimestamp"]), pairs(data["bids"]),
                              pairs(data["asks"]))
        elif self.name.startswith("bybit") and data:
            self.update(data["s"], frame["type"] == "snapshot", data["b"], data["a"], data["u"])
        elif self.name == "okx" and data:
            self.update(frame["arg"]["instId"], frame["action"] == "snapshot", pairs(data[0]["bids"]),
                        pairs(data[0]["asks"]), data[0]["seqId"])
        elif self.name == "kraken" and frame.get("channel") == "book":
            rows = [[(level["price"], level["qty"]) for level in data[0][side]] for side in ("bids", "asks")]
            self.update(data[0]["symbol"], frame["type"] == "snapshot", *rows, nanos(data[0]["timestamp"]) // 1000, 25)
            assert self.books[data[0]["symbol"]].kraken_checksum() == data[0]["checksum"], f"Kraken's checksum: {frame}"
        elif self.name == "coinbase":
            self.take_coinbase(frame)
        elif self.name == "coinbase-exchange" and frame["type"] in ("snapshot", "l2update"):
            sides = [frame.get("bids", []), frame.get("asks", [])]
            for side, price, size in frame.get("changes", []):
                sides[side == "sell"].append((price, size))
            self.update(frame["product_id"], frame["type"] == "snapshot", *sides, nanos(frame["time"]) // 1000)
        else:
            self.answers += 1

    def take_coinbase(self, frame):
        assert frame["sequence_num"] == self.sequence + 1, f"{self.name}: {frame['sequence_num']} after {self.sequence}"
        self.sequence = frame["sequence_num"]
        if frame["channel"] != "l2_data":
            self.answers += 1
            return
        for event in frame["events"]:
            rows = {side: [(u["price_level"], u["new_quantity"]) for u in event["updates"] if u["side"] == side]
                    for side in ("bid", "offer")}
            self.update(event["product_id"], event["type"] == "snapshot", rows["bid"], rows["offer"],
                        nanos(frame["timestamp"]))

    async def listen(self):
        async with websockets.connect(self.url, ssl=self.context, max_size=None, compression=None) as socket:
            for message in self.subscriptions():
                await socket.send(json.dumps(message))
            end = asyncio.get_running_loop().time() + SECONDS
            pong = await socket.ping(b"are you there")
            while (left := end - asyncio.get_running_loop().time()) > 0:
                try:
                    message = await asyncio.wait_for(socket.recv(), left)
                except asyncio.TimeoutError:
                    break
                assert isinstance(message, str), f"{self.name}: a binary message"
                self.messages += 1
                await self.take(json.loads(message, parse_float=Decimal))
            await asyncio.wait_for(pong, 10)
            await socket.close()
            # The answer to a close does not wait for a message that still drips, but falls into the middle of it.
            if self.name != DRIPPED:
                assert socket.close_code == 1000, f"{self.name}: closed with {socket.close_code}"


def truths(path):
    known = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            truth = json.loads(line)
            known[truth["venue"], truth["raw_symbol"], truth["sequence"]] = truth
    return known


def check(venues, known):
    differences = []
    for venue in venues:
        for symbol in venue.symbols:
            book = venue.books.get(symbol)
            if book is None or book.number is None:
                differences.append(f"{venue.name} {symbol}: no book after {venue.messages} messages")
                continue
            truth = known.get((venue.name, symbol, book.number))
            if truth is None:
                differences.append(f"{venue.name} {symbol}: no state is called {book.number}")
            elif truth["crc32"] != book.crc32():
                differences.append(f"{venue.name} {symbol}: another book at {book.number}")
        if venue.answers == 0:
            differences.append(f"{venue.name}: nothing was acknowledged")
    return differences


async def listen_to_all(venues):
    await asyncio.gather(*(venue.listen() for venue in venues))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        authority, truth = os.path.join(folder, "ca.pem"), os.path.join(folder, "truth.jsonl")
        command = [options.program, "fakex", "--json", "--venues", ",".join(VENUES), "--symbols", "3", "--ca-out",
                   authority, "--truth", truth, "--for", "2m", "--fault", f"split_frames:venue={SPLIT}", "--fault",
                   f"slow_drip:venue={DRIPPED}:rate=0.02"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fakex:
            try:
                description = json.loads(fakex.stdout.readline())
                context = ssl.create_default_context(cafile=authority)
                venues = [Venue(venue, context) for venue in description["venues"]]
                asyncio.run(listen_to_all(venues))
            finally:
                fakex.send_signal(signal.SIGINT)
            ended = json.loads(fakex.stdout.read())
        struck = {venue["venue"]: venue["faults"] for venue in ended["ended"]}
        differences = check(venues, truths(truth))
        if fakex.returncode != 0:
            differences.append(f"the program ended with {fakex.returncode}")
        if not struck[SPLIT].get("split_frames") or not struck[DRIPPED].get("slow_drip"):
            differences.append(f"faults did not strike: {struck}")
    for venue in venues:
        print(f"{venue.name}: {venue.messages} messages, {len(venue.books)} books")
    print("\n".join(differences) or "all books are those that were published")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
