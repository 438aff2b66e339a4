# SPDX-License-Identifier: Apache-2.0
"""Threads, memory, forks and the end of the interpreter."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
from datetime import datetime

import pytest

import crossbook
from conftest import book

CALLS = 1_000_000


def resident():
    """Bytes of memory that the process holds."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def together(work, threads=8):
    """Runs work(i) in so many threads at once; the first error is raised here."""
    errors = []
    start = threading.Barrier(threads)

    def run(i):
        try:
            start.wait()
            work(i)
        except BaseException as error:
            errors.append(error)

    all_threads = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for thread in all_threads:
        thread.start()
    for thread in all_threads:
        thread.join()
    if errors:
        raise errors[0]


def run_python(code):
    """A process of its own; what it printed."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert done.stderr == ""
    return done.stdout


def test_threads_share_an_aggregator():
    aggregator = crossbook.MultiExchangeOrderbookAggregator()

    def work(i):
        for n in range(2_000):
            price = 100.0 + (i * 7 + n) % 5 * 0.01
            aggregator.add_exchange_orderbook(f"x{i}", book("X/Y", [(price, 1.0)], [(price + 1, 1.0)]))
            aggregated = aggregator.aggregate("X/Y")
            assert aggregated.best_bid == max(level.price for level in aggregated.bids)
            assert aggregator.get_best_exchange("X/Y", "buy", 50.0).complete

    together(work)
    assert len(aggregator.get_available_exchanges("X/Y")) == 8


def test_threads_share_one_lazy_book():
    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    for i in range(5):
        aggregator.add_exchange_orderbook(f"x{i}", book("X/Y", [(99 - n, 1.0) for n in range(50)], [(200.0, 1.0)]))
    for _ in range(50):
        aggregated = aggregator.aggregate("X/Y", max_levels=50)
        seen = []
        together(lambda i: seen.append((len(aggregated.bids), aggregated.total_bid_depth, aggregated.timestamp)))
        assert set(seen) == {(50, 250.0, datetime(2026, 1, 2, 3, 4, 5))}


def test_threads_share_a_calibrator_with_a_store(tmp_path):
    calibrator = crossbook.FeeLatencyCalibrator(store=tmp_path / "x.db")

    def work(i):
        for _ in range(20):
            calibrator.record_execution("x", "X/Y", "taker", 100.0, 5.0, 20.0, 1.0)
            assert calibrator.get_estimated_fee("x", "taker") == 5.0

    together(work)
    assert calibrator.get_fee_calibration("x").sample_count == 160


def test_threads_share_a_manager_with_a_background_and_a_callback():
    manager, cancelled = crossbook.SpreadThresholdManager(check_interval_seconds=0.001), []
    manager.set_cancel_callback(lambda order, reason: cancelled.append(order.order_id))
    manager.start_monitoring()

    def work(i):
        for n in range(300):
            order = manager.place_order(f"{i}-{n}", "X/Y", "buy", 1.0, 1.0, spread_threshold_bps=float(n % 20))
            manager.update_spread("X/Y", 10000.0, 10000.0 + (i + n) % 30)
            manager.monitor_orders()
            assert order.status in crossbook.OrderStatus
            if n % 7 == 0:
                manager.cancel_order(order.order_id)

    together(work)
    manager.update_spread("X/Y", 1.0, 2.0)
    manager.monitor_orders()
    manager.stop_monitoring()
    manager.monitor_orders()
    assert manager.get_active_orders() == []
    assert sorted(cancelled) == sorted(f"{i}-{n}" for i in range(8) for n in range(300))


def growth(calls, call):
    """Bytes and objects by which so many calls grew the process, after as many to warm up as make pools settle."""
    for _ in range(calls // 20):
        call()
    gc.collect()
    before, objects = resident(), len(gc.get_objects())
    for _ in range(calls):
        call()
    gc.collect()
    return resident() - before, len(gc.get_objects()) - objects


def check_growth(calls, call):
    grown, objects = growth(calls, call)
    assert objects < 100
    # A leak of one small object a call is 16 bytes a call at least.
    assert grown < max(4 << 20, calls * 4), f"{grown} bytes in {calls} calls"


def test_a_million_snapshots_books_and_best_exchanges_leak_nothing():
    aggregator = crossbook.MultiExchangeOrderbookAggregator()
    at = datetime(2026, 1, 1)

    def call():
        aggregator.add_exchange_orderbook("x", crossbook.OrderBookSnapshot(
            "X/Y", at, [crossbook.OrderBookLevel(1.0, 2.0)], [crossbook.OrderBookLevel(1.5, 2.0)]))
        aggregator.get_best_exchange("X/Y", "buy", 1.0)
        assert aggregator.aggregate("X/Y").bids[0].price == 1.0
        try:
            aggregator.get_best_exchange("X/Y", "hold", 1.0)
        except crossbook.InputError:
            pass

    check_growth(CALLS // 4, call)


def test_a_million_executions_and_calibrations_leak_nothing():
    calibrator = crossbook.FeeLatencyCalibrator()
    at = datetime(2026, 1, 1)

    def call():
        calibrator.record_execution("x", "X/Y", "taker", 100.0, 5.0, 20.0, 1.0, timestamp=at)
        calibrator.get_fee_calibration("x")
        calibrator.get_latency_calibration("x")
        calibrator.get_all_calibrations()

    check_growth(CALLS // 4, call)


def test_a_million_orders_and_callbacks_leak_nothing():
    manager = crossbook.SpreadThresholdManager()
    manager.set_cancel_callback(lambda order, reason: order.metadata["note"])
    manager.update_spread("X/Y", 100.0, 110.0)

    def call():
        manager.place_order("1", "X/Y", "buy", 1.0, 1.0, metadata={"note": "text", "odd": [1]})
        manager.update_spread("X/Y", 100.0, 110.0)
        (gone,) = manager.monitor_orders()
        assert gone.status is crossbook.OrderStatus.CANCELLED
        manager.get_spread_snapshot("X/Y")
        manager.clear_old_orders(0)

    check_growth(CALLS // 5, call)


def test_a_hundred_thousand_events_and_tables_leak_nothing():
    def call():
        for _ in crossbook.simulated_market(seed=3, seconds=1):
            pass
        tables = crossbook.simulated_market(seed=3, seconds=1, sizes=[1000.0]).columns()
        tables.best.to_numpy()
        tables.best.__arrow_c_stream__()

    call()
    grown, objects = growth(60, call)
    assert objects < 100 and grown < 4 << 20


def test_the_interpreter_ends_cleanly_while_a_background_runs():
    out = run_python("""
        import crossbook
        managers = []
        for i in range(3):
            manager = crossbook.SpreadThresholdManager(check_interval_seconds=0.0005)
            manager.set_cancel_callback(lambda order, reason: 1 / 0 if False else None)
            for n in range(2000):
                manager.place_order(str(n), "X/Y", "buy", 1.0, 1.0)
            manager.update_spread("X/Y", 1.0, 2.0)
            manager.start_monitoring()
            managers.append(manager)
        print("ends")
    """)
    assert out == "ends\n"


def test_the_interpreter_ends_cleanly_with_an_open_store_and_a_failing_callback(tmp_path):
    out = run_python(f"""
        import crossbook, logging
        logging.disable()
        manager = crossbook.SpreadThresholdManager(check_interval_seconds=0.0005, store={str(tmp_path / "x.db")!r})
        def on_cancel(order, reason):
            raise OSError("no")
        manager.set_cancel_callback(on_cancel)
        manager.place_order("1", "X/Y", "buy", 1.0, 1.0)
        manager.update_spread("X/Y", 1.0, 2.0)
        manager.start_monitoring()
        calibrator = crossbook.FeeLatencyCalibrator(store={str(tmp_path / "x.db")!r})
        calibrator.record_execution("x", "X/Y", "taker", 100.0, 5.0, 20.0, 1.0)
        print("ends")
    """)
    assert out == "ends\n"
    assert crossbook.SpreadThresholdManager(store=tmp_path / "x.db").get_order("1") is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_in_the_child_of_a_fork_threads_are_a_clear_error(tmp_path):
    out = run_python(f"""
        import crossbook, os, sys
        calibrator = crossbook.FeeLatencyCalibrator(store={str(tmp_path / "x.db")!r})
        stored = crossbook.SpreadThresholdManager(store={str(tmp_path / "y.db")!r})
        monitored = crossbook.SpreadThresholdManager(check_interval_seconds=0.0005)
        monitored.start_monitoring()
        plain = crossbook.SpreadThresholdManager()
        order = plain.place_order("1", "X/Y", "buy", 1.0, 1.0)
        if os.fork() == 0:
            for call in (lambda: calibrator.get_fee_calibration("x"), lambda: stored.monitor_orders(),
                         lambda: monitored.update_spread("X/Y", 1.0, 2.0), lambda: stored.get_active_orders()):
                try:
                    call()
                    print("no error")
                except crossbook.ForkError as error:
                    assert "fork" in str(error) and isinstance(error, RuntimeError)
            plain.update_spread("X/Y", 1.0, 2.0)
            print(plain.monitor_orders()[0].reason, order.status.value)
            crossbook.FeeLatencyCalibrator(store={str(tmp_path / "z.db")!r})
            sys.stdout.flush()
            sys.exit(0)
        print("child", os.waitstatus_to_exitcode(os.wait()[1]))
        monitored.stop_monitoring()
    """)
    assert out == "spread_exceeded_threshold cancelled\nchild 0\n"
