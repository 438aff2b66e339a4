// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/websocket.hpp"

#include <gmock/gmock.h>

#include "crossbook/core/input.hpp"
#include "crossbook/sys/network_test_tools.hpp"

namespace crossbook::sys {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(Network, MessagesGoThereAndBackOverTls) {
  listen();
  const auto socket = connect();
  until([&] { return heard.opened; });
  socket->send("one");
  socket->send("two");
  EXPECT_EQ(socket->unsent_bytes(), 6U);
  until([&] { return heard.texts.size() == 2; });
  EXPECT_THAT(heard.texts, ElementsAre("one", "two"));
  EXPECT_EQ(socket->unsent_bytes(), 0U);
}

TEST_F(Network, MessagesGoThereAndBackWithoutTls) {
  listen(nullptr);
  const auto socket = connect();
  until([&] { return heard.opened; });
  socket->send("one");
  until([&] { return heard.texts.size() == 1; });
}

// Two loops, so that the client can be kept from reading while the server writes.
class Unread : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Tls, Unread, testing::Bool(), [](const auto& tls) { return tls.param ? "on" : "off"; });

TEST_P(Unread, NoMessageIsTakenForYoungerThanItIs) {
  Loop theirs, ours;
  ScriptedServer script;
  Peer* client = nullptr;
  script.open = [&](Peer& peer) { client = &peer; };
  ServerOptions options;
  if (GetParam()) options.tls = certificate_for({"127.0.0.1"});
  const auto server = Server::listen(theirs, std::move(options), script).value();

  struct Ages : Heard {
    WebSocket* socket = nullptr;
    std::vector<Steady> came_after;
    void on_message(Moment moment, std::string_view, bool) override {
      came_after.push_back(moment.at - socket->age_max(moment.at));
    }
  } heard;
  WebSocket socket(ours,
                   {.url = (GetParam() ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(server->port()),
                    .dial = {},
                    .tls = trusting_client()},
                   heard);
  heard.socket = &socket;
  const auto both = [&](const std::function<bool()>& done) {
    for (int i = 0; i < 10'000 && !done(); ++i)
      for (Loop* const loop : {&theirs, &ours}) loop->run_until(done, milliseconds(1));
    ASSERT_TRUE(done());
  };
  both([&] { return heard.opened && client != nullptr; });
  socket.look(steady_now());

  for (const std::size_t bytes : {100UL, 10'000UL}) {
    heard.came_after.clear();
    for (int i = 0; i < 5; ++i) client->send_text(std::string(bytes, 'x'));
    ASSERT_TRUE(theirs.run_until([&] { return client->unsent_bytes() == 0; }, seconds(20)));
    const Steady come = steady_now();  // all of it is with our kernel
    ASSERT_TRUE(ours.run_until([&] { return heard.came_after.size() == 5; }, seconds(20)));
    EXPECT_LE(heard.came_after.back(), come) << bytes;
    EXPECT_TRUE(std::ranges::is_sorted(heard.came_after));
    both([&] { return socket.look(steady_now()) == Nanos(0); });
  }
}

TEST_F(Network, UpgradeNamesTheUrlsHostAndOurHeaders) {
  listen(certificate_for({"ws.kraken.com"}));
  HttpRequest seen;
  script.asked_to_upgrade = [&](Peer& peer, const HttpRequest& request) {
    seen = request;
    peer.upgrade(false);
  };
  auto options = to_server("ws.kraken.com");
  options.headers = {{"User-Agent", "crossbook"}};
  const auto socket = connect(options);
  until([&] { return heard.opened; });
  EXPECT_EQ(seen.target, "/stream?v=2");
  EXPECT_EQ(seen.path(), "/stream");
  EXPECT_EQ(seen.query(), "v=2");
  EXPECT_EQ(seen.host(), "ws.kraken.com");
  EXPECT_EQ(find_header(seen.headers, "user-agent"), "crossbook");
}

TEST_F(Network, MessageIsFollowedByReadableBytes) {
  listen();
  std::size_t sum = 0;
  struct Padded : Heard {
    explicit Padded(std::size_t& into) : total(into) {}
    void on_message(Moment moment, std::string_view bytes, bool text) override {
      Heard::on_message(moment, bytes, text);
      // Beyond the message on purpose: the address sanitizer would object if these were not ours.
      for (std::size_t i = 0; i < frame_padding; ++i) total += bytes.data()[bytes.size() + i] != 0 ? 1U : 0U;
    }
    std::size_t& total;
  } padded{sum};
  WebSocket socket(loop, to_server(), padded);
  until([&] { return padded.opened; });
  for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 4096U, 100'000U}) socket.send(std::string(size, 'x'));
  until([&] { return padded.texts.size() == 7; });
  EXPECT_THAT(padded.texts.back(), SizeIs(100'000));
}

TEST_F(Network, MomentOfAMessageDoesNotDecrease) {
  listen();
  const Moment before = now();
  const auto socket = connect();
  until([&] { return heard.opened; });
  socket->send("x");
  until([&] { return heard.texts.size() == 1; });
  EXPECT_GE(heard.last.at, before.at);
  EXPECT_LE(heard.last.at, steady_now());
}

// -- who it is
// ---------------------------------------------------------------------------------------------------------

TEST_F(Network, CertificateOfAnotherNameIsRefused) {
  listen(certificate_for({"ws.okx.com"}));
  const auto socket = connect(to_server("ws.kraken.com"));
  until([&] { return heard.closed.has_value(); });
  EXPECT_FALSE(heard.opened);
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
  EXPECT_THAT(heard.closed->text, HasSubstr("not for ws.kraken.com"));
}

TEST_F(Network, CertificateOfAnotherAddressIsRefused) {
  listen(certificate_for({"localhost"}));
  const auto socket = connect(to_server("127.0.0.1"));
  until([&] { return heard.closed.has_value(); });
  EXPECT_THAT(heard.closed->text, HasSubstr("not for 127.0.0.1"));
}

TEST_F(Network, ExpiredCertificateIsRefused) {
  listen(certificate_for({"localhost"}, -seconds(60)));
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
  EXPECT_THAT(heard.closed->text, HasSubstr("certificate has expired"));
}

TEST_F(Network, UnknownAuthorityIsRefused) {
  const auto stranger = CertificateAuthority::make(wall_now()).value();
  listen(certificate_for({"localhost"}, seconds(3600), stranger));
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
  EXPECT_THAT(heard.closed->text, HasSubstr("is not trusted"));
  EXPECT_THAT(heard.closed->text, HasSubstr("CA file"));
}

TEST_F(Network, SystemRootsDoNotTrustOurAuthority) {
  listen();
  auto options = to_server();
  options.tls = TlsContext::client().value();
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
}

TEST_F(Network, ServerWithoutTlsIsRefused) {
  listen(nullptr);
  auto options = to_server();
  options.url = "wss://localhost:" + std::to_string(server->port()) + "/";
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::tls);
}

// -- frames
// ------------------------------------------------------------------------------------------------------------

TEST_F(Network, MessageInFragmentsWithAPingBetweenIsOne) {
  listen();
  script.open = [](Peer& peer) {
    peer.send_raw(websocket_frame(1, "{\"a\":", false));
    peer.send_raw(websocket_frame(9, "are you there"));
    peer.send_raw(websocket_frame(0, "1", false));
    peer.send_raw(websocket_frame(0, "}"));
  };
  const auto socket = connect();
  until([&] { return heard.texts.size() == 1 && script.pongs.size() == 1; });
  EXPECT_EQ(heard.texts[0], "{\"a\":1}");
  EXPECT_EQ(script.pongs[0], "are you there");
}

TEST_F(Network, FrameInSingleBytesIsOneMessage) {
  listen();
  script.open = [](Peer& peer) {
    for (const char byte : websocket_frame(1, "drop by drop")) peer.send_raw({&byte, 1});
  };
  const auto socket = connect();
  until([&] { return heard.texts.size() == 1; });
  EXPECT_EQ(heard.texts[0], "drop by drop");
}

TEST_F(Network, DeflatedMessagesArriveInflated) {
  listen();
  const std::string book(50'000, 'b');
  std::string offered;
  script.asked_to_upgrade = [&](Peer& peer, const HttpRequest& request) {
    offered = find_header(request.headers, "Sec-WebSocket-Extensions").value_or("");
    peer.upgrade(true);
  };
  script.open = [&](Peer& peer) {
    peer.send_text(book);
    peer.send_raw(websocket_frame(1, "not deflated"));
    peer.send_text("again");
  };
  auto options = to_server();
  options.deflate = true;
  const auto socket = connect(options);
  until([&] { return heard.texts.size() == 3; });
  EXPECT_THAT(offered, HasSubstr("permessage-deflate"));
  EXPECT_THAT(heard.texts, ElementsAre(book, "not deflated", "again"));
}

TEST_F(Network, DeflateIsNotOfferedUnasked) {
  listen();
  bool offered = true;
  script.asked_to_upgrade = [&](Peer& peer, const HttpRequest& request) {
    offered = find_header(request.headers, "Sec-WebSocket-Extensions").has_value();
    peer.upgrade(true);
  };
  const auto socket = connect();
  until([&] { return heard.opened; });
  EXPECT_FALSE(offered);
}

TEST_F(Network, BinaryMessageIsMarkedAsSuch) {
  listen();
  script.open = [](Peer& peer) { peer.send_binary({"\x1f\x8b\0", 3}); };
  const auto socket = connect();
  until([&] { return heard.binaries.size() == 1; });
  EXPECT_EQ(heard.binaries[0], std::string("\x1f\x8b\0", 3));
}

TEST_F(Network, FrameWithAReservedBitEndsTheConnection) {
  listen();
  script.open = [](Peer& peer) {
    std::string frame = websocket_frame(1, "x");
    frame[0] = static_cast<char>(frame[0] | 0x20);
    peer.send_raw(frame);
  };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::protocol);
}

TEST_F(Network, MessageBeyondTheLimitEndsTheConnection) {
  listen();
  script.open = [](Peer& peer) { peer.send_text(std::string(1001, 'x')); };
  auto options = to_server();
  options.message_bytes_max = 1000;
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::protocol);
  EXPECT_THAT(heard.texts, SizeIs(0));
}

// -- ends
// --------------------------------------------------------------------------------------------------------------

TEST_F(Network, CloseFrameOfTheServerIsToldWithCodeAndReason) {
  listen();
  script.open = [](Peer& peer) {
    peer.send_text("last");
    peer.close(1012, "service restart");
  };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::closed);
  EXPECT_EQ(heard.closed->code, 1012);
  EXPECT_THAT(heard.closed->text, HasSubstr("1012: service restart"));
  EXPECT_THAT(heard.texts, ElementsAre("last"));
  until([&] { return script.gone.size() == 1; });
}

TEST(CertificateAuthority, IssuesOnlyCertificatesThatCanBeRead) {
  const auto authority = CertificateAuthority::make(wall_now()).value();
  for (int i = 0; i < 1'500; ++i) {
    const auto issued = authority.issue({"localhost"}, wall_now(), wall_now() + seconds(60));
    ASSERT_TRUE(issued) << issued.error();
    const auto context = TlsContext::server(issued->certificate_pem, issued->key_pem);
    ASSERT_TRUE(context) << context.error();
  }
}

TEST_F(Network, OurCloseReachesTheServer) {
  listen();
  const auto socket = connect();
  until([&] { return heard.opened; });
  socket->close(1000, "enough");
  until([&] { return heard.closed && script.gone.size() == 1; });
  EXPECT_EQ(heard.closed->cause, CloseCause::ours);
  EXPECT_THAT(script.gone, ElementsAre(1000));
}

TEST_F(Network, CloseDoesNotWaitForeverForADeadPeer) {
  listen();
  const auto socket = connect();
  script.open = [](Peer& peer) {
    peer.pause_reading(true);
    peer.mute(true);
  };
  until([&] { return heard.opened; });
  socket->close(1000, "", milliseconds(30));
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::ours);
}

TEST_F(Network, ResetOfTheServerIsALostConnection) {
  listen();
  script.open = [](Peer& peer) { peer.reset(); };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::lost);
}

TEST_F(Network, EndWithoutCloseFrameIsALostConnection) {
  listen();
  script.open = [](Peer& peer) {
    peer.send_text("last");
    peer.send_raw(websocket_frame(1, "cut off in the middle").substr(0, 9));
    peer.end();
  };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::lost);
  EXPECT_THAT(heard.texts, ElementsAre("last"));
}

TEST_F(Network, PingIsAnswered) {
  listen();
  const auto socket = connect();
  until([&] { return heard.opened; });
  socket->ping("42");
  until([&] { return heard.pongs.size() == 1; });
  EXPECT_THAT(heard.pongs, ElementsAre("42"));
  EXPECT_THAT(script.pings, ElementsAre("42"));
}

TEST_F(Network, HalfOpenPeerShowsInTheMissingPong) {
  listen();
  Peer* peer_of_server = nullptr;
  script.open = [&](Peer& peer) { peer_of_server = &peer; };
  const auto socket = connect();
  until([&] { return heard.opened && peer_of_server != nullptr; });
  peer_of_server->mute(true);
  socket->ping("anyone?");
  until([&] { return script.pings.size() == 1; });  // it came, and nothing comes back
  bool due = false;
  Timer patience(loop);
  patience.after(milliseconds(20), [&] { due = true; });
  until([&] { return due; });
  EXPECT_THAT(heard.pongs, SizeIs(0));
  socket->drop();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::ours);
}

TEST_F(Network, PausedServerLeavesBytesUnsent) {
  listen();
  Peer* peer_of_server = nullptr;
  script.open = [&](Peer& peer) {
    peer_of_server = &peer;
    peer.pause_reading(true);
  };
  const auto socket = connect();
  until([&] { return heard.opened && peer_of_server != nullptr; });
  for (int i = 0; i < 64; ++i) socket->send(std::string(1'000'000, 'x'));
  bool due = false;
  Timer patience(loop);
  patience.after(milliseconds(20), [&] { due = true; });
  until([&] { return due; });
  EXPECT_GT(socket->unsent_bytes(), 0U);
  EXPECT_THAT(heard.texts, SizeIs(0));
}

TEST_F(Network, RefusedUpgradeTellsStatusAndRetryAfter) {
  listen();
  script.asked_to_upgrade = [](Peer& peer, const HttpRequest&) {
    peer.answer({.status = 429, .headers = {{"Retry-After", "30"}}, .body = "{}"});
  };
  const auto socket = connect();
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::refused);
  EXPECT_EQ(heard.closed->status, 429);
  EXPECT_EQ(heard.closed->retry_after, seconds(30));
}

TEST_F(Network, ServerThatNeverAnswersTimesOut) {
  listen();
  script.connection = [] { return Welcome::ignore; };
  auto options = to_server();
  options.open_within = milliseconds(30);
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::timeout);
  EXPECT_THAT(heard.closed->text, HasSubstr("TLS handshake with localhost"));
  until([&] { return server->connections() == 0; });
}

TEST_F(Network, NobodyListeningIsUnreachable) {
  listen();
  const auto options = to_server();
  ASSERT_TRUE(server->refuse(true));
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::unreachable);
  EXPECT_THAT(heard.closed->text, HasSubstr("Connection refused"));
  ASSERT_TRUE(server->refuse(false));
  heard.closed.reset();
  const auto again = connect(options);
  until([&] { return heard.opened; });
}

TEST_F(Network, NameWithoutAddressIsUnresolved) {
  WebSocketOptions options{.url = "wss://no-such-host.invalid/", .dial = {}, .tls = trusting_client()};
  const auto socket = connect(options);
  until([&] { return heard.closed.has_value(); });
  EXPECT_EQ(heard.closed->cause, CloseCause::unresolved);
  EXPECT_THAT(heard.closed->text, HasSubstr("no-such-host.invalid"));
}

TEST_F(Network, UrlThatIsNoneIsToldLikeAnyOtherFailure) {
  const auto socket = connect({.url = "kraken"});
  EXPECT_FALSE(heard.closed);
  until([&] { return heard.closed.has_value(); });
  EXPECT_THAT(heard.closed->text, HasSubstr("\"kraken\" is no URL"));
}

TEST_F(Network, WebSocketMayBeDestroyedWhileItTells) {
  listen();
  auto socket = connect();
  until([&] { return heard.opened; });
  heard.on_each = [&] { socket.reset(); };
  socket->send("one");
  socket->send("two");
  until([&] { return script.gone.size() == 1; });
  EXPECT_THAT(heard.texts, ElementsAre("one"));
  EXPECT_FALSE(heard.closed);
}

}  // namespace
}  // namespace crossbook::sys
