#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`crossbook fakex --capture` gives a client the recorded messages, each as it was, in their order.

    capture_test.py --program build/release/bin/crossbook --writer build/release/bin/write_market

The recording is a session of the simulated market, played five times as fast. What arrives must be what stands in the
file: from the first message on, all book messages of what was subscribed and nothing else. Skipped (exit code 77) where
python3-websockets is not installed.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

SKIPPED = 77
SPEED = 5
SECONDS = 3  # of listening
try:
    import websockets
except ImportError:
    print("skipped: capture_test.py needs python3-websockets")
    sys.exit(SKIPPED)

# What to say, what a message about it looks like in the file, and what else may come.
ASKED = {
    "binance": ('{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}', r'"btcusdt@depth@100ms"',
                r'"result"'),
    "kraken": ('{"method":"subscribe","params":{"channel":"book","symbol":["ETH/USDT"],"depth":10}}',
               r'"channel":"book".*"ETH/USDT"', r'"status"|"success"|"heartbeat"'),
    "okx": ('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}',
            r'"channel":"books","instId":"BTC-USDT"},"action"', r'"event":"subscribe"'),
    "bybit-spot": ('{"op":"subscribe","args":["orderbook.50.ETHUSDT"]}', r'"topic":"orderbook.50.ETHUSDT"',
                   r'"success"'),
    "bitstamp": ('{"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusdt"}}',
                 r'"channel":"diff_order_book_btcusdt","event":"data"', r'bts:subscription'),
    "coinbase": ('{"type":"subscribe","product_ids":["BTC-USDT"],"channel":"level2"}', r'"l2_data".*"BTC-USDT"',
                 r'"subscriptions"'),
}


def recorded(path):
    frames, bodies = {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if record["dir"] == "in":
                frames.setdefault(record["venue"], []).append(record["raw"])
            elif record["dir"] == "http":
                bodies.setdefault(record["venue"], []).append((record["url"], record["raw"]))
    return frames, bodies


def without_number(message):
    return re.sub(r'"sequence_num":\d+', "", message)


async def listen(venue):
    said, _, beside = ASKED[venue["venue"]]
    heard = []
    async with websockets.connect(venue["websocket"], max_size=None, compression=None) as socket:
        await socket.send(said)
        end = asyncio.get_running_loop().time() + SECONDS
        while (left := end - asyncio.get_running_loop().time()) > 0:
            try:
                heard.append(await asyncio.wait_for(socket.recv(), left))
            except (asyncio.TimeoutError, websockets.ConnectionClosed):
                break
    return [message for message in heard if not re.search(beside, message)]


async def listen_to_all(venues):
    return await asyncio.gather(*(listen(venue) for venue in venues))


def check(venue, heard, frames, bodies):
    feed = venue["venue"]
    _, about, beside = ASKED[feed]
    expected = [frame for frame in frames[feed] if re.search(about, frame) and not re.search(beside, frame)]
    if len(heard) < 5:
        return [f"{feed}: only {len(heard)} messages"]
    wrong = [f"{feed}: message {i} is another" for i, (mine, theirs) in enumerate(zip(heard, expected))
             if without_number(mine) != without_number(theirs)][:1]
    numbers = [int(n) for message in heard for n in re.findall(r'"sequence_num":(\d+)', message)]
    if any(b != a + 1 for a, b in zip(numbers, numbers[1:])):
        wrong.append(f"{feed}: a hole among {numbers[:20]}")
    for url, body in bodies.get(feed, [])[:1]:
        path = url[url.index("/", 8):]
        with urllib.request.urlopen(venue["rest"] + path, timeout=10) as answer:
            fetched = answer.read().decode()
        if fetched not in [raw for other, raw in bodies[feed] if other == url]:
            wrong.append(f"{feed}: {path} is not what was recorded")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--writer", required=True)
    options = parser.parse_args()
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "market.jsonl")
        subprocess.run([options.writer, "7", "40", capture], check=True)
        frames, bodies = recorded(capture)
        command = [options.program, "fakex", "--json", "--plain", "--capture", capture, "--speed", str(SPEED), "--for",
                   "2m"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fakex:
            try:
                venues = json.loads(fakex.stdout.readline())["venues"]
                for venue, heard in zip(venues, asyncio.run(listen_to_all(venues))):
                    print(f"{venue['venue']}: {len(heard)} messages")
                    differences += check(venue, heard, frames, bodies)
            finally:
                fakex.send_signal(signal.SIGINT)
    if sorted(venue["venue"] for venue in venues) != sorted(ASKED):
        differences.append(f"other venues: {venues}")
    print("\n".join(differences) or "all messages are the recorded ones")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
