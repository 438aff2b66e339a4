// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "crossbook/store/store.hpp"

namespace crossbook::store {

// A folder of its own that ends with the test.
class TestFolder {
 public:
  TestFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "crossbook_store_XXXXXX").string();
    path_ = mkdtemp(path.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const char* name = "crossbook.db") const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The nth fill: trade "n", a minute after the one before.
inline Fill nth_fill(std::int64_t n) {
  return {.exchange = n % 3 == 0 ? "kraken" : "binance",
          .symbol = n % 2 == 0 ? "BTC/USDT" : "ETH/USDT",
          .trade_id = std::to_string(n),
          .order_id = {},
          .price = 50'000.5,
          .execution = {.role = n % 5 == 0 ? Role::maker : Role::taker,
                        .at = Wall(1'750'000'000'000'000'000 + n * 60'000'000'000),
                        .fee = MicroBps(n % 5 == 0 ? -1'000'000 : 5'000'000 + n % 7),
                        .notional = 1'000'000 * (n + 1),
                        .latency = milliseconds(40 + n % 13)}};
}

inline std::unique_ptr<Store> opened(const std::string& path, StoreOptions options = {}) {
  auto store = open_store(path, options);
  if (!store) ADD_FAILURE() << store.error();
  return store ? std::move(*store) : nullptr;
}

}  // namespace crossbook::store
