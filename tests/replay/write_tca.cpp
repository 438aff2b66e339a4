// SPDX-License-Identifier: Apache-2.0
// write_tca STORE SEED ORDERS: a store with everything that performance tracking keeps, from a market that wanders.
#include <cstdio>
#include <cstdlib>

#include "crossbook/store/store.hpp"
#include "crossbook/tca/tca_test_tools.hpp"

int main(int argc, char** argv) {
  using namespace crossbook;
  if (argc != 4) {
    std::fprintf(stderr, "usage: write_tca STORE SEED ORDERS\n");
    return 2;
  }
  tca::Market market({{"a", MicroBps(10'000'000), milliseconds(15), 10},
                      {"b", MicroBps(-1'000'000), milliseconds(35), 1, 100},
                      {"c", MicroBps(26'000'000), milliseconds(60), 5, 0, 1'000'000}});
  tca::wander(market, 3, std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
  market.finish();
  auto store = store::open_store(argv[1]);
  if (!store || !(*store)->record(market.rows()) || !(*store)->flush()) {
    std::fprintf(stderr, "write_tca: %s cannot be written\n", argv[1]);
    return 1;
  }
  return 0;
}
