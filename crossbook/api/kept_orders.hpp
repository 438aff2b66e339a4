// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "crossbook/api/order_store.hpp"

namespace crossbook {

// Orders in a file of SQLite, for SpreadThresholdManagerOptions::store. Opens the file, or makes it; it may be the one
// that holds executions. Throws std::runtime_error that names the file and the way out.
//   SpreadThresholdManager manager({.store = open_orders("crossbook.db")});
[[nodiscard]] std::shared_ptr<OrderStore> open_orders(const std::string& path);

}  // namespace crossbook
