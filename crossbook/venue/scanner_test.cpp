// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/scanner.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crossbook/venue/path_outcome_test_tools.hpp"

namespace crossbook::venue {
namespace {

constexpr std::array feed_names{"binance", "binance-usdm", "binance-coinm", "okx", "bybit-spot"};

std::string padded(std::string_view frame, char padding) {
  return std::string(frame) + std::string(frame_padding, padding);
}

// Frames as the venues write them, with these levels.
std::string frame_of(std::string_view feed_name, const std::string& bids, const std::string& asks, bool raw = false) {
  if (feed_name == "okx")
    return R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[)" + asks +
           R"(],"bids":[)" + bids +
           R"(],"ts":"1597026383085","checksum":-855196043,"prevSeqId":123456,"seqId":123457}]})";
  if (feed_name == "bybit-spot")
    return R"({"topic":"orderbook.200.BTCUSDT","ts":1786310816618,"type":"delta","data":{"s":"BTCUSDT","b":[)" + bids +
           R"(],"a":[)" + asks + R"(],"u":62505425,"seq":112488545865},"cts":1786310816585})";
  const bool futures = feed_name != "binance";
  const std::string inner = R"({"e":"depthUpdate","E":1672515782136,)" +
                            std::string(futures ? R"("T":1672515782135,)" : "") + R"("s":"BTCUSDT",)" +
                            (feed_name == "binance-coinm" ? R"("ps":"BTCUSD",)" : "") + R"("U":157,"u":160,)" +
                            (futures ? R"("pu":149,)" : "") + R"("b":[)" + bids + R"(],"a":[)" + asks + "]}";
  return raw ? inner : R"({"stream":"btcusdt@depth@100ms","data":)" + inner + "}";
}

rc::Gen<std::string> digits(int most) {
  return rc::gen::mapcat(rc::gen::inRange(1, most + 1), [](int n) {
    return rc::gen::container<std::string>(static_cast<std::size_t>(n),
                                           rc::gen::inRange('0', static_cast<char>('9' + 1)));
  });
}

// Mostly a decimal of one common shape, some of any length, a few that are none.
rc::Gen<std::string> number() {
  const auto decimal = [](int whole, int fraction) {
    return rc::gen::map(rc::gen::pair(digits(whole), digits(fraction)),
                        [](const auto& parts) { return parts.first + "." + parts.second; });
  };
  const auto fixed = rc::gen::map(rc::gen::inRange(0, 99'999'999), [](int fraction) {
    std::string text = std::to_string(fraction);
    return "61837." + std::string(8 - text.size(), '0') + text;
  });
  return rc::gen::weightedOneOf<std::string>(
      {{20, fixed},
       {4, decimal(5, 8)},
       {3, decimal(20, 12)},
       {3, digits(10)},
       {1, rc::gen::element<std::string>("0", "0.00000000", "1e3", "1.5E-3", "-1", "+1", "", "1.", ".5", " 1", "1 ",
                                         "00", "99999999.99999999", "100000000.00000000", "92233720368.54775807", "1_0",
                                         "\\u0031")}});
}

rc::Gen<std::string> side(std::string_view feed_name) {
  const std::string tail = feed_name == "okx" ? R"(","0","13"])" : R"("])";
  const auto row = rc::gen::map(rc::gen::pair(number(), number()), [tail](const auto& numbers) {
    return "[\"" + numbers.first + "\",\"" + numbers.second + tail;
  });
  return rc::gen::map(rc::gen::resize(60, rc::gen::container<std::vector<std::string>>(row)), [](const auto& rows) {
    std::string text;
    for (const std::string& one : rows) text += (text.empty() ? "" : ",") + one;
    return text;
  });
}

std::string mutated(std::string frame) {
  const int changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes && !frame.empty(); ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(frame.size())));
    const char byte =
        *rc::gen::oneOf(rc::gen::element('"', ',', '[', ']', '{', '}', ':', '.', '-', ' ', '\\', '0', '9', '\n'),
                        rc::gen::arbitrary<char>());
    switch (*rc::gen::inRange(0, 5)) {
      case 0: frame[at] = byte; break;
      case 1: frame.insert(at, 1, byte); break;
      case 2: frame.erase(at, 1); break;
      case 3: frame.insert(at, frame.substr(at, 12)); break;
      default: frame.resize(at); break;
    }
  }
  return frame;
}

RC_GTEST_PROP(Scanner, DecodesAnyFrameAsSimdjsonDoes, ()) {
  const std::string feed_name = *rc::gen::elementOf(feed_names);
  BothPaths paths(feed_name);
  // The scanner reads only listings that are there; the first frame makes one.
  const std::string first = padded(frame_of(feed_name, "", ""), '}');
  const auto first_size = first.size() - frame_padding;
  RC_ASSERT(paths.shipped.outcome(std::string_view(first).substr(0, first_size)) ==
            paths.oracle.outcome(std::string_view(first).substr(0, first_size)));
  for (int i = 0; i < 3; ++i) {
    const std::string frame =
        mutated(frame_of(feed_name, *side(feed_name), *side(feed_name), *rc::gen::inRange(0, 4) == 0));
    const std::string bytes = padded(frame, *rc::gen::element('}', '"', '0', ']', '\0'));
    RC_LOG(frame);
    RC_ASSERT(paths.shipped.outcome(std::string_view(bytes).substr(0, frame.size())) ==
              paths.oracle.outcome(std::string_view(bytes).substr(0, frame.size())));
  }
}

bool scans(std::string_view feed_name, Context& context, std::string_view frame, EventBatch& batch) {
  if (feed_name == "okx") return scan_okx(context, frame, batch);
  if (feed_name == "bybit-spot") return scan_bybit(context, frame, batch);
  return scan_binance(context, frame, feed_name != "binance", batch);
}

TEST(Scanner, ReadsTheFramesThatItIsMadeForByItself) {
  for (const std::string_view feed_name : feed_names) {
    SCOPED_TRACE(feed_name);
    PathUnderTest path(feed_name, feed(find_feed(feed_name).value()).decode);
    const std::string tail = feed_name == "okx" ? R"(","0","4"])" : R"("])";
    std::string rows;
    for (const char* price : {"61837.63000000", "61837.64000000", "61837.65000000", "30261", "0.0024", "123456789.5"})
      rows += (rows.empty() ? "" : ",") + std::string("[\"") + price + "\",\"1.54698000" + tail;
    for (const bool raw : {false, true}) {
      const std::string frame = frame_of(feed_name, rows, rows, raw);
      const std::string bytes = padded(frame, '}');
      const std::string_view view = std::string_view(bytes).substr(0, frame.size());
      (void)path.outcome(view);
      path.batch.clear();
      EXPECT_TRUE(scans(feed_name, path.context, view, path.batch));
      EXPECT_EQ(path.batch.bids.size(), 6U);
      EXPECT_EQ(path.batch.bids.at(0), (Level{Price(61837'63000000), Quantity(1'54698000)}));
      EXPECT_EQ(path.batch.asks.at(5).price, Price(123456789'50000000));
    }
  }
}

TEST(Scanner, LeavesNothingBehindWhenItMeetsASurprise) {
  PathUnderTest path("binance", feed(find_feed("binance").value()).decode);
  const std::string frame = frame_of("binance", R"(["1.5","2.5"])", R"(["1.6","2.5"] )");
  const std::string bytes = padded(frame, '}');
  const std::string_view view = std::string_view(bytes).substr(0, frame.size());
  (void)path.outcome(view);
  path.batch.clear();
  path.context.named.reset();
  EXPECT_FALSE(scan_binance(path.context, view, false, path.batch));
  EXPECT_TRUE(path.batch.bids.empty());
  EXPECT_TRUE(path.batch.books.empty());
  EXPECT_EQ(path.batch.kind, FrameKind::unknown);
  EXPECT_EQ(path.context.named, std::nullopt);
}

}  // namespace
}  // namespace crossbook::venue
