// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/order_rows.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "crossbook/store/migrations.hpp"
#include "crossbook/store/store_test_tools.hpp"

namespace crossbook::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OrderIntent intent(std::uint64_t number) {
  return {.order = OrderId(number),
          .client = "mine \"" + std::to_string(number) + "\"",
          .feed = "kraken-v1",
          .raw_symbol = "XBT/USD",
          .symbol = "BTC/USD",
          .terms = {.listing = {},
                    .action = Action::sell,
                    .type = OrderType::post_only,
                    .price = Price(6'425'010),
                    .quantity = Quantity(100),
                    .price_scale = 2,
                    .quantity_scale = 8},
          .limits = {.watched = WatchedSpread::own_venue,
                     .spread_max = MicroBps(5'000'000),
                     .dwell = Nanos(7),
                     .expires_at = Wall(1'750'000'000'000'000'009),
                     .age_max = Nanos(11),
                     .data_age_max = Nanos(13)},
          .placed_at = Wall(1'750'000'000'000'000'001)};
}

OrderExecution execution(std::uint64_t order, std::uint64_t trade, std::int64_t quantity) {
  return {.order = OrderId(order),
          .fill = {.trade = trade,
                   .price = Price(6'425'010),
                   .quantity = Quantity(quantity),
                   .role = Role::maker,
                   .fee_rate = MicroBps(-1),
                   .fee = -5},
          .at = Wall(21)};
}

void keep(Store& store, const std::vector<OrderRow>& rows) {
  for (const OrderRow& row : rows) ASSERT_TRUE(store.record(row));
  ASSERT_TRUE(store.flush());
}

std::vector<std::uint64_t> live_numbers(Store& store) {
  std::vector<std::uint64_t> numbers;
  const auto live = store.live_orders();
  EXPECT_TRUE(live);
  for (const KeptOrder& order : *live) numbers.push_back(static_cast<std::uint64_t>(order.intent.order));
  return numbers;
}

TEST(OrderRows, GiveBackEveryFieldOfAnIntent) {
  const TestFolder folder;
  keep(*opened(folder.file()), {intent(1)});
  const auto live = opened(folder.file())->live_orders();
  ASSERT_TRUE(live);
  ASSERT_EQ(live->size(), 1U);
  const OrderIntent given = intent(1);
  const OrderIntent& back = live->front().intent;
  EXPECT_EQ(back.order, OrderId(1));
  EXPECT_EQ(back.client, given.client);
  EXPECT_EQ(back.feed, "kraken-v1");
  EXPECT_EQ(back.raw_symbol, "XBT/USD");
  EXPECT_EQ(back.symbol, "BTC/USD");
  EXPECT_EQ(back.terms.action, Action::sell);
  EXPECT_EQ(back.terms.type, OrderType::post_only);
  EXPECT_EQ(back.terms.price, given.terms.price);
  EXPECT_EQ(back.terms.quantity, given.terms.quantity);
  EXPECT_EQ(back.terms.price_scale, 2);
  EXPECT_EQ(back.terms.quantity_scale, 8);
  EXPECT_EQ(back.limits.watched, WatchedSpread::own_venue);
  EXPECT_EQ(back.limits.spread_max, given.limits.spread_max);
  EXPECT_EQ(back.limits.dwell, given.limits.dwell);
  EXPECT_EQ(back.limits.expires_at, given.limits.expires_at);
  EXPECT_EQ(back.limits.age_max, given.limits.age_max);
  EXPECT_EQ(back.limits.data_age_max, given.limits.data_age_max);
  EXPECT_EQ(back.placed_at, given.placed_at);
  EXPECT_EQ(live->front().state, OrderState::pending);
  EXPECT_EQ(live->front().filled, Quantity(0));
}

// What the journal of a paper session keeps of each match, among fills that were imported.
TEST(OrderRows, AreNotTheOriginOfFillsFromOutside) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  const auto learn = [&](std::int64_t n, const char* trade, const char* order) {
    Fill fill = nth_fill(n);
    fill.trade_id = trade;
    fill.order_id = order;
    ASSERT_TRUE(store->record(fill));
  };
  learn(1, "7", "");
  keep(*store, {intent(12), execution(12, 3, 50)});
  learn(2, "12-3", "12");
  learn(3, "12-4", "12");    // none of its matches
  learn(9, "12-3", "A-12");  // on another exchange
  learn(5, "13-3", "13");
  std::vector<std::string> outside;
  ASSERT_TRUE(store->flush());
  ASSERT_TRUE(store->replay_outside([&](const Fill& fill) { outside.push_back(fill.trade_id + " " + fill.order_id); }));
  EXPECT_THAT(outside, ElementsAre("7 ", "12-4 12", "12-3 A-12", "13-3 13"));
}

TEST(OrderRows, KeepNoLimitApartFromALimitOfZero) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  OrderIntent none = intent(1);
  none.limits = {};
  OrderIntent zero = intent(2);
  zero.limits.spread_max = MicroBps(0);
  keep(*store, {none, zero});
  const auto live = store->live_orders();
  ASSERT_TRUE(live);
  EXPECT_FALSE((*live)[0].intent.limits.spread_max);
  EXPECT_FALSE((*live)[0].intent.limits.expires_at);
  EXPECT_FALSE((*live)[0].intent.limits.age_max);
  EXPECT_FALSE((*live)[0].intent.limits.data_age_max);
  EXPECT_EQ((*live)[1].intent.limits.spread_max, MicroBps(0));
}

TEST(OrderRows, OnlyOrdersWithoutAnEndStateAreLive) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  const OrderState states[] = {OrderState::pending, OrderState::active,  OrderState::cancelling, OrderState::cancelled,
                               OrderState::filled,  OrderState::expired, OrderState::rejected,   OrderState::unknown};
  for (std::uint64_t n = 0; n < 8; ++n)
    keep(*store, {intent(n + 1), OrderStep{OrderId(n + 1), states[n], OrderReason::manual, Wall(5)}});
  EXPECT_THAT(live_numbers(*store), ElementsAre(1, 2, 3, 8));
  const auto live = store->live_orders();
  EXPECT_EQ((*live)[2].state, OrderState::cancelling);
  EXPECT_EQ((*live)[2].reason, OrderReason::manual);
}

TEST(OrderRows, CountTheSameTradeOfAnOrderOnce) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  keep(*store, {intent(1), intent(2), execution(1, 70, 40), execution(1, 71, 2), execution(1, 70, 40),
                execution(2, 70, 9), execution(1, UINT64_MAX, 1)});
  const auto live = store->live_orders();
  ASSERT_TRUE(live);
  EXPECT_EQ((*live)[0].filled, Quantity(43));
  EXPECT_EQ((*live)[1].filled, Quantity(9));
  const auto first = store->order(OrderId(1));
  ASSERT_TRUE(first && *first);
  ASSERT_EQ((*first)->executions.size(), 3U);
  EXPECT_EQ((*first)->executions[2].fill.trade, UINT64_MAX);
}

TEST(OrderRows, ALateFillOfAnEndedOrderIsKeptAndCounted) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  OrderExecution large = execution(1, 1, 60);
  large.fill.fee = static_cast<Wide>(INT64_MAX) * 1'000;
  keep(*store, {intent(1), OrderStep{OrderId(1), OrderState::active, OrderReason::ok, Wall(1)},
                OrderStep{OrderId(1), OrderState::cancelled, OrderReason::order_expired, Wall(2)}, large});
  EXPECT_THAT(live_numbers(*store), IsEmpty());
  const auto history = store->order(OrderId(1));
  ASSERT_TRUE(history && *history);
  EXPECT_EQ((*history)->order.state, OrderState::cancelled);
  EXPECT_EQ((*history)->order.reason, OrderReason::order_expired);
  EXPECT_EQ((*history)->order.filled, Quantity(60));
  ASSERT_EQ((*history)->steps.size(), 2U);
  EXPECT_EQ((*history)->steps[0].to, OrderState::active);
  EXPECT_EQ((*history)->steps[1].at, Wall(2));
  const OrderFill& fill = (*history)->executions[0].fill;
  EXPECT_TRUE(fill.fee == large.fill.fee);
  EXPECT_EQ(fill.price, large.fill.price);
  EXPECT_EQ(fill.role, Role::maker);
  EXPECT_EQ(fill.fee_rate, MicroBps(-1));
  EXPECT_EQ((*history)->executions[0].at, Wall(21));
}

TEST(OrderRows, ANumberIsNeverGivenTwice) {
  const TestFolder folder;
  {
    const auto store = opened(folder.file());
    EXPECT_EQ(store->next_order().value(), OrderId(1));
    keep(*store,
         {intent(1), intent(41), OrderStep{OrderId(41), OrderState::rejected, OrderReason::would_take, Wall(1)}});
  }
  const auto store = opened(folder.file());
  EXPECT_EQ(store->next_order().value(), OrderId(42));
  OrderIntent again = intent(41);
  again.client = "another";
  ASSERT_TRUE(store->record(intent(42)));
  ASSERT_TRUE(store->record(again));
  EXPECT_THAT(store->flush().error(), testing::HasSubstr("order 41 is there already"));
  EXPECT_FALSE(store->healthy());
  EXPECT_FALSE(store->order(OrderId(42)).value()) << "nothing of the same transaction is kept";
  EXPECT_EQ((**store->order(OrderId(41))).order.intent.client, intent(41).client);
}

TEST(OrderRows, TheHistoryOfAllIsInOrderOfNumbers) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  keep(*store, {intent(3), intent(1), execution(3, 1, 4), intent(2)});
  std::vector<std::uint64_t> numbers;
  std::vector<std::size_t> executions;
  ASSERT_TRUE(store->each_order(OrderId(1), [&](const OrderHistory& history) {
    numbers.push_back(static_cast<std::uint64_t>(history.order.intent.order));
    executions.push_back(history.executions.size());
  }));
  EXPECT_THAT(numbers, ElementsAre(2, 3));
  EXPECT_THAT(executions, ElementsAre(0, 1));
  EXPECT_FALSE(store->order(OrderId(9)).value());
}

TEST(OrderRows, ATicketIsAskedForWithoutWaiting) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  EXPECT_EQ(store->on_disk(), Ticket{0});
  const auto first = store->record(intent(1));
  ASSERT_TRUE(first);
  ASSERT_TRUE(store->record(nth_fill(1)));
  const auto last = store->record(execution(1, 1, 1));
  ASSERT_TRUE(last);
  ASSERT_TRUE(store->wait(*last));
  EXPECT_EQ(store->on_disk(), *last);
  EXPECT_LT(*first, *last);
  EXPECT_TRUE(store->healthy());
  EXPECT_EQ(store->counts().kept, 1);
}

TEST(OrderRows, AnErrorOfWritingShowsWithoutWaiting) {
  const TestFolder folder;
  const auto store = opened(folder.file(), {.pages_max = 50});
  for (std::uint64_t n = 1; n < 100'000 && store->healthy(); ++n) {
    if (const auto ticket = store->record(intent(n)); !ticket || !store->wait(*ticket)) break;
  }
  ASSERT_FALSE(store->healthy());
  EXPECT_THAT(store->healthy().error(), testing::HasSubstr("full; make room"));
  EXPECT_FALSE(store->record(intent(1)));
}

FaceOrder face_order(const std::string& id) {
  return {.id = id,
          .symbol = "BTC/USDT",
          .action = Action::buy,
          .order_type = "limit",
          .price = 0.1,
          .size = std::bit_cast<double>(std::bit_cast<std::uint64_t>(1.0) + 1),
          .filled = 5e-324,
          .spread_threshold_bps = 5.0,
          .exchange = "kraken",
          .created_at = Wall(1'750'000'000'000'000'001),
          .expires_at = {},
          .state = OrderState::pending,
          .reason = OrderReason::ok,
          .reason_text = {},
          .changed_at = Wall(2),
          .metadata = {{"note", "caf\u00e9"},
                       {"none", std::monostate()},
                       {"flag", true},
                       {"count", std::int64_t{1} << 62},
                       {"whole", 3.0},
                       {"empty", ""}}};
}

TEST(OrderRows, AFaceOrderComesBackBitForBitAsItIsNow) {
  const TestFolder folder;
  FaceOrder order = face_order("order_123");
  {
    const auto store = opened(folder.file());
    keep(*store, {order, face_order("another")});
    order.state = OrderState::cancelled;
    order.reason_text = "I say so";
    order.reason = OrderReason::manual;
    order.expires_at = Wall(9);
    order.changed_at = Wall(10);
    order.metadata.pop_back();
    keep(*store, {order});
  }
  const auto store = opened(folder.file());
  const auto orders = store->face_orders();
  ASSERT_TRUE(orders);
  ASSERT_EQ(orders->size(), 2U);
  const FaceOrder& back = orders->front();
  EXPECT_EQ(back.id, "order_123");
  EXPECT_EQ(back.symbol, order.symbol);
  EXPECT_EQ(back.action, order.action);
  EXPECT_EQ(back.order_type, "limit");
  EXPECT_EQ(back.price, order.price);
  EXPECT_EQ(back.size, order.size);
  EXPECT_EQ(back.filled, order.filled);
  EXPECT_EQ(back.spread_threshold_bps, 5.0);
  EXPECT_EQ(back.exchange, "kraken");
  EXPECT_EQ(back.created_at, order.created_at);
  EXPECT_EQ(back.expires_at, Wall(9));
  EXPECT_EQ(back.state, OrderState::cancelled);
  EXPECT_EQ(back.reason, OrderReason::manual);
  EXPECT_EQ(back.reason_text, "I say so");
  EXPECT_EQ(back.changed_at, Wall(10));
  EXPECT_EQ(back.metadata, order.metadata);
  const auto steps = store->face_order_history("order_123");
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 2U);
  EXPECT_EQ((*steps)[0].state, OrderState::pending);
  EXPECT_EQ((*steps)[1].state, OrderState::cancelled);
  EXPECT_EQ((*steps)[1].reason_text, "I say so");
}

TEST(OrderRows, AForgottenFaceOrderKeepsItsHistory) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  keep(*store, {face_order("a"), FaceOrderForgotten{"a"}});
  EXPECT_THAT(store->face_orders().value(), IsEmpty());
  EXPECT_EQ(store->face_order_history("a").value().size(), 1U);
}

TEST(OrderRows, AFileOfTheFirstSchemaIsBroughtUpAndKeepsItsFills) {
  const TestFolder folder;
  {
    SQLite::Database old(folder.file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec(migrations()[0]);
    old.exec("INSERT INTO exchanges VALUES (1, 'kraken')");
    old.exec("INSERT INTO markets VALUES (1, 1, 'BTC/USD')");
    old.exec(
        "INSERT INTO executions (exchange, market, at_ns, role, price, notional, fee_rounding_micro_bps) "
        "VALUES (1, 1, 5, 0, 1.5, 7, 0)");
    old.exec("PRAGMA application_id = 1129464403");  // "CRBS"
    old.exec("PRAGMA user_version = 1");
  }
  const auto store = opened(folder.file());
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->executions().value(), 1);
  keep(*store, {intent(1)});
  EXPECT_THAT(live_numbers(*store), ElementsAre(1));
}

}  // namespace
}  // namespace crossbook::store
