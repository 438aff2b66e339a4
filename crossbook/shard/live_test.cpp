// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "crossbook/capture/session.hpp"
#include "crossbook/market/endpoint.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/sys/server.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using testing::Each;

// One simulated exchange behind a real TLS socket on loopback, in real time.
class Exchange : public sys::ServerHandler {
 public:
  Exchange(sys::Loop& loop, std::string_view feed, const sys::CertificateAuthority& authority)
      : endpoint_(options_of(feed)), timer_(loop) {
    const auto issued = authority.issue({"127.0.0.1"}, sys::wall_now(), sys::wall_now() + seconds(86'400)).value();
    sys::ServerOptions options;
    options.tls = sys::TlsContext::server(issued.certificate_pem, issued.key_pem).value();
    server_ = sys::Server::listen(loop, std::move(options), *this).value();
    plan();
  }

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  [[nodiscard]] std::vector<std::string> raw_symbols() const {
    std::vector<std::string> raw;
    for (const auto& listing : endpoint_.venue().listings) raw.push_back(listing.raw_symbol);
    return raw;
  }
  [[nodiscard]] std::size_t clients() const { return peers_.size(); }
  [[nodiscard]] const std::vector<std::uint16_t>& gone() const { return gone_; }
  void reset_all() {
    const auto peers = peers_;
    for (const auto& [client, id] : peers)
      if (sys::Peer* peer = server_->find(id)) peer->reset();
  }

  void on_request(sys::Peer& peer, const sys::HttpRequest& request) override {
    const market::HttpAnswer answer = endpoint_.get(request.target, sys::wall_now(), outbox_);
    peer.answer({.status = answer.status, .headers = {}, .body = answer.body});
    send();
  }
  void on_upgrade(sys::Peer& peer, const sys::HttpRequest& request) override {
    targets_[peer.id()] = request.target;
    peer.upgrade(false);
  }
  void on_open(sys::Peer& peer) override {
    const market::ClientId client{static_cast<std::uint32_t>(peer.id())};
    peers_[client] = peer.id();
    endpoint_.open(client, targets_[peer.id()], sys::wall_now(), outbox_);
    send();
  }
  void on_message(sys::Peer& peer, sys::Moment now, std::string_view bytes, bool) override {
    endpoint_.receive(market::ClientId{static_cast<std::uint32_t>(peer.id())}, bytes, now.wall, outbox_);
    send();
  }
  void on_gone(sys::Peer& peer, std::uint16_t code) override {
    const market::ClientId client{static_cast<std::uint32_t>(peer.id())};
    if (peers_.erase(client) == 0) return;
    gone_.push_back(code);
    endpoint_.closed(client);
  }

 private:
  static market::EndpointOptions options_of(std::string_view feed) {
    market::EndpointOptions options;
    options.start = sys::wall_now();
    options.instruments = market::first_instruments(2);
    options.venue = market::venue_listing(feed, options.instruments).value();
    return options;
  }
  void plan() {
    timer_.after(milliseconds(5), [this] {
      endpoint_.advance(sys::wall_now(), outbox_);
      send();
      plan();
    });
  }
  void send() {
    for (const market::Outgoing& outgoing : outbox_) {
      const auto id = peers_.find(outgoing.client);
      sys::Peer* const peer = id == peers_.end() ? nullptr : server_->find(id->second);
      if (peer == nullptr) continue;
      if (outgoing.kind == market::Outgoing::Kind::text) peer->send_text(outgoing.text);
      if (outgoing.kind == market::Outgoing::Kind::ping) peer->ping(outgoing.text);
    }
    outbox_.clear();
  }

  market::Endpoint endpoint_;
  sys::Timer timer_;
  std::unique_ptr<sys::Server> server_;
  std::map<sys::PeerId, std::string> targets_;
  std::map<market::ClientId, sys::PeerId> peers_;
  std::vector<std::uint16_t> gone_;
  market::Outbox outbox_;
};

class Live : public testing::Test {
 public:
  Live() { std::filesystem::remove_all(folder); }
  ~Live() override { std::filesystem::remove_all(folder); }

 protected:
  void until(const std::function<bool()>& done) { ASSERT_TRUE(loop.run_until(done, seconds(25))); }

  void start(const std::vector<std::string>& feeds) {
    LiveOptions options;
    for (const std::string& name : feeds) {
      exchanges.push_back(std::make_unique<Exchange>(loop, name, authority));
      LiveFeed& feed = options.feeds.emplace_back();
      feed.feed = venue::find_feed(name).value();
      feed.raw_symbols = exchanges.back()->raw_symbols();
      feed.tls = trusted;
      feed.connector.stream_origin = "wss://" + exchanges.back()->host();
      feed.connector.rest_origin = "https://" + exchanges.back()->host();
      feed.connector.times.backoff_first = milliseconds(20);
    }
    recorder = capture::Recorder::start({.folder = folder}).value();
    shard = std::make_unique<LiveShard>(loop, player, std::move(options), recorder.get(), nullptr);
    shard->start();
  }
  [[nodiscard]] std::vector<book::BookState> states() const {
    std::vector<book::BookState> all;
    for (const Listing& listing : player.engine().listings()) all.push_back(player.engine().book(listing.id).state());
    return all;
  }
  [[nodiscard]] bool all_ready() const {
    const auto all = states();
    return std::ranges::all_of(all, [](book::BookState state) { return state == book::BookState::ready; });
  }
  void stop() {
    bool stopped = false;
    shard->stop([&] { stopped = true; });
    until([&] { return stopped; });
    ASSERT_TRUE(recorder->close());
  }

  std::string folder =
      testing::TempDir() + "crossbook-live-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  sys::CertificateAuthority authority = sys::CertificateAuthority::make(sys::wall_now()).value();
  std::shared_ptr<sys::TlsContext> trusted = sys::TlsContext::client_trusting(authority.certificate_pem()).value();
  sys::Loop loop;
  std::vector<std::unique_ptr<Exchange>> exchanges;
  Player player{PlayerOptions{}};
  std::unique_ptr<capture::Recorder> recorder;
  std::unique_ptr<LiveShard> shard;
};

void expect_same(const ReplayReport& live, const ReplayReport& replayed) {
  EXPECT_EQ(live.frames, replayed.frames);
  ASSERT_EQ(live.books.size(), replayed.books.size());
  for (const auto& [feed, books] : live.books) {
    for (const auto& [symbol, book] : books) {
      SCOPED_TRACE(feed + " " + symbol);
      ASSERT_TRUE(replayed.books.contains(feed) && replayed.books.at(feed).contains(symbol));
      const BookReport& other = replayed.books.at(feed).at(symbol);
      EXPECT_EQ(book.state, other.state);
      EXPECT_EQ(book.reason, other.reason);
      EXPECT_EQ(book.bids, other.bids);
      EXPECT_EQ(book.asks, other.asks);
      EXPECT_EQ(book.bbo_sha256, other.bbo_sha256);
      EXPECT_EQ(book.bbo_changes, other.bbo_changes);
    }
  }
  ASSERT_EQ(live.consolidated.size(), replayed.consolidated.size());
  for (const auto& [symbol, view] : live.consolidated)
    EXPECT_EQ(view.nbbo_sha256, replayed.consolidated.at(symbol).nbbo_sha256) << symbol;
}

TEST_F(Live, WhatWasRecordedReplaysToTheSameBooks) {
  start({"kraken", "binance", "okx", "bybit-spot", "coinbase", "bitstamp"});
  until([&] { return player.frames() > 300 && all_ready(); });
  stop();
  EXPECT_EQ(recorder->counts().skipped, 0U);

  Player again{PlayerOptions{}};
  auto session = capture::Session::open_chain(capture::recorded_files(folder).value()).value();
  while (const capture::Arrival* arrival = session.next()) again.play(*arrival, arrival->connection, arrival->at);
  EXPECT_EQ(session.error_count(), 0U);
  expect_same(player.report(0, {}), again.report(0, {}));
}

TEST_F(Live, ResetConnectionComesBackByItself) {
  start({"kraken", "okx"});
  until([&] { return all_ready() && exchanges[0]->clients() == 1; });
  exchanges[0]->reset_all();
  until([&] { return !all_ready(); });
  EXPECT_EQ(player.engine().book(ListingId(0)).reason(), Reason::reconnect);
  EXPECT_EQ(states()[2], book::BookState::ready);  // the other venue goes on
  until([&] { return all_ready(); });
}

TEST_F(Live, StopSaysGoodByeToEveryVenue) {
  start({"kraken", "okx"});
  until([&] { return all_ready(); });
  stop();
  until([&] { return exchanges[0]->gone().size() == 1 && exchanges[1]->gone().size() == 1; });
  EXPECT_THAT(exchanges[0]->gone(), Each(1001));
  EXPECT_THAT(exchanges[1]->gone(), Each(1001));
}

TEST_F(Live, SilenceIsRecordedAsTicks) {
  start({"kraken"});
  until([&] { return all_ready(); });
  exchanges[0]->reset_all();
  const std::uint64_t before = shard->ticks();
  exchanges.clear();  // nobody answers any more
  until([&] { return shard->ticks() >= before + 3; });
  EXPECT_FALSE(all_ready());
}

}  // namespace
}  // namespace crossbook::shard
