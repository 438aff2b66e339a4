// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/core/units.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/http.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/url.hpp"

namespace crossbook::sys {

struct HttpCall {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;
  std::optional<Endpoint> dial;     // see WebSocketOptions
  std::shared_ptr<TlsContext> tls;  // needed by https
  Nanos within = seconds(10);       // until the whole answer is there
  std::size_t body_bytes_max = std::size_t{64} << 20;
};

struct HttpReply {
  int status = 0;
  HttpHeaders headers;
  std::string padded_body;  // with frame_padding zeros behind it
  [[nodiscard]] std::string_view body() const;
};

// HTTP/1.1 requests, each over a connection of its own. Redirects are answers like any other.
class HttpClient {
 public:
  // The whole answer with any status, or why there is none. Called from the loop, once, never from within call().
  using Done = std::function<void(Moment, Outcome<HttpReply>)>;

  explicit HttpClient(Loop& loop);
  // Forgets what is under way; their `done` are not called.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void call(HttpCall call, Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace crossbook::sys
