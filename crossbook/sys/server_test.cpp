// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/server.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "crossbook/sys/network_test_tools.hpp"

namespace crossbook::sys {
namespace {

using testing::HasSubstr;

TEST(WebSocketFrame, LengthTakesSevenSixteenOrSixtyFourBits) {
  EXPECT_EQ(websocket_frame(1, "abc"),
            "\x81\x03"
            "abc");
  EXPECT_EQ(websocket_frame(0, "", false), std::string("\0\0", 2));
  EXPECT_EQ(websocket_frame(2, std::string(126, 'x')).substr(0, 4), std::string("\x82\x7e\0\x7e", 4));
  EXPECT_EQ(websocket_frame(1, std::string(65'536, 'x')).substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
}

TEST_F(Network, PortThatIsTakenIsAnErrorThatNamesIt) {
  listen(nullptr);
  ServerOptions options;
  options.listen.port = server->port();
  const auto second = Server::listen(loop, options, script);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr(std::to_string(server->port())));
}

TEST_F(Network, HostNameIsNoAddressToListenOn) {
  ServerOptions options;
  options.listen.host = "localhost";
  EXPECT_FALSE(Server::listen(loop, options, script));
}

TEST_F(Network, PeerIsFoundUntilItIsGone) {
  listen();
  PeerId id{};
  script.open = [&](Peer& peer) { id = peer.id(); };
  auto socket = connect();
  until([&] { return id != PeerId{}; });
  ASSERT_NE(server->find(id), nullptr);
  EXPECT_THAT(server->find(id)->address(), HasSubstr("127.0.0.1:"));
  socket.reset();
  until([&] { return script.gone.size() == 1; });
  EXPECT_EQ(server->find(id), nullptr);
}

TEST_F(Network, AnswerMayComeLater) {
  listen();
  PeerId waiting{};
  script.request = [&](Peer& peer, const HttpRequest&) { waiting = peer.id(); };
  HttpClient client(loop);
  HttpCall call;
  call.url = url("http");
  call.tls = trusting_client();
  std::string body;
  client.call(call, [&](Moment, const Outcome<HttpReply>& reply) { body = reply.value().body(); });
  until([&] { return waiting != PeerId{}; });
  server->find(waiting)->answer({.headers = {}, .body = "here"});
  until([&] { return !body.empty(); });
  EXPECT_EQ(body, "here");
}

TEST_F(Network, AnotherCertificateCountsForTheNextConnection) {
  listen();
  const auto first = connect();
  until([&] { return heard.opened; });
  server->show(certificate_for({"elsewhere"}));
  Heard second;
  const WebSocket refused(loop, to_server(), second);
  until([&] { return second.closed.has_value(); });
  EXPECT_EQ(second.closed->cause, CloseCause::tls);
  first->send("still here");
  until([&] { return heard.texts.size() == 1; });
}

TEST_F(Network, RefusedConnectionIsReset) {
  listen();
  script.connection = [] { return Welcome::reset; };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
}

TEST_F(Network, RawBytesDoNotOvertakeDeflatedMessages) {
  listen();
  script.open = [](Peer& peer) {
    for (int i = 0; i < 20; ++i) {
      peer.send_text(std::string(3000, 'd'));
      peer.send_raw(websocket_frame(1, "raw"));
    }
  };
  auto options = to_server();
  options.deflate = true;
  const auto socket = connect(options);
  until([&] { return heard.texts.size() == 40; });
  for (std::size_t i = 0; i < heard.texts.size(); ++i) EXPECT_EQ(heard.texts[i].size(), i % 2 == 0 ? 3000U : 3U);
}

TEST(Loop, TimersFireInOrderAndReplacedOnesDoNot) {
  Loop loop;
  std::string order;
  Timer a(loop), b(loop), c(loop);
  a.after(milliseconds(4), [&] { order += 'a'; });
  b.after(milliseconds(2), [&] { order += 'b'; });
  c.after(milliseconds(1), [&] { order += 'x'; });
  c.after(milliseconds(3), [&] { order += 'c'; });
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 3; }, seconds(20)));
  EXPECT_EQ(order, "bca");
}

TEST(Loop, CancelledTimerDoesNotFireThoughItWasDue) {
  Loop loop;
  bool fired = false, after = false;
  Timer timer(loop), late(loop);
  timer.at(Steady(), [&] { fired = true; });
  loop.post([&] { timer.cancel(); });
  late.after(milliseconds(5), [&] { after = true; });
  EXPECT_TRUE(loop.run_until([&] { return after; }, seconds(20)));
  EXPECT_FALSE(fired);
}

TEST(Loop, SpinningLoopStopsFromACall) {
  Loop loop;
  Timer timer(loop);
  int turns = 0;
  timer.after(milliseconds(1), [&] {
    ++turns;
    loop.stop();
  });
  loop.run(true);
  EXPECT_EQ(turns, 1);
}

}  // namespace
}  // namespace crossbook::sys
