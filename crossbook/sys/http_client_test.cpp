// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/http_client.hpp"

#include <gmock/gmock.h>

#include "crossbook/core/input.hpp"
#include "crossbook/sys/network_test_tools.hpp"

namespace crossbook::sys {
namespace {

using testing::HasSubstr;

class Http : public Network {
 protected:
  [[nodiscard]] HttpCall to_depth() const {
    HttpCall call;
    call.url = url("http");
    call.dial = Endpoint{"127.0.0.1", server->port()};
    call.tls = trusting_client();
    return call;
  }
  Outcome<HttpReply> ask(const HttpCall& call) {
    std::optional<Outcome<HttpReply>> reply;
    client.call(call, [&](Moment, Outcome<HttpReply> got) { reply = std::move(got); });
    EXPECT_TRUE(loop.run_until([&] { return reply.has_value(); }, seconds(20)));
    return reply.value_or(fault("nothing came"));
  }
  HttpClient client{loop};
};

TEST_F(Http, AnswerComesWithStatusHeadersAndBody) {
  listen();
  HttpRequest seen;
  script.request = [&](Peer& peer, const HttpRequest& request) {
    seen = request;
    peer.answer({.status = 418, .headers = {{"Retry-After", "7"}, {"X-Weight", "50"}}, .body = "{\"msg\":\"wait\"}"});
  };
  HttpCall call = to_depth();
  call.headers = {{"X-Asked", "yes"}};
  const auto reply = ask(call);
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target, "/stream?v=2");
  EXPECT_EQ(find_header(seen.headers, "x-asked"), "yes");
  EXPECT_EQ(reply->status, 418);
  EXPECT_EQ(retry_after(reply->headers), seconds(7));
  EXPECT_EQ(find_header(reply->headers, "x-weight"), "50");
  EXPECT_EQ(reply->body(), "{\"msg\":\"wait\"}");
  EXPECT_EQ(reply->padded_body.size(), reply->body().size() + frame_padding);
}

TEST_F(Http, PostCarriesItsBody) {
  listen();
  std::string got;
  script.request = [&](Peer& peer, const HttpRequest& request) {
    got = request.method + " " + request.body;
    peer.answer({});
  };
  HttpCall call = to_depth();
  call.method = "POST";
  call.body = "{}";
  ASSERT_TRUE(ask(call));
  EXPECT_EQ(got, "POST {}");
}

TEST_F(Http, BodyWithoutLengthEndsWithTheConnection) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) {
    peer.send_raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end");
    peer.end();
  };
  // Without TLS's own good-bye nothing proves that this was the end.
  const auto reply = ask(to_depth());
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr("no whole answer"));
}

TEST_F(Http, ChunkedBodyIsWhole) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) {
    peer.send_raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  };
  const auto reply = ask(to_depth());
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ(reply->body(), "hello world");
}

TEST_F(Http, CutBodyIsAnErrorThatNamesTheUrl) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) {
    peer.send_raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"lastUpdateId\"");
    peer.end();
  };
  const auto reply = ask(to_depth());
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr(url("http")));
}

TEST_F(Http, ResetIsAnError) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) { peer.reset(); };
  EXPECT_FALSE(ask(to_depth()));
}

TEST_F(Http, BodyBeyondTheLimitIsAnError) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) { peer.answer({.headers = {}, .body = std::string(1001, ' ')}); };
  HttpCall call = to_depth();
  call.body_bytes_max = 1000;
  EXPECT_FALSE(ask(call));
}

TEST_F(Http, SlowAnswerIsGivenUpAfterItsTime) {
  listen();
  script.request = [](Peer& peer, const HttpRequest&) { peer.send_raw("HTTP/1.1 200 OK\r\n"); };
  HttpCall call = to_depth();
  call.within = milliseconds(30);
  const auto reply = ask(call);
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr("no answer after 30 ms, while waiting for the answer of localhost"));
}

TEST_F(Http, CertificateOfAnotherNameIsRefused) {
  listen(certificate_for({"api.kraken.com"}));
  const auto reply = ask(to_depth());
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error(), HasSubstr("not for localhost"));
}

// The leak sanitizer looks on: an exchange that was still dialling when its loop ended was once never freed.
TEST_F(Http, CallThatNeverGotAnywhereIsForgotten) {
  listen();
  script.connection = [] { return Welcome::ignore; };
  bool told = false;
  client.call(to_depth(), [&](Moment, const Outcome<HttpReply>&) { told = true; });
  until([&] { return server->connections() == 1; });
  EXPECT_FALSE(told);
}

TEST_F(Http, ForgottenCallsAreNotAnswered) {
  listen();
  bool asked = false;
  script.request = [&](Peer&, const HttpRequest&) { asked = true; };
  bool told = false;
  {
    HttpClient other(loop);
    other.call(to_depth(), [&](Moment, const Outcome<HttpReply>&) { told = true; });
    until([&] { return asked; });
  }
  until([&] { return server->connections() == 0; });
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace crossbook::sys
