// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/decimal.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "crossbook/core/crc32.hpp"

namespace crossbook {
namespace {

Errc error_of(std::string_view text, int scale) {
  const auto result = parse_decimal(text, scale);
  EXPECT_FALSE(result.has_value()) << text;
  return result.error().code;
}

TEST(Decimal, ReadsTextExactlyAtAScale) {
  EXPECT_EQ(parse_decimal("64250.10", 2).value(), 6425010);
  EXPECT_EQ(parse_decimal("64250.10000000", 2).value(), 6425010);
  EXPECT_EQ(parse_decimal("5", 8).value(), 500000000);
  EXPECT_EQ(parse_decimal("-0.5", 1).value(), -5);
  EXPECT_EQ(parse_decimal("0", 0).value(), 0);
  EXPECT_EQ(parse_decimal("1.1e-7", 8).value(), 11);
  EXPECT_EQ(parse_decimal("2.2e3", 0).value(), 2200);
  EXPECT_EQ(parse_decimal("2.2E+3", 1).value(), 22000);
  EXPECT_EQ(parse_decimal("9223372036854775807", 0).value(), std::numeric_limits<std::int64_t>::max());
}

TEST(Decimal, RefusesADigitBelowTheScaleInsteadOfRounding) {
  EXPECT_EQ(error_of("0.001", 2), Errc::inexact);
  EXPECT_EQ(error_of("1e-9", 8), Errc::inexact);
}

TEST(Decimal, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of("9223372036854775808", 0), Errc::overflow);
  EXPECT_EQ(error_of("9223372036854775.807", 6), Errc::overflow);
  EXPECT_EQ(error_of("1e400", 0), Errc::overflow);
  EXPECT_EQ(parse_decimal_wide("5993289.3307998270042192", 16).value(),
            static_cast<Wide>(59932893307998270) * 1000000 + 42192);
}

TEST(Decimal, RefusesWhatIsNotANumber) {
  for (const char* text : {"", "-", ".", "1.", "+1", " 1", "1 ", "1e", "1e+", "0x1", "1,5", "nan", "--1", "1.2.3"})
    EXPECT_EQ(error_of(text, 4), Errc::malformed) << text;
}

TEST(Decimal, TellsWhatATextNeedsAndHowItWasWritten) {
  EXPECT_EQ(decimal_shape("0.02800").value(), (DecimalShape{3, 5}));
  EXPECT_EQ(decimal_shape("64250").value(), (DecimalShape{0, 0}));
  EXPECT_EQ(decimal_shape("0.00000000").value(), (DecimalShape{0, 8}));
  EXPECT_EQ(decimal_shape("5e-7").value(), (DecimalShape{7, 7}));
  EXPECT_EQ(decimal_shape("1500e-2").value(), (DecimalShape{0, 2}));
  EXPECT_EQ(decimal_shape("1e3").value(), (DecimalShape{0, 0}));
}

TEST(Decimal, WritesCanonicalText) {
  EXPECT_EQ(format_decimal(6425010, 2), "64250.1");
  EXPECT_EQ(format_decimal(5, 8), "0.00000005");
  EXPECT_EQ(format_decimal(-500, 2), "-5");
  EXPECT_EQ(format_decimal(0, 8), "0");
  EXPECT_EQ(format_decimal(1200, 0), "1200");
}

RC_GTEST_PROP(Decimal, WritesWhatItReads, ()) {
  const auto count = *rc::gen::arbitrary<std::int64_t>();
  const int scale = *rc::gen::inRange(0, scale_max + 1);
  const std::string text = format_decimal(count, scale);
  RC_ASSERT(parse_decimal(text, scale).value() == count);
  RC_ASSERT(text.find_first_of("eE+") == std::string::npos);
  RC_ASSERT(text.find('.') == std::string::npos || text.back() != '0');
}

// The careful path is the oracle of the quick one: the same text with an exponent of zero goes through it.
RC_GTEST_PROP(Decimal, QuickAndCarefulReadingAgree, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789.-")));
  const int scale = *rc::gen::inRange(0, scale_max + 1);
  const auto quick = parse_decimal(text, scale);
  const auto careful = parse_decimal(text + "e0", scale);
  RC_ASSERT(quick.has_value() == careful.has_value());
  if (quick) RC_ASSERT(quick.value() == careful.value());
  else RC_ASSERT(quick.error().code == careful.error().code);
}

TEST(Decimal, RescalesExactlyOrNotAtAll) {
  EXPECT_EQ(rescale(12, 1, 3).value(), 1200);
  EXPECT_EQ(rescale(1200, 3, 1).value(), 12);
  EXPECT_EQ(rescale(1201, 3, 1).error().code, Errc::inexact);
  EXPECT_EQ(rescale(std::numeric_limits<std::int64_t>::max(), 0, 1).error().code, Errc::overflow);
}

TEST(Crc32, MatchesThePublishedCheckValue) {
  EXPECT_EQ(Crc32().update("123456789").value(), 0xCBF43926U);
  EXPECT_EQ(Crc32().update("1234567").update("").update("89").value(), 0xCBF43926U);
  // Bitfinex's documented example, as a signed number.
  EXPECT_EQ(static_cast<std::int32_t>(Crc32().update("6000:1:6100:-3:5900:2:6200:-4").value()), 1756193398);
}

}  // namespace
}  // namespace crossbook
