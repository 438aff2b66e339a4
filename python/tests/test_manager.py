# SPDX-License-Identifier: Apache-2.0
"""SpreadThresholdManager: the contract."""

import asyncio
import copy
import gc
import logging
import math
import pickle
import threading
import time
import weakref
from datetime import datetime, timedelta, timezone

import pytest

import crossbook
from crossbook import OrderStatus


def place(manager, order_id="1", **more):
    given = {"symbol": "BTC/USDT", "side": "buy", "price": 50000.0, "size": 1.0} | more
    return manager.place_order(order_id, **given)


def widen(manager):
    """100 bps: above every threshold that these tests use."""
    manager.update_spread("BTC/USDT", best_bid=49750.0, best_ask=50250.0)


def wait_until(happened, seconds=20.0):
    """For what another thread does: seconds are only the limit of a failure."""
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.002)


def test_statuses_have_the_values_of_the_seed():
    assert [status.value for status in OrderStatus] == [
        "pending", "active", "cancelling", "cancelled", "filled", "expired", "rejected", "unknown"]


def test_a_placed_order_is_pending_and_has_what_was_given():
    manager = crossbook.SpreadThresholdManager(max_spread_bps=7.0)
    before = datetime.now()
    order = place(manager, "order_123", exchange="kraken", metadata={"strategy": "maker", "legs": [1, 2]})
    assert (order.order_id, order.symbol, order.side, order.order_type) == ("order_123", "BTC/USDT", "buy", "limit")
    assert (order.price, order.size, order.spread_threshold_bps, order.filled) == (50000.0, 1.0, 7.0, 0.0)
    assert (order.status, order.exchange, order.expires_at, order.reason) == (OrderStatus.PENDING, "kraken", None, "ok")
    assert order.metadata == {"strategy": "maker", "legs": [1, 2]}
    assert before - timedelta(milliseconds=1) <= order.created_at <= datetime.now()
    assert manager.get_active_orders() == [order] == manager.get_active_orders("BTC/USDT")
    assert manager.get_active_orders("ETH/USDT") == []


def test_a_spread_above_the_threshold_cancels():
    manager = crossbook.SpreadThresholdManager()
    tight, wide = place(manager, "tight", spread_threshold_bps=5.0), place(manager, "wide", spread_threshold_bps=200.0)
    manager.update_spread("BTC/USDT", best_bid=49995.0, best_ask=50010.0)
    assert manager.monitor_orders() == []
    widen(manager)
    (gone,) = manager.monitor_orders()
    assert (gone.order_id, gone.status, gone.reason) == ("tight", OrderStatus.CANCELLED, "spread_exceeded_threshold")
    assert gone.metadata == {"cancel_reason": "spread_exceeded_threshold", "cancel_value": 100.0}
    assert manager.monitor_orders() == []
    assert tight.status is OrderStatus.CANCELLED and tight == gone == manager.get_order("tight")
    assert wide.status is OrderStatus.PENDING and manager.get_active_orders() == [wide]


def test_a_placed_order_follows_the_manager_and_its_copies_do_not():
    manager = crossbook.SpreadThresholdManager()
    order = place(manager, metadata={"mine": {1, 2}})
    kept, copied = pickle.loads(pickle.dumps(order)), copy.deepcopy(order)
    order.metadata["note"] = "kept"
    widen(manager)
    manager.monitor_orders()
    assert order.metadata == {"mine": {1, 2}, "note": "kept", "cancel_reason": "spread_exceeded_threshold",
                              "cancel_value": 100.0}
    assert manager.get_order("1").metadata["mine"] == {1, 2}
    assert kept.status is copied.status is OrderStatus.PENDING
    assert kept == copied != order


def test_expiry_and_age_and_old_data_end_orders():
    manager = crossbook.SpreadThresholdManager(max_data_age=1e-6)
    expired = place(manager, "expired", expires_at=datetime.now() - timedelta(seconds=3))
    place(manager, "starved")
    gone = {order.order_id: order for order in manager.monitor_orders()}
    assert expired.status is OrderStatus.EXPIRED and expired.reason == "order_expired"
    assert expired.metadata["cancel_value"] == pytest.approx(3.0, abs=2.0)
    assert gone["starved"].reason == "data_unusable" and gone["starved"].status is OrderStatus.CANCELLED
    aged = crossbook.SpreadThresholdManager(max_order_age_seconds=1e-6)
    place(aged)
    assert [order.reason for order in aged.monitor_orders()] == ["order_too_old"]


def test_an_aware_expiry_is_exact():
    manager = crossbook.SpreadThresholdManager()
    order = place(manager, expires_at=datetime.now(timezone(timedelta(hours=-7))) + timedelta(hours=1))
    assert manager.monitor_orders() == []
    assert order.expires_at.utcoffset() == timedelta(0) and order.created_at.tzinfo is timezone.utc


def test_without_spread_data_nothing_is_cancelled():
    manager = crossbook.SpreadThresholdManager()
    order = place(manager)
    assert manager.monitor_orders() == []
    assert manager.should_cancel_order(order) == (False, "no_spread_data")
    manager.update_spread("BTC/USDT", best_bid=0.0, best_ask=50010.0)
    assert manager.should_cancel_order(order) == (False, "no_spread_data")
    snapshot = manager.get_spread_snapshot("BTC/USDT")
    assert (snapshot.spread_bps, snapshot.mid_price, snapshot.best_ask) == (None, None, 50010.0)


def test_should_cancel_order_says_why():
    manager = crossbook.SpreadThresholdManager()
    order = place(manager, spread_threshold_bps=5.0)
    assert manager.should_cancel_order(order, current_spread_bps=12.0) == (True, "spread_exceeded_threshold")
    assert manager.should_cancel_order(order, current_spread_bps=5.0) == (False, "ok")
    manager.fill_order("1")
    assert manager.should_cancel_order(order, 12.0) == (False, "order_already_terminated")
    by_hand = crossbook.Order("x", "BTC/USDT", "buy", expires_at=datetime.now() - timedelta(seconds=1))
    assert manager.should_cancel_order(by_hand, 1.0) == (True, "order_expired")


def test_fills_and_cancels_by_hand():
    manager = crossbook.SpreadThresholdManager()
    order, other = place(manager, "1"), place(manager, "2")
    assert manager.fill_order("1", quantity=0.4) and order.filled == 0.4 and order.status is OrderStatus.ACTIVE
    assert manager.fill_order("1") and order.status is OrderStatus.FILLED
    assert not manager.fill_order("1") and not manager.cancel_order("1") and not manager.fill_order("nobody")
    assert manager.cancel_order("2", reason="strategy stopped") and other.reason == "strategy stopped"
    assert manager.get_order("nobody") is None


def test_a_spread_is_told_and_asked_for():
    manager = crossbook.SpreadThresholdManager()
    manager.update_spread("BTC/USDT", 49995.0, 50005.0)
    snapshot = manager.get_spread_snapshot("BTC/USDT")
    assert (snapshot.best_bid, snapshot.best_ask, snapshot.mid_price) == (49995.0, 50005.0, 50000.0)
    assert snapshot.spread_bps == pytest.approx(2.0) and isinstance(snapshot.timestamp, datetime)
    assert manager.get_spread_snapshot("ETH/USDT") is None
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot


def test_auto_cancel_off_ends_nothing():
    manager = crossbook.SpreadThresholdManager(auto_cancel=False)
    order = place(manager)
    widen(manager)
    assert manager.monitor_orders() == [] and order.status is OrderStatus.PENDING


def test_ended_orders_are_forgotten_and_live_ones_never():
    manager = crossbook.SpreadThresholdManager()
    live, gone = place(manager, "live"), place(manager, "gone", metadata={"odd": object()})
    manager.cancel_order("gone")
    assert manager.clear_old_orders(max_age_hours=24) == 0
    assert manager.clear_old_orders(max_age_hours=0) == 1
    assert manager.get_order("gone") is None and manager.get_order("live") == live
    assert gone.status is OrderStatus.UNKNOWN
    place(manager, "gone")


def test_what_monitor_orders_returned_stays_as_it_was():
    manager = crossbook.SpreadThresholdManager()
    placed = [place(manager, str(i), metadata={"number": i, "odd": (i,)}) for i in range(300)]
    widen(manager)
    gone = manager.monitor_orders()
    assert manager.fill_order("7") and manager.clear_old_orders(max_age_hours=0) == 300
    assert [order.order_id for order in gone] == [str(i) for i in range(300)]
    assert {order.status for order in gone} == {OrderStatus.CANCELLED}
    assert all(order.reason is gone[0].reason for order in gone)
    assert (gone[7].symbol, gone[7].filled, gone[7].spread_threshold_bps) == ("BTC/USDT", 0.0, 10.0)
    assert gone[8].metadata["number"] == 8 and gone[8].metadata["cancel_value"] == 100.0
    assert gone[9].metadata is gone[9].metadata
    assert pickle.loads(pickle.dumps(gone[10])) == gone[10] == copy.deepcopy(gone[10])
    assert placed[7].status is OrderStatus.UNKNOWN
    with pytest.raises(AttributeError, match="'Order' object has no attribute 'colour'"):
        _ = gone[0].colour


@pytest.mark.parametrize("spoil, words", [
    ({"side": "BUY"}, "side"), ({"price": 0.0}, "price"), ({"size": math.nan}, "size"), ({"symbol": ""}, "symbol"),
    ({"order_type": "stop"}, "order_type"), ({"spread_threshold_bps": -1.0}, "spread_threshold_bps")])
def test_an_order_that_cannot_be_is_refused_by_name(spoil, words):
    manager = crossbook.SpreadThresholdManager()
    with pytest.raises(crossbook.InputError, match=words):
        place(manager, **spoil)
    assert manager.get_active_orders() == []


def test_other_arguments_that_cannot_be_are_refused_by_name():
    manager = crossbook.SpreadThresholdManager()
    place(manager)
    for words, call in [
        ("order_id", lambda: place(manager)),
        ("best_bid", lambda: manager.update_spread("BTC/USDT", math.nan, 1.0)),
        ("best_ask", lambda: manager.update_spread("BTC/USDT", 1.0, math.inf)),
        ("max_spread_bps", lambda: crossbook.SpreadThresholdManager(max_spread_bps=-1.0)),
        ("max_age_hours", lambda: manager.clear_old_orders(-1)),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="metadata"):
        place(manager, "2", metadata=[1])
    with pytest.raises(TypeError, match="expires_at"):
        place(manager, "2", expires_at="tomorrow")


# -- callbacks ---------------------------------------------------------------------------------------------------------


def test_the_callback_gets_the_order_and_the_reason_and_may_call_the_manager():
    manager, seen = crossbook.SpreadThresholdManager(), []

    def on_cancel(order, reason):
        seen.append((order.order_id, reason, order.status, manager.get_spread_snapshot("BTC/USDT").spread_bps))
        manager.place_order("next", "ETH/USDT", "sell", 1.0, 1.0)

    manager.set_cancel_callback(on_cancel)
    place(manager)
    widen(manager)
    assert len(manager.monitor_orders()) == 1
    assert seen == [("1", "spread_exceeded_threshold", OrderStatus.CANCELLING, 100.0)]
    assert [order.order_id for order in manager.get_active_orders()] == ["next"]
    manager.set_cancel_callback(None)
    assert manager.cancel_order("next")


def test_a_callback_that_raises_is_logged_and_the_order_stays_live(caplog):
    manager, tries = crossbook.SpreadThresholdManager(check_interval_seconds=0), []

    def on_cancel(order, reason):
        tries.append(order.order_id)
        if len(tries) < 3:
            raise ConnectionError("the exchange does not answer")

    manager.set_cancel_callback(on_cancel)
    order = place(manager)
    widen(manager)
    with caplog.at_level(logging.ERROR, logger="crossbook"):
        assert manager.monitor_orders() == []
    assert "the exchange does not answer" in caplog.text and "stays live" in caplog.text
    assert order.status is OrderStatus.CANCELLING and manager.get_active_orders() == [order]
    assert [(alarm.kind, alarm.message) for alarm in manager.get_alarms()] == [
        ("callback_failed", "the exchange does not answer")]
    wait_until(lambda: manager.monitor_orders() or order.status is OrderStatus.CANCELLED)
    assert tries == ["1", "1", "1"]


def test_a_late_fill_raises_an_alarm():
    manager, alarms = crossbook.SpreadThresholdManager(), []
    manager.set_alarm_callback(alarms.append)
    place(manager)
    manager.cancel_order("1")
    manager.fill_order("1", 0.5)
    assert [(alarm.order_id, alarm.kind) for alarm in alarms] == [("1", "late_fill")]
    assert alarms == manager.get_alarms() and isinstance(alarms[0].at, datetime)
    assert manager.get_order("1").filled == 0.5


def test_a_coroutine_is_awaited_on_the_running_loop_and_ends_the_order():
    async def session():
        manager = crossbook.SpreadThresholdManager(check_interval_seconds=3600)
        answered, asked = asyncio.Event(), []

        async def on_cancel(order, reason):
            asked.append((order.order_id, reason))
            await answered.wait()

        manager.set_cancel_callback(on_cancel)
        order = place(manager)
        widen(manager)
        assert manager.monitor_orders() == []
        assert order.status is OrderStatus.CANCELLING
        for _ in range(3):
            await asyncio.sleep(0)
        assert manager.monitor_orders() == [] and asked == [("1", "spread_exceeded_threshold")]
        answered.set()
        while order.status is OrderStatus.CANCELLING:
            await asyncio.sleep(0)
        assert order.status is OrderStatus.CANCELLED and order.reason == "spread_exceeded_threshold"
        assert asked == [("1", "spread_exceeded_threshold")] and manager.get_alarms() == []

    asyncio.run(asyncio.wait_for(session(), 30))


def test_a_coroutine_that_raises_is_logged_and_tried_again(caplog):
    async def session():
        manager, tries = crossbook.SpreadThresholdManager(check_interval_seconds=0), []

        async def on_cancel(order, reason):
            tries.append(order.order_id)
            if len(tries) == 1:
                raise ConnectionError("no answer")

        manager.set_cancel_callback(on_cancel)
        order = place(manager)
        widen(manager)
        while order.status is not OrderStatus.CANCELLED:
            manager.monitor_orders()
            await asyncio.sleep(0)
        assert tries == ["1", "1"]

    asyncio.run(asyncio.wait_for(session(), 30))
    assert "no answer" in caplog.text


def test_a_coroutine_without_a_loop_is_an_error_and_the_order_stays_live(caplog):
    manager = crossbook.SpreadThresholdManager()

    async def on_cancel(order, reason):
        raise AssertionError("never")

    manager.set_cancel_callback(on_cancel)
    order = place(manager)
    widen(manager)
    assert manager.monitor_orders() == [] and order.status is OrderStatus.CANCELLING
    assert "running event loop" in caplog.text


# -- the background ----------------------------------------------------------------------------------------------------


def test_the_background_cancels_by_itself():
    manager = crossbook.SpreadThresholdManager(check_interval_seconds=0.001)
    threads = []
    manager.set_cancel_callback(lambda order, reason: threads.append(threading.get_ident()))
    manager.start_monitoring()
    manager.start_monitoring()
    assert manager.monitoring
    order = place(manager)
    widen(manager)
    wait_until(lambda: order.status is OrderStatus.CANCELLED)
    manager.stop_monitoring()
    assert not manager.monitoring and threads != [threading.get_ident()]


def test_the_background_and_a_coroutine_work_together():
    async def session():
        manager = crossbook.SpreadThresholdManager(check_interval_seconds=0.001)

        async def on_cancel(order, reason):
            await asyncio.sleep(0)

        manager.set_cancel_callback(on_cancel)
        orders = [place(manager, str(i)) for i in range(50)]
        manager.start_monitoring()
        widen(manager)
        while any(order.status is not OrderStatus.CANCELLED for order in orders):
            await asyncio.sleep(0.001)
        manager.stop_monitoring()

    asyncio.run(asyncio.wait_for(session(), 30))


def test_a_manager_may_lose_its_last_owner_inside_its_own_callback():
    done = threading.Event()
    manager = crossbook.SpreadThresholdManager(check_interval_seconds=0.001)
    inside, go = threading.Event(), threading.Event()

    def on_cancel(order, reason):
        inside.set()
        go.wait(20)
        done.set()

    manager.set_cancel_callback(on_cancel)
    place(manager)
    widen(manager)
    manager.start_monitoring()
    assert inside.wait(20)
    threading.Timer(0.01, go.set).start()
    del manager
    assert done.wait(20)


def test_a_callback_that_holds_its_manager_is_no_leak():
    class Strategy:
        def __init__(self):
            self.manager = crossbook.SpreadThresholdManager()
            self.manager.set_cancel_callback(self.on_cancel)

        def on_cancel(self, order, reason):
            pass

    strategy = Strategy()
    gone = weakref.ref(strategy)
    del strategy
    gc.collect()
    assert gone() is None


# -- the store ---------------------------------------------------------------------------------------------------------


def test_orders_in_a_store_are_there_the_next_time(tmp_path):
    path = tmp_path / "orders.db"
    manager = crossbook.SpreadThresholdManager(store=path)
    place(manager, "live", metadata={"note": "kept", "n": 3, "half": 0.5, "flag": True, "none": None})
    place(manager, "gone")
    manager.cancel_order("gone")
    del manager
    again = crossbook.SpreadThresholdManager(store=str(path))
    (live,) = again.get_active_orders()
    assert live.order_id == "live"
    assert live.metadata == {"note": "kept", "n": 3, "half": 0.5, "flag": True, "none": None}
    assert again.get_order("gone").status is OrderStatus.CANCELLED
    assert [step.status for step in again.get_order_history("gone")][-1] is OrderStatus.CANCELLED


def test_a_store_that_cannot_be_opened_names_its_file(tmp_path):
    with pytest.raises(crossbook.StoreError, match="no_such_folder"):
        crossbook.SpreadThresholdManager(store=tmp_path / "no_such_folder" / "x.db")
