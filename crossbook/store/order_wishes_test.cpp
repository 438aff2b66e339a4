// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossbook/store/store_test_tools.hpp"

namespace crossbook::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

OrderIntent intent(std::uint64_t number) {
  OrderIntent intent;
  intent.order = OrderId(number);
  intent.feed = "kraken";
  intent.symbol = intent.raw_symbol = "BTC/USD";
  intent.terms.price = Price(100);
  intent.terms.quantity = Quantity(5);
  return intent;
}

OrderStep step(std::uint64_t number, OrderState to, OrderReason reason = OrderReason::ok) {
  return {OrderId(number), to, reason, Wall(1)};
}

FaceOrder face(const std::string& id, OrderState state) {
  FaceOrder order;
  order.id = id;
  order.symbol = "BTC/USD";
  order.size = 1.0;
  order.filled = 0.25;
  order.state = state;
  order.changed_at = Wall(1);
  return order;
}

void keep(Store& store, const std::vector<OrderRow>& rows) {
  for (const OrderRow& row : rows) ASSERT_TRUE(store.record(row));
  ASSERT_TRUE(store.flush());
}

LiveOrders want_gone(Store& store) {
  const auto orders = store.want_live_orders_gone(OrderReason::manual, Wall(9));
  EXPECT_TRUE(orders);
  return orders.value_or(LiveOrders{});
}

TEST(OrderWishes, EveryLiveOrderOfTheEngineIsCancellingAndNoOther) {
  const TestFolder folder;
  {
    const auto store = opened(folder.file());
    keep(*store, {intent(1), intent(2), step(2, OrderState::active), intent(3), step(3, OrderState::filled), intent(4),
                  step(4, OrderState::unknown)});
    EXPECT_EQ(want_gone(*store).engine, 3);
  }
  const auto store = opened(folder.file());
  const auto live = store->live_orders();
  ASSERT_TRUE(live);
  EXPECT_THAT(*live, ElementsAre(Field(&KeptOrder::state, OrderState::cancelling),
                                 Field(&KeptOrder::state, OrderState::cancelling),
                                 Field(&KeptOrder::state, OrderState::cancelling)));
  EXPECT_EQ((**store->order(OrderId(3))).order.state, OrderState::filled);
  const auto second = store->order(OrderId(2)).value();
  ASSERT_TRUE(second);
  ASSERT_EQ(second->steps.size(), 2U);
  EXPECT_EQ(second->steps[1].to, OrderState::cancelling);
  EXPECT_EQ(second->steps[1].reason, OrderReason::manual);
  EXPECT_EQ(second->steps[1].at, Wall(9));
}

TEST(OrderWishes, AnOrderThatWasToGoAlreadyKeepsItsReason) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  keep(*store, {intent(1), step(1, OrderState::cancelling, OrderReason::order_expired)});
  FaceOrder due = face("due", OrderState::cancelling);
  due.reason_text = "I say so";
  keep(*store, {due});
  const LiveOrders orders = want_gone(*store);
  EXPECT_EQ(orders.engine + orders.face, 2);
  EXPECT_EQ(store->live_orders().value()[0].reason, OrderReason::order_expired);
  EXPECT_EQ(store->order(OrderId(1)).value()->steps.size(), 1U);
  EXPECT_EQ(store->face_orders().value()[0].reason_text, "I say so");
  EXPECT_EQ(store->face_order_history("due").value().size(), 1U);
}

TEST(OrderWishes, AFaceOrderKeepsWhatWasFilledAndItsMetadata) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  FaceOrder order = face("a", OrderState::active);
  order.metadata = {{"note", "mine"}, {"cancel_reason", "old"}, {"tag", std::int64_t{7}}};
  keep(*store, {order, face("b", OrderState::pending), face("c", OrderState::cancelled)});
  EXPECT_EQ(want_gone(*store).face, 2);
  const auto orders = store->face_orders();
  ASSERT_TRUE(orders);
  const FaceOrder& back = orders->at(0);
  EXPECT_EQ(back.state, OrderState::cancelling);
  EXPECT_EQ(back.reason, OrderReason::manual);
  EXPECT_EQ(back.filled, 0.25);
  EXPECT_EQ(back.changed_at, Wall(9));
  EXPECT_EQ(back.metadata, (Metadata{{"note", "mine"}, {"tag", std::int64_t{7}}, {"cancel_reason", "manual"}}));
  EXPECT_EQ(orders->at(1).metadata, (Metadata{{"cancel_reason", "manual"}}));
  EXPECT_EQ(orders->at(2).state, OrderState::cancelled);
  EXPECT_THAT(orders->at(2).metadata, IsEmpty());
  EXPECT_EQ(store->face_order_history("a").value().back().filled, 0.25);
}

TEST(OrderWishes, SaidTwiceIsSaidOnce) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  keep(*store, {intent(1), face("a", OrderState::active)});
  want_gone(*store);
  const LiveOrders again = want_gone(*store);
  EXPECT_EQ(again.engine, 1);
  EXPECT_EQ(again.face, 1);
  EXPECT_EQ(store->order(OrderId(1)).value()->steps.size(), 1U);
  EXPECT_EQ(store->face_order_history("a").value().size(), 2U);
}

TEST(OrderWishes, AStoreOpenedForReadingRefuses) {
  const TestFolder folder;
  ASSERT_NE(opened(folder.file()), nullptr);
  const auto store = opened(folder.file(), {.access = Access::read});
  EXPECT_FALSE(store->want_live_orders_gone(OrderReason::manual, Wall(9)));
}

TEST(Store, IsInUseWhileAnybodyHasItOpen) {
  const TestFolder folder;
  EXPECT_FALSE(in_use(folder.file()));
  auto store = opened(folder.file());
  EXPECT_TRUE(in_use(folder.file()));
  store.reset();
  EXPECT_FALSE(in_use(folder.file()));
  store = opened(folder.file(), {.access = Access::read});
  EXPECT_TRUE(in_use(folder.file()));
}

}  // namespace
}  // namespace crossbook::store
