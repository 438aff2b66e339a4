# SPDX-License-Identifier: Apache-2.0
"""Live books against simulated exchanges on loopback, over TLS."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import crossbook
from conftest import ROOT

PROGRAM = Path(os.environ.get("CROSSBOOK_PROGRAM", Path(crossbook.__file__).parents[2] / "bin" / "crossbook"))
VENUES = ["kraken", "okx", "binance"]
SYMBOLS = ["BTC/USDT", "ETH/USDT"]
PATIENCE = 60.0  # seconds: only the limit of a failure


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory):
    """Keywords of `live` that reach three simulated exchanges."""
    if not PROGRAM.is_file():
        pytest.skip(f"no program {PROGRAM}; CROSSBOOK_PROGRAM names another")
    ca_file = tmp_path_factory.mktemp("live") / "ca.pem"
    with subprocess.Popen([PROGRAM, "fakex", "--json", "--port", "0", "--seed", "7", "--venues", ",".join(VENUES),
                           "--symbols", ",".join(SYMBOLS), "--ca-out", ca_file], stdout=subprocess.PIPE,
                          text=True) as fakex:
        ports = {venue["venue"]: venue["port"] for venue in json.loads(fakex.stdout.readline())["venues"]}
        yield {"endpoints": {venue: f"127.0.0.1:{port}" for venue, port in ports.items()}, "ca_file": ca_file}
        fakex.terminate()


@pytest.fixture
def market(exchanges):
    with crossbook.live(VENUES, SYMBOLS, **exchanges) as market:
        assert market.wait_ready(PATIENCE), market.status()
        yield market


def changes_until(market, enough):
    """Changes up to the one that is enough."""
    for change in market:
        if enough(change):
            return change
    raise AssertionError("it ended before")


def test_the_book_is_that_of_all_exchanges(market):
    assert sorted(market.symbols) == SYMBOLS and market.running
    book = market.book("BTC/USDT", max_levels=50)
    assert book.symbol == "BTC/USDT" and book.exchange_count == 3 and book.timestamp.tzinfo is not None
    assert 0 < len(book.bids) <= 50 and len(market.book("BTC/USDT", 1).asks) == 1
    assert [level.price for level in book.bids] == sorted({level.price for level in book.bids}, reverse=True)
    assert book.best_bid == book.bids[0].price and book.best_ask == book.asks[0].price
    assert {name for level in book.bids for name in level.exchanges} == set(VENUES)
    for level in book.bids:
        assert level.total_size == pytest.approx(sum(level.sizes)) and len(level.sizes) == len(level.exchanges)
    assert book.total_bid_depth == pytest.approx(sum(level.total_size for level in book.bids))
    venues = market.venues("BTC/USDT")
    assert sorted(venues) == sorted(VENUES)
    assert {(venue["state"], venue["excluded"]) for venue in venues.values()} == {("ready", None)}
    assert venues["kraken"]["verified"] == "checksum" and 0 <= venues["kraken"]["age_ms"] < PATIENCE * 1e3


def test_changes_come_one_by_one_and_are_how_the_book_became(market):
    seen = {}
    while set(seen) != set(SYMBOLS) or sum(map(len, seen.values())) < 50:
        change = next(market)
        seen.setdefault(change.symbol, []).append(change)
    for changes in seen.values():
        assert [change.t for change in changes] == sorted(change.t for change in changes)
        assert all(change.kind == "best" and isinstance(change, crossbook.LiveChange) for change in changes)
        whole = changes[-1]
        assert whole.venues == 3 and whole.bid_size > 0 and whole.ask_size > 0
        middle = (whole.ask + whole.bid) / 2
        assert whole.spread_bps == pytest.approx((whole.ask - whole.bid) / middle * 1e4, abs=1e-5)
    assert market.status()["conflated"] == 0
    assert market.next_change(timeout=PATIENCE) is not None


def test_who_reads_late_gets_the_latest_and_is_told_what_it_missed(exchanges):
    with crossbook.live(VENUES, SYMBOLS, queue=1, **exchanges) as market:
        assert market.wait_ready(PATIENCE)
        missed = market.status()["conflated"]
        reader = crossbook.MultiExchangeOrderbookAggregator()
        market.feed(reader)
        while market.status()["conflated"] < missed + 50:
            market.book("BTC/USDT", 1)
        folded = [next(market).conflated for _ in range(4)]
        assert sum(folded) >= 40


def test_an_event_loop_waits_for_changes_too(market):
    async def main():
        seen = []
        other = asyncio.ensure_future(asyncio.sleep(0.01, "the loop goes on"))
        async for change in market:
            seen.append(change)
            if len(seen) == 100 and other.done():
                break
        return seen, await other

    seen, other = asyncio.run(main())
    assert other == "the loop goes on" and {change.symbol for change in seen} == set(SYMBOLS)

    async def until_closed():
        reader = asyncio.ensure_future(count())
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, market.close)
        return await reader

    async def count():
        return len([change async for change in market])

    assert asyncio.run(until_closed()) > 0


def test_it_feeds_an_aggregator_and_a_manager(market):
    aggregator, manager = crossbook.MultiExchangeOrderbookAggregator(), crossbook.SpreadThresholdManager()
    order = manager.place_order("1", "BTC/USDT", "buy", price=60000.0, size=1.0, spread_threshold_bps=1e-9)
    market.feed(aggregator, manager, every_ms=1)
    changes_until(market, lambda change: aggregator.get_available_exchanges(change.symbol) == sorted(VENUES)
                  and manager.get_spread_snapshot(change.symbol) is not None and manager.monitor_orders() != [])
    assert order.reason == "spread_exceeded_threshold"
    mine, theirs = aggregator.aggregate("ETH/USDT"), market.book("ETH/USDT")
    assert mine.best_bid == pytest.approx(theirs.best_bid, rel=1e-3) and mine.exchange_count == 3
    market.close()
    assert aggregator.get_available_exchanges("BTC/USDT") == []
    assert manager.get_spread_snapshot("BTC/USDT").spread_bps is None
    with pytest.raises(crossbook.StateError, match="closed"):
        market.feed(aggregator)


def test_once_closed_it_still_answers_and_iterators_end(market):
    ended = threading.Thread(target=lambda: list(market))
    ended.start()
    market.close()
    market.close()
    ended.join(PATIENCE)
    assert not ended.is_alive() and not market.running and list(market) == []
    book = market.book("BTC/USDT")
    assert (book.bids, book.best_bid, book.exchange_count) == ([], None, 0)
    assert all(venue["excluded"] is not None for venue in market.venues("BTC/USDT").values())
    assert "closed" in repr(market) and not market.wait_ready(0.0)


def test_without_the_authority_it_says_why_nothing_comes(exchanges):
    with crossbook.live("kraken", "BTC/USDT", endpoints={"kraken": exchanges["endpoints"]["kraken"]}) as market:
        while not market.status()["problems"]:
            market.next_change(timeout=0.01)
        assert "certificate" in market.status()["problems"]["kraken"]
        assert market.book("BTC/USDT").best_bid is None and not market.wait_ready(0.0)


@pytest.mark.parametrize("arguments, more, words", [
    (([], ["BTC/USDT"]), {}, "no venue"),
    ((["kraken"], []), {}, "kraken: no symbols"),
    ((["nowhere", "kraken"], ["bitcoin"]), {}, '(?s)kraken: "bitcoin" is no spot pair.*nowhere: "nowhere" is no venue'),
    ((["kraken"], ["BTC/USDT"]), {"endpoints": {"kraken": ":port"}}, "kraken: endpoint"),
    ((["kraken"], ["BTC/USDT"]), {"endpoints": {"okx": "127.0.0.1:1"}}, "endpoints names 'okx'"),
    ((["kraken"], ["BTC/USDT"]), {"ca_file": "no/such.pem"}, "kraken: ca_file"),
    ((["kraken"], ["BTC/USDT"]), {"queue": -1}, "queue"),
    ((["kraken"], ["BTC/USDT"]), {"unread_max_ms": float("nan")}, "unread_max_ms"),
])
def test_what_cannot_be_is_refused_at_once(arguments, more, words):
    with pytest.raises(crossbook.InputError, match=words):
        crossbook.live(*arguments, **more)


def test_a_symbol_that_is_not_there_is_refused(market):
    with pytest.raises(crossbook.InputError, match='"BTC/EUR" is not among the symbols: BTC/USDT ETH/USDT'):
        market.book("BTC/EUR")
    with pytest.raises(crossbook.InputError, match="max_levels"):
        market.book("BTC/USDT", 0)
    with pytest.raises(crossbook.InputError, match="aggregator or a manager"):
        market.feed()
    with pytest.raises(TypeError, match="aggregator"):
        market.feed(object())


def run_python(code, exchanges):
    arguments = json.dumps({"endpoints": exchanges["endpoints"], "ca_file": str(exchanges["ca_file"])})
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), arguments], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0 and done.stderr == "", (done.returncode, done.stdout, done.stderr)
    return done.stdout


def test_the_interpreter_ends_cleanly_with_an_open_market(exchanges):
    assert run_python("""
        import json, sys, crossbook
        aggregator = crossbook.MultiExchangeOrderbookAggregator()
        given = json.loads(sys.argv[1])
        market = crossbook.live(list(given["endpoints"]), ["BTC/USDT"], **given)
        market.feed(aggregator)
        print(next(market).symbol)
        forgotten = crossbook.live(list(given["endpoints"]), "BTC/USDT", **given)
        forgotten.feed(aggregator)
        del forgotten
        """, exchanges) == "BTC/USDT\n"


def test_use_after_a_fork_is_a_clear_error(exchanges):
    assert run_python("""
        import json, os, sys, crossbook
        given = json.loads(sys.argv[1])
        market = crossbook.live(list(given["endpoints"]), ["BTC/USDT"], **given)
        market.wait_ready(60)
        child = os.fork()
        if child == 0:
            for call in (lambda: market.book("BTC/USDT"), lambda: next(market), market.status, lambda: market.running):
                try:
                    call()
                except crossbook.ForkError:
                    print("fork", flush=True)
            market.close()
            del market
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(market.running, market.wait_ready(60))
        """, exchanges) == "fork\n" * 4 + "True True\n"


def test_the_example_shows_books_and_pulls_an_order(exchanges):
    endpoints = [f"--endpoint={venue}={address}" for venue, address in exchanges["endpoints"].items()]
    done = subprocess.run([sys.executable, ROOT / "examples" / "python" / "live_books.py", "--venues",
                           ",".join(VENUES), *endpoints, "--ca-file", exchanges["ca_file"]], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(", 3 exchanges") >= 1 and "order_123: spread_exceeded_threshold at" in done.stdout
    assert "  bid " in done.stdout and "  ask " in done.stdout and "buy at " in done.stdout
