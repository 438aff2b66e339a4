// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <string>

#include "commands.hpp"
#include "crossbook/store/store.hpp"
#include "orders_text.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::string store = "crossbook.db";
  std::string id;
  bool all = false;
  bool json = false;
};

Exit failed(const std::string& what) {
  fmt::print(stderr, "crossbook: {}\n", what);
  return Exit::usage;
}

// Prints as it goes: a store may hold millions of ended orders.
class List {
 public:
  explicit List(bool json) : json_(json) {
    if (json_) fmt::print("{{\"orders\": [");
  }
  template <class Order>
  void add(const Order& order) {
    if (json_) fmt::print("{}{}", count_ == 0 ? "\n" : ",\n", order_json(order).dump());
    else fmt::print("{}{}", count_ == 0 ? orders_head() : "", order_line(order));
    ++count_;
  }
  void end(bool all) const {
    if (json_) fmt::print("{}]}}\n", count_ == 0 ? "" : "\n");
    else if (count_ == 0) fmt::print("{}\n", all ? "no orders" : "no live orders");
  }

 private:
  bool json_;
  std::size_t count_ = 0;
};

sys::Status list_engine(store::Store& store, bool all, List& list) {
  if (all) return store.each_order(OrderId(0), [&](const store::OrderHistory& history) { list.add(history.order); });
  const auto live = store.live_orders();
  if (!live) return sys::fault(live.error());
  for (const store::KeptOrder& order : *live) list.add(order);
  return {};
}

Exit run_list(store::Store& store, const Options& options) {
  const auto face = store.face_orders();
  if (!face) return failed(face.error());
  List list(options.json);
  const auto listed = list_engine(store, options.all, list);
  for (const store::FaceOrder& order : *face)
    if (options.all || !ended(order.state)) list.add(order);
  list.end(options.all);
  return listed ? Exit::ok : failed(listed.error());
}

sys::Outcome<std::optional<store::OrderHistory>> of_engine(store::Store& store, const std::string& id) {
  std::uint64_t number = 0;
  const char* end = id.data() + id.size();
  const auto read = std::from_chars(id.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number > INT64_MAX) return std::nullopt;
  return store.order(OrderId(number));
}

sys::Outcome<std::optional<FaceOrderHistory>> of_manager(store::Store& store, const std::string& id) {
  auto steps = store.face_order_history(id);
  if (!steps) return sys::fault(steps.error());
  if (steps->empty()) return std::nullopt;
  const auto orders = store.face_orders();
  if (!orders) return sys::fault(orders.error());
  FaceOrderHistory history{.order = {}, .forgotten = true, .steps = std::move(*steps)};
  history.order.id = id;
  for (const store::FaceOrder& order : *orders) {
    if (order.id != id) continue;
    history.order = order;
    history.forgotten = false;
  }
  return history;
}

Exit run_one(store::Store& store, const Options& options) {
  const auto engine = of_engine(store, options.id);
  if (!engine) return failed(engine.error());
  const auto manager = of_manager(store, options.id);
  if (!manager) return failed(manager.error());
  if (!*engine && !*manager)
    return failed(
        fmt::format("{}: no order {}; crossbook orders --all lists those that there are", options.store, options.id));
  auto histories = nlohmann::ordered_json::array();
  const auto show = [&](const auto& history) {
    if (!history) return;
    if (options.json) histories.push_back(history_json(*history));
    else fmt::print("{}", history_text(*history));
  };
  show(*engine);
  show(*manager);
  if (options.json) fmt::print("{}\n", nlohmann::ordered_json{{"orders", std::move(histories)}}.dump(1));
  return Exit::ok;
}

Exit run(const Options& options) {
  const auto store = store::open_store(options.store, {.access = store::Access::read});
  if (!store) return failed(store.error());
  return options.id.empty() ? run_list(**store, options) : run_one(**store, options);
}

}  // namespace

void add_orders(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("orders", "Orders that a store keeps: live ones, all, or what became of one");
  auto options = std::make_shared<Options>();
  if (const char* path = std::getenv("CROSSBOOK_STORE")) options->store = path;
  command->add_option("id", options->id, "Everything that happened to this order");
  command->add_option("--store", options->store, "The store's file (default: $CROSSBOOK_STORE)")->capture_default_str();
  command->add_flag("--all", options->all, "Ended ones, too");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
