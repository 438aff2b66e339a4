// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crossbook/sys/outcome.hpp"

namespace crossbook::sys {

// Where to open a TCP connection.
struct Endpoint {
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "wss://ws.kraken.com/v2" in parts.
struct Url {
  bool tls = true;        // wss and https; ws and http are plain
  Endpoint endpoint;      // port 443 or 80 where the text names none
  std::string target;     // "/v2?depth=10", at least "/"
  std::string host_line;  // of the Host header: with the port where it is not the scheme's own
};

// Errors: another scheme, no host, a port that is none. The sentence quotes the text.
[[nodiscard]] Outcome<Url> parse_url(std::string_view text);

// "host:port", or "host" with the port given here. Errors: no host, a port that is none.
[[nodiscard]] Outcome<Endpoint> parse_endpoint(std::string_view text, std::uint16_t port);

}  // namespace crossbook::sys
