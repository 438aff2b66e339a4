// SPDX-License-Identifier: Apache-2.0
//
// The scanner against simdjson: the first byte chooses one of eight feeds, the rest is the frame. Both paths must come
// to the same result and the same events.
#include <array>
#include <string>

#include "crossbook/core/check.hpp"
#include "crossbook/venue/path_outcome_test_tools.hpp"

namespace {

using namespace crossbook;

constexpr std::array feed_names{"binance", "binance-us", "binance-usdm", "binance-coinm",
                                "okx",     "okcoin",     "bybit-spot",   "bybit-linear"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size == 0) return 0;
  venue::BothPaths paths(feed_names[bytes[0] % feed_names.size()]);
  const std::string_view text = std::string_view(reinterpret_cast<const char*>(bytes), size).substr(1);
  const std::string padded = std::string(text) + std::string(frame_padding, '}');
  const std::string_view frame = std::string_view(padded).substr(0, text.size());
  // Twice: the scanner leaves the first frame of a symbol to simdjson, which makes the listing.
  for (int turn = 0; turn < 2; ++turn) CROSSBOOK_ASSERT(paths.shipped.outcome(frame) == paths.oracle.outcome(frame));
  return 0;
}
