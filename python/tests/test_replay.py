# SPDX-License-Identifier: Apache-2.0
"""Replays: events and tables agree with each other, with the recordings' oracles and with what Arrow readers see."""

import gzip
import json
import math
import threading
from collections import Counter
from datetime import datetime, timezone

import pytest

import arrow_reader
import crossbook
from conftest import ROOT

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")

DOCUMENTED = ROOT / "testdata" / "coinbase" / "documented.jsonl"


def market(**options):
    return crossbook.simulated_market(seed=7, seconds=8, **options)


def test_frames_of_the_protocol_documents_become_a_book():
    replay = crossbook.replay(DOCUMENTED)
    kinds = Counter(event.kind for event in replay)
    assert kinds["book_snapshot"] >= 1 and kinds["best"] >= 1
    assert "BTC/USD" in replay.symbols and replay.frames > 0 and not replay.cut
    book = replay.order_book("BTC/USD")
    assert book.best_bid < book.best_ask and book.bids[0].exchanges == ["coinbase"]
    assert replay.order_book("XYZ/USD") is None


def test_the_same_seed_is_the_same_session():
    first, second = (market().columns("best").best.to_numpy() for _ in range(2))
    assert len(first) > 100 and (first == second).sum() > 0
    assert first.tobytes() == second.tobytes()


def test_events_and_tables_tell_the_same_story():
    events = list(market())
    tables = market().columns()
    counts = Counter(event.kind for event in events)
    kinds = tables.events.to_pandas()["kind"].value_counts()
    for kind in ("book_snapshot", "book_delta", "trade"):
        assert counts[kind] == kinds[kind]
    trades = [event for event in events if event.kind == "trade"]
    frame = tables.trades.to_pandas()
    assert [trade.price for trade in trades] == list(frame["price"])
    assert [trade.side for trade in trades] == list(frame["side"])
    assert [trade.venue for trade in trades] == list(frame["venue"])
    last = {event.symbol: event for event in events if event.kind == "best"}
    best = tables.best.to_pandas().groupby("symbol", observed=True).last()
    for symbol, event in last.items():
        row = best.loc[symbol]
        assert (row["bid"], row["bid_size"], row["ask"], row["ask_size"]) == (
            event.bid, event.bid_size, event.ask, event.ask_size)


def test_the_book_of_a_moment_has_the_best_of_that_moment():
    replay = market()
    checked = 0
    for event in replay:
        if event.kind == "best":
            book = replay.order_book(event.symbol)
            assert (book.best_bid, book.best_ask) == (event.bid, event.ask)
            assert book.timestamp.timestamp() == pytest.approx(event.t / 1e9)
            checked += 1
        if checked == 200:
            break
    assert checked == 200


def test_symbols_choose_what_is_shown():
    tables = market(symbols=["ETH/USDT"]).columns()
    for table in tables.values():
        assert set(table.to_pandas()["symbol"]) <= {"ETH/USDT"}
    assert len(tables.best) > 0


def test_costs_add_up():
    cost = market(sizes=[1_000.0, 50_000.0], depth_bps=[1.0, 10.0]).columns("cost", "depth")
    frame = cost.cost.to_pandas()
    together = frame[frame["venue"] == "*"].set_index(["t", "symbol", "size"])
    single = frame[frame["venue"] != "*"]
    assert set(frame["size"]) == {1_000.0, 50_000.0}
    for row in single.itertuples():
        best = together.loc[(row.t, row.symbol, row.size)]
        if row.buy_filled == row.size:
            assert row.buy_price >= best["buy_price"] * (1 - 1e-12)
            assert row.buy_all_in_bps > row.buy_bps
        if row.sell_filled == row.size:
            assert row.sell_price <= best["sell_price"] * (1 + 1e-12)
    near, far = (cost.depth.to_pandas().query(f"within_bps == {bps}") for bps in (1.0, 10.0))
    assert (far["bid_size"].to_numpy() >= near["bid_size"].to_numpy()).all()
    seconds = sorted(set(frame["t"]))
    assert all((moment.value % 10**9) == 0 for moment in seconds)


def test_arrays_are_views_and_frames_are_their_own():
    table = market().columns("best").best
    array = table.to_numpy()
    assert not array.flags.writeable and array.dtype["t"] == numpy.dtype("<M8[ns]")
    assert [table.names["symbol"][code] for code in array["symbol"][:3]] == list(table.to_pandas()["symbol"][:3])
    del table
    assert array["ask"][-1] > 0
    empty = market(symbols=["NO/ONE"]).columns("trades").trades
    assert len(empty) == 0 and len(empty.to_numpy()) == 0 and len(empty.to_pandas()) == 0


def test_arrow_readers_see_what_pandas_sees():
    for table in market(sizes=[1000.0], depth_bps=[5.0]).columns().values():
        frame, columns = table.to_pandas(), arrow_reader.read(table)
        assert list(columns) == list(frame.columns)
        for name, column in columns.items():
            expected = frame[name]
            assert len(column) == len(expected)
            for ours, theirs in zip(column[:2000], expected[:2000]):
                if theirs is pandas.NaT or (isinstance(theirs, float) and math.isnan(theirs)):
                    assert ours is None
                elif isinstance(theirs, (pandas.Timestamp, pandas.Timedelta)):
                    assert ours == theirs.value
                else:
                    assert ours == theirs


def test_an_arrow_stream_that_nobody_reads_is_released():
    table = market().columns("best").best
    for _ in range(3):
        table.__arrow_c_stream__()


def test_until_ends_a_replay_early():
    whole = market().columns("events").events.to_numpy()["t"]
    recorded = crossbook.replay(DOCUMENTED).columns("events").events.to_numpy()["t"]
    until = datetime.fromtimestamp(recorded[0].astype("int64") / 1e9, timezone.utc)
    assert len(crossbook.replay(DOCUMENTED, until=until).columns("events").events) <= len(recorded)
    assert len(crossbook.replay(DOCUMENTED, until=0).columns("events").events) == 0
    assert len(whole) > 0


@pytest.mark.parametrize("words, call", [
    ("files", lambda: crossbook.replay([])),
    ("every_ms", lambda: crossbook.replay("x", every_ms=0)),
    ("sizes", lambda: crossbook.replay("x", sizes=[math.nan])),
    ("seed", lambda: crossbook.simulated_market(seed=-1)),
    ("seconds", lambda: crossbook.simulated_market(seconds=math.inf)),
    ("nothing", lambda: crossbook.simulated_market(seconds=1).columns("nothing")),
    ("no feed", lambda: crossbook.replay("x", groups={"A": [("nofeed", "B")]})),
])
def test_what_cannot_be_is_refused_by_name(words, call):
    with pytest.raises(crossbook.InputError, match=words):
        call()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(crossbook.CaptureError, match="no_such.jsonl") as caught:
        crossbook.replay(tmp_path / "no_such.jsonl")
    assert isinstance(caught.value, RuntimeError)


def test_lines_that_cannot_be_read_are_named(tmp_path):
    spoilt = tmp_path / "spoilt.jsonl"
    spoilt.write_text("not json\n" + DOCUMENTED.read_text())
    replay = crossbook.replay(spoilt)
    replay.columns("events")
    assert [line for _, line, _ in replay.errors] == [1]


def test_two_threads_do_not_read_one_replay_at_once():
    replay = crossbook.simulated_market(seed=1, seconds=120)
    outcomes = []

    def read():
        try:
            outcomes.append(len(replay.columns("events").events))
        except crossbook.StateError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(isinstance(outcome, int) and outcome > 0 for outcome in outcomes)


def test_recordings_agree_with_their_oracle(recordings):
    for name in ["binance_spot/btcusdt_20240808", "kraken_v1/multi_20210405", "bybit_v5/spot_20260809"]:
        expected = json.loads((recordings / "captures" / f"{name}.expected.json").read_text())
        capture = recordings / "captures" / f"{name}.jsonl.gz"
        tables = crossbook.replay(capture, raw_symbols=True).columns("events", "tops", "trades")
        events, tops, trades = (tables[table].to_pandas() for table in ("events", "tops", "trades"))
        (venue,) = expected["venues"].values()
        for symbol, about in venue["symbols"].items():
            counts = about["book"]["counts"]
            mine = events[events["symbol"] == symbol]
            assert (mine["kind"] == "book_snapshot").sum() == counts["snapshots"]
            assert (mine["kind"] == "book_delta").sum() >= counts["deltas_applied"]
            last = tops[tops["symbol"] == symbol].iloc[-1]
            assert last["bid"] == float(about["book"]["final_bids_top5"][0][0])
            assert last["ask"] == float(about["book"]["final_asks_top5"][0][0])
            assert (trades["symbol"] == symbol).sum() == (about.get("trades") or {}).get("n", 0)


def test_csv_files_of_tardis_replay_like_captures(tmp_path):
    updates = tmp_path / "binance_incremental_book_L2.csv.gz"
    rows = ["exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"]
    rows += [f"binance,BTCUSDT,{t},{t + 35418},{flag},{side},{price},{amount}" for t, flag, side, price, amount in [
        (1585699200000000, "true", "bid", "6423.11", "0.5"), (1585699200000000, "true", "ask", "6424", "1.25"),
        (1585699201000000, "false", "bid", "6423.5", "2"), (1585699202000000, "false", "ask", "6424", "0"),
        (1585699202000000, "false", "ask", "6424.5", "3")]]
    updates.write_bytes(gzip.compress(("\n".join(rows) + "\n").encode()))
    replay = crossbook.replay(updates)
    events = list(replay)
    assert [event.kind for event in events if event.kind.startswith("book")] == [
        "book_snapshot", "book_delta", "book_delta"]
    book = replay.order_book("BTC/USDT")
    assert (book.best_bid, book.best_ask, book.bids[0].exchanges) == (6423.5, 6424.5, ["binance"])
    assert events[-1].t == 1585699202035418000
    snapshots = tmp_path / "kraken_book_snapshot_5.csv"
    snapshots.write_text(
        "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n"
        "kraken,XBT/USDT,1585699200000000,1585699200000007,6424.2,1,6423.3,2\n"
        "kraken,XBT/USDT,1585699203000000,1585699203000007,6424.1,1,6423.4,2\n")
    best = crossbook.replay([updates, snapshots]).columns("best").best.to_pandas()
    assert (best["bid"].iloc[-1], best["ask"].iloc[-1], best["venues"].iloc[-1]) == (6423.5, 6424.1, 2)
