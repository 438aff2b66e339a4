// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/url.hpp"

#include <gmock/gmock.h>

namespace crossbook::sys {
namespace {

TEST(Url, SaysSchemePortAndTarget) {
  const Url url = parse_url("wss://stream.binance.com:9443/ws?a=1#part").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.endpoint, (Endpoint{"stream.binance.com", 9443}));
  EXPECT_EQ(url.target, "/ws?a=1");
  EXPECT_EQ(url.host_line, "stream.binance.com:9443");
}

TEST(Url, FillsInWhatIsUsual) {
  const Url secure = parse_url("https://api.kraken.com").value();
  EXPECT_EQ(secure.endpoint.port, 443);
  EXPECT_EQ(secure.target, "/");
  EXPECT_EQ(secure.host_line, "api.kraken.com");
  const Url plain = parse_url("ws://[::1]?x").value();
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.endpoint, (Endpoint{"::1", 80}));
  EXPECT_EQ(plain.target, "/?x");
}

TEST(Url, QuotesWhatIsNone) {
  for (const char* text : {"", "kraken", "ftp://x", "wss://", "wss://:443", "wss://x:0", "wss://x:65536", "wss://x:a",
                           "wss://[::1", "wss://x:"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error(), testing::HasSubstr(text));
  }
}

TEST(Endpoint, TakesItsPortFromTheTextOrFromTheCaller) {
  EXPECT_EQ(parse_endpoint("localhost", 443).value(), (Endpoint{"localhost", 443}));
  EXPECT_EQ(parse_endpoint("localhost:8443", 443).value(), (Endpoint{"localhost", 8443}));
  EXPECT_EQ(parse_endpoint("[::1]:8443", 443).value(), (Endpoint{"::1", 8443}));
}

}  // namespace
}  // namespace crossbook::sys
