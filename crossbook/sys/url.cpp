// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/url.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace crossbook::sys {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return {};
  return port;
}

}  // namespace

Outcome<Endpoint> parse_endpoint(std::string_view text, std::uint16_t port) {
  Endpoint endpoint{std::string(text), port};
  std::string_view port_text;
  if (text.starts_with('[')) {  // an IPv6 address: [::1]:443
    const auto closing = text.find(']');
    if (closing == std::string_view::npos) return fault(fmt::format("\"{}\" has no ] behind its address", text));
    endpoint.host = text.substr(1, closing - 1);
    port_text = text.substr(closing + 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    endpoint.host = text.substr(0, colon);
    port_text = text.substr(colon);
  }
  if (endpoint.host.empty()) return fault(fmt::format("\"{}\" names no host; write host:port", text));
  if (port_text.empty()) return endpoint;
  const auto number = port_text.starts_with(':') ? parse_port(port_text.substr(1)) : std::nullopt;
  if (!number) return fault(fmt::format("\"{}\" has no port from 1 to 65535 behind its host", text));
  endpoint.port = *number;
  return endpoint;
}

Outcome<Url> parse_url(std::string_view text) {
  struct Scheme {
    std::string_view start;
    bool tls;
    std::uint16_t port;
  };
  static constexpr Scheme schemes[] = {
      {"wss://", true, 443}, {"https://", true, 443}, {"ws://", false, 80}, {"http://", false, 80}};
  for (const Scheme& scheme : schemes) {
    if (!text.starts_with(scheme.start)) continue;
    const std::string_view rest = text.substr(scheme.start.size());
    const auto path = rest.find_first_of("/?#");
    const std::string_view authority = rest.substr(0, path);
    auto endpoint = parse_endpoint(authority, scheme.port);
    if (!endpoint) return fault(fmt::format("{}: {}", text, endpoint.error()));
    Url url{scheme.tls, std::move(*endpoint), "/", std::string(authority)};
    if (path != std::string_view::npos) {
      const std::string_view target = rest.substr(path, rest.find('#') - path);
      url.target = target.starts_with('/') ? std::string(target) : fmt::format("/{}", target);
    }
    return url;
  }
  return fault(fmt::format("\"{}\" is no URL of wss, ws, https or http", text));
}

}  // namespace crossbook::sys
