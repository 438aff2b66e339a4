// SPDX-License-Identifier: Apache-2.0
#include "crossbook/engine/engine.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A few feeds and a clock that moves when it is told to.
class Desk {
 public:
  explicit Desk(const Options& options = {}) : engine_(options) {}

  void open(const std::string& feed, int socket = 0) {
    send(feed, socket, SessionState{connection(feed, socket), id(feed), true, {}});
  }
  void close(const std::string& feed, int socket = 0) {
    send(feed, socket, SessionState{connection(feed, socket), id(feed), false, {}});
  }
  void frame(const std::string& feed, const std::string& text, int socket = 0) {
    if (!connections_.contains({feed, socket})) open(feed, socket);
    const std::string padded = text + std::string(frame_padding, ' ');
    send(feed, socket, Frame{connection(feed, socket), {padded.data(), text.size()}});
  }
  void rest(const std::string& feed, const std::string& url, const std::string& text) {
    const std::string padded = text + std::string(frame_padding, ' ');
    send(feed, 0, HttpBody{id(feed), url, {padded.data(), text.size()}});
  }
  // A ping or a pong of the WebSocket itself.
  void alive(const std::string& feed, int socket = 0) { send(feed, socket, Alive{connection(feed, socket)}); }
  void behind(const std::string& feed, bool behind, int socket = 0) {
    send(feed, socket, Behind{connection(feed, socket), behind});
  }
  void pass(Nanos time) {
    now_ += time;
    effects_.clear();
    engine_.on({Steady(now_.count()), Wall(now_.count()), Tick{}}, effects_);
  }

  void binance(const std::string& symbol, int first, int last, const std::string& bids, const std::string& asks,
               int socket = 0) {
    frame("binance",
          R"({"e":"depthUpdate","E":1700000000000,"s":")" + symbol + R"(","U":)" + std::to_string(first) + R"(,"u":)" +
              std::to_string(last) + R"(,"b":[)" + bids + R"(],"a":[)" + asks + "]}",
          socket);
  }
  void binance_snapshot(const std::string& symbol, int last, const std::string& bids, const std::string& asks) {
    rest("binance", "https://api.binance.com/api/v3/depth?symbol=" + symbol + "&limit=1000",
         R"({"lastUpdateId":)" + std::to_string(last) + R"(,"bids":[)" + bids + R"(],"asks":[)" + asks + "]}");
  }
  void bybit(const std::string& type, int u, const std::string& bids, const std::string& asks, int socket = 0) {
    frame("bybit-spot",
          R"({"topic":"orderbook.50.BTCUSDT","type":")" + type + R"(","ts":1700000000000,"data":{"s":"BTCUSDT","b":[)" +
              bids + R"(],"a":[)" + asks + R"(],"u":)" + std::to_string(u) + R"(,"seq":7},"cts":1700000000000})",
          socket);
  }
  void coinbase_exchange(const std::string& bids, const std::string& asks, int socket) {
    frame("coinbase-exchange",
          R"({"type":"snapshot","product_id":"BTC-USD","bids":[)" + bids + R"(],"asks":[)" + asks + "]}", socket);
  }
  void okx(const std::string& bids, const std::string& asks) {
    frame("okx", R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[)" + asks +
                     R"(],"bids":[)" + bids + R"(],"ts":"1700000000000","checksum":0,"prevSeqId":-1,"seqId":5}]})");
  }

  [[nodiscard]] const book::VenueBook& book(const std::string& feed, const std::string& raw) {
    return engine_.book(engine_.add_listing(id(feed), raw));
  }
  [[nodiscard]] std::string state(const std::string& feed, const std::string& raw) {
    const auto& found = book(feed, raw);
    return found.ready() ? "ready" : std::string(to_string(found.state())) + ": " + to_string(found.reason());
  }
  // "63000 x 1, 62999 x 2", best first.
  [[nodiscard]] std::string side(const std::string& feed, const std::string& raw, Side side) {
    const ListingId listing = engine_.add_listing(id(feed), raw);
    std::string text;
    engine_.book(listing).for_each(side, [&](const book::WideLevel& level) {
      text += (text.empty() ? "" : ", ") +
              format_decimal(level.price.count(), engine_.listings()[listing].price_scale) + " x " +
              format_decimal(level.quantity.count(), engine_.listings()[listing].quantity_scale);
      return true;
    });
    return text;
  }
  [[nodiscard]] std::string best(const std::string& symbol, Side side) const {
    const Group& group = engine_.group(engine_.find_group(symbol).value());
    const auto& best = group.consolidated.best(side);
    if (!best) return "-";
    std::string text = format_decimal(best->price.count(), group.consolidated.price_scale()) + " x " +
                       format_decimal(best->quantity.count(), group.consolidated.quantity_scale());
    for (std::size_t m = 0; m < group.members.size(); ++m)
      if ((best->members >> m & 1) != 0) text += " " + group.consolidated.member(static_cast<book::Member>(m)).name;
    return text;
  }
  [[nodiscard]] std::string excluded(const std::string& symbol, const std::string& venue) const {
    const Group& group = engine_.group(engine_.find_group(symbol).value());
    return to_string(group.consolidated.excluded(group.consolidated.find(venue).value()));
  }
  [[nodiscard]] const Effects& effects() const { return effects_; }
  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] static FeedId id(const std::string& feed) { return venue::find_feed(feed).value(); }

 private:
  [[nodiscard]] ConnectionId connection(const std::string& feed, int socket) {
    return connections_.try_emplace({feed, socket}, ConnectionId(connections_.size())).first->second;
  }
  template <class What>
  void send(const std::string&, int, What what) {
    now_ += milliseconds(1);
    effects_.clear();
    engine_.on({Steady(now_.count()), Wall(now_.count()), std::move(what)}, effects_);
  }

  Engine engine_;
  Effects effects_;
  Nanos now_ = seconds(1'700'000'000);
  std::map<std::pair<std::string, int>, ConnectionId> connections_;
};

constexpr auto bid_63000 = R"(["63000.00","1.00000000"])";
constexpr auto ask_63001 = R"(["63001.00","2.00000000"])";

TEST(Engine, BridgesBufferedDeltasOntoARestSnapshot) {
  Desk desk;
  desk.binance("BTCUSDT", 90, 100, R"(["62000.00","9.0"])", "");
  desk.binance("BTCUSDT", 101, 102, R"(["62999.00","3.0"])", "");
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "syncing: waiting_for_snapshot");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "ready");
  EXPECT_EQ(desk.side("binance", "BTCUSDT", Side::bid), "63000 x 1, 62999 x 3");
}

TEST(Engine, AGapClosesTheBookAndALaterRestSnapshotOpensItAgain) {
  Desk desk;
  desk.binance("BTCUSDT", 100, 101, "", "");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  desk.binance("BTCUSDT", 105, 106, R"(["62999.00","3.0"])", "");
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "gapped: gap");
  ASSERT_EQ(desk.effects().fetches.size(), 1u)
      << (desk.effects().notes.empty() ? "" : desk.effects().notes[0].error.what);
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
  desk.binance("BTCUSDT", 107, 108, R"(["62998.00","4.0"])", "");
  desk.binance_snapshot("BTCUSDT", 106, R"(["63000.00","1.5"],["62999.00","3.0"])", ask_63001);
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "ready");
  EXPECT_EQ(desk.side("binance", "BTCUSDT", Side::bid), "63000 x 1.5, 62999 x 3, 62998 x 4");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1.5 binance");
}

TEST(Engine, AReconnectLeavesNothingOfTheOldBookBehind) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"],["62990","5"])", R"(["63001","2"])");
  desk.open("bybit-spot");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
  desk.bybit("delta", 11, R"(["62995","7"])", "");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
  desk.bybit("snapshot", 50, R"(["62980","1"])", R"(["62981","2"])");
  EXPECT_EQ(desk.side("bybit-spot", "BTCUSDT", Side::bid), "62980 x 1");
  EXPECT_EQ(desk.side("bybit-spot", "BTCUSDT", Side::ask), "62981 x 2");
}

TEST(Engine, AFinerDigitRescalesTheBookAndLosesNothing) {
  Desk desk;
  desk.okx(R"(["63000.1","1","0","1"])", R"(["63000.2","2","0","1"])");
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.bybit("delta", 11, R"(["63000.125","0.000001"])", "");
  EXPECT_EQ(desk.side("bybit-spot", "BTCUSDT", Side::bid), "63000.125 x 0.000001, 63000 x 1");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000.125 x 0.000001 bybit");
  EXPECT_EQ(desk.best("BTC/USDT", Side::ask), "63000.2 x 2 okx");
}

TEST(Engine, AQuantityBeyond63BitsWidensItsBookOnly) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","99999999999.12345678"])", R"(["63001","0.000000000000000001"])");
  EXPECT_EQ(desk.side("bybit-spot", "BTCUSDT", Side::bid), "63000 x 99999999999.12345678");
  EXPECT_EQ(desk.side("bybit-spot", "BTCUSDT", Side::ask), "63001 x 0.000000000000000001");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 99999999999.12345678 bybit");
}

TEST(Engine, AMalformedFrameTaintsTheBookThatItNamesAndNoOther) {
  Desk desk;
  for (const std::string symbol : {"BTCUSDT", "ETHUSDT"}) {
    desk.binance(symbol, 100, 100, "", "");
    desk.binance_snapshot(symbol, 100, bid_63000, ask_63001);
  }
  desk.frame("binance", R"({"e":"depthUpdate","E":1700000000000,"s":"BTCUSDT","U":101,"u":101,"b":[["63000.00","1.)");
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "gapped: malformed_frame");
  EXPECT_EQ(desk.state("binance", "ETHUSDT"), "ready");
  EXPECT_EQ(desk.engine().counters(Desk::id("binance")).malformed, 1u);
  ASSERT_EQ(desk.effects().notes.size(), 2u);  // the frame, and the book's state
  EXPECT_EQ(desk.effects().notes[0].kind, Note::Kind::malformed_frame);
}

TEST(Engine, AnUnknownKindIsCountedAndSkipped) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.frame("bybit-spot", R"({"topic":"moon.BTCUSDT","ts":1,"data":{}})");
  EXPECT_EQ(desk.engine().counters(Desk::id("bybit-spot")).unknown, 1u);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "ready");
}

TEST(Engine, ALostMessageOfAConnectionCounterClosesAllBooksOnThatConnection) {
  Desk desk;
  const auto l2 = [](int sequence, const std::string& type, const std::string& product) {
    return R"({"channel":"l2_data","client_id":"","timestamp":"2026-01-01T00:00:00Z","sequence_num":)" +
           std::to_string(sequence) + R"(,"events":[{"type":")" + type + R"(","product_id":")" + product +
           R"(","updates":[{"side":"bid","event_time":"2026-01-01T00:00:00Z",)" +
           R"("price_level":"63000","new_quantity":"1"},)" +
           R"({"side":"offer","event_time":"2026-01-01T00:00:00Z","price_level":"63001","new_quantity":"1"}]}]})";
  };
  desk.frame("coinbase", l2(0, "snapshot", "BTC-USD"));
  desk.frame("coinbase", l2(1, "snapshot", "ETH-USD"));
  desk.frame("coinbase", l2(3, "update", "BTC-USD"));
  EXPECT_EQ(desk.state("coinbase", "BTC-USD"), "gapped: connection_gap");
  EXPECT_EQ(desk.state("coinbase", "ETH-USD"), "gapped: connection_gap");
  EXPECT_EQ(desk.engine().counters(Desk::id("coinbase")).connection_gaps, 1u);
  EXPECT_EQ(desk.book("coinbase", "ETH-USD").counters().gaps, 0u);
}

TEST(Engine, AMessageThatComesAgainOnACountedConnectionIsNoEvent) {
  Desk desk;
  const std::string trade = R"({"channel":"market_trades","client_id":"","timestamp":"2026-01-01T00:00:00Z",)"
                            R"("sequence_num":5,"events":[{"type":"update","trades":[{"trade_id":"1",)"
                            R"("product_id":"BTC-USD","price":"63000","size":"1","side":"BUY",)"
                            R"("time":"2026-01-01T00:00:00Z"}]}]})";
  desk.frame("coinbase", trade);
  EXPECT_EQ(desk.engine().batch().trades.size(), 1u);
  desk.frame("coinbase", trade);
  EXPECT_THAT(desk.engine().batch().trades, IsEmpty());
}

TEST(Engine, ASecondConnectionIsASpareUntilTheFirstCloses) {
  Desk desk;
  desk.coinbase_exchange(R"(["63000","1"])", R"(["63001","2"])", 0);
  desk.coinbase_exchange(R"(["62000","1"])", R"(["63001","2"])", 1);
  EXPECT_EQ(desk.best("BTC/USD", Side::bid), "63000 x 1 coinbase");
  desk.close("coinbase-exchange", 0);
  EXPECT_EQ(desk.best("BTC/USD", Side::bid), "-");  // nothing would show what was lost between the two
  desk.coinbase_exchange(R"(["62500","1"])", R"(["63001","2"])", 1);
  EXPECT_EQ(desk.best("BTC/USD", Side::bid), "62500 x 1 coinbase");
}

TEST(Engine, ABookPassesToASpareWhereLossWouldShow) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])", 0);
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])", 1);
  desk.bybit("delta", 11, R"(["63000","5"])", "", 0);
  desk.bybit("delta", 11, R"(["63000","5"])", "", 1);
  desk.close("bybit-spot", 0);
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 5 bybit");
  desk.bybit("delta", 12, R"(["63000","6"])", "", 1);
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 6 bybit");
  desk.bybit("delta", 14, R"(["63000","7"])", "", 1);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "gapped: gap");
}

TEST(Engine, WhatGotLostBetweenTheConnectionsShowsAtOnce) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])", 0);
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])", 1);
  desk.bybit("delta", 11, R"(["63000","5"])", "", 1);  // of the spare: it does not count, and the other never says it
  desk.close("bybit-spot", 0);
  desk.bybit("delta", 12, R"(["63000","6"])", "", 1);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "gapped: gap");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
}

TEST(Engine, AFetchedBookGoesOnWithTheConnectionThatComesNext) {
  Desk desk;
  desk.binance("BTCUSDT", 101, 102, R"(["62999.00","3.0"])", "");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  desk.close("binance", 0);
  desk.binance("BTCUSDT", 201, 202, R"(["62998.00","4.0"])", "", 1);
  desk.binance_snapshot("BTCUSDT", 200, bid_63000, ask_63001);
  desk.binance("BTCUSDT", 203, 204, R"(["63000.00","0"])", "", 1);
  EXPECT_EQ(desk.side("binance", "BTCUSDT", Side::bid), "62998 x 4");
}

TEST(Engine, ASilentConnectionLeavesTheViewByATickAlone) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.okx(R"(["62999","1","0","1"])", R"(["63002","2","0","1"])");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1 bybit");
  desk.pass(seconds(3600));
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
  EXPECT_THAT(desk.state("bybit-spot", "BTCUSDT"), testing::StartsWith("stale: "));
  desk.bybit("delta", 11, R"(["63000","4"])", "");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 4 bybit");
}

TEST(Engine, AFetchedBookThatNoSocketCarriesOnIsTrustedNoLongerThanItsSocket) {
  Desk desk;
  desk.open("binance");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  desk.pass(seconds(59));
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "ready");
  desk.pass(seconds(1));
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "stale: connection_silent");
}

TEST(Engine, PingsKeepAQuietConnectionAliveAndNoSilentSubscription) {
  Desk desk;
  desk.binance("BTCUSDT", 100, 100, "", "");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  const auto ping_for = [&](Nanos time) {
    for (Nanos passed; passed < time; passed += seconds(20)) {
      desk.pass(seconds(20));
      desk.alive("binance");
    }
  };
  ping_for(seconds(800));
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "ready");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1 binance");
  ping_for(seconds(120));
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "stale: silent");
}

TEST(Engine, AVenuesOwnPongIsASignOfLifeTooThoughItMeansNothing) {
  Desk desk;
  desk.okx(R"(["63000","1","0","1"])", R"(["63001","2","0","1"])");
  for (int i = 0; i < 10; ++i) {
    desk.pass(seconds(25));
    desk.frame("okx", "pong");
  }
  EXPECT_EQ(desk.state("okx", "BTC-USDT"), "ready");
  desk.pass(seconds(300));
  EXPECT_EQ(desk.state("okx", "BTC-USDT"), "stale: connection_silent");
  desk.frame("okx", "pong");
  EXPECT_EQ(desk.state("okx", "BTC-USDT"), "stale: connection_silent");
}

TEST(Engine, BooksOfAConnectionThatIsReadTooLateLeaveTheViewAndComeBackAsTheyThenAre) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.okx(R"(["62999","1","0","1"])", R"(["63002","2","0","1"])");
  desk.behind("bybit-spot", true);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "stale: behind");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "62999 x 1 okx");
  EXPECT_EQ(desk.excluded("BTC/USDT", "bybit"), "behind");
  EXPECT_THAT(desk.effects().groups, testing::SizeIs(1));

  desk.bybit("delta", 11, R"(["63000","4"])", "");
  desk.bybit("delta", 12, R"(["63000.5","5"])", "");
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "stale: behind");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "62999 x 1 okx");
  EXPECT_THAT(desk.effects().groups, IsEmpty());

  desk.behind("bybit-spot", false);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "ready");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000.5 x 5 bybit");
  EXPECT_EQ(desk.book("bybit-spot", "BTCUSDT").counters().deltas, 2U);
  EXPECT_THAT(desk.effects().resyncs, IsEmpty());
}

TEST(Engine, NothingIsForgivenToAStreamThatIsReadTooLate) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.behind("bybit-spot", true);
  desk.bybit("delta", 12, R"(["63000","4"])", "");
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "gapped: gap");
  EXPECT_THAT(desk.effects().resyncs, testing::SizeIs(1));
  desk.behind("bybit-spot", false);
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "gapped: gap");
}

TEST(Engine, ASnapshotThatIsReadTooLateIsNoPriceEither) {
  Desk desk;
  desk.open("bybit-spot");
  desk.behind("bybit-spot", true);
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "stale: behind");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "-");
  desk.behind("bybit-spot", false);
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1 bybit");
}

TEST(Engine, AFetchedBookWaitsForItsStreamToBeRead) {
  Desk desk;
  desk.open("binance");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  desk.behind("binance", true);
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "stale: behind");
  desk.binance_snapshot("BTCUSDT", 101, bid_63000, ask_63001);
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "stale: behind");
  desk.behind("binance", false);
  EXPECT_EQ(desk.state("binance", "BTCUSDT"), "ready");
}

TEST(Engine, ANewConnectionOwesNothingToOneThatWasBehind) {
  Desk desk;
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.behind("bybit-spot", true);
  desk.open("bybit-spot", 1);
  desk.bybit("snapshot", 20, R"(["63010","1"])", R"(["63011","2"])", 1);
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63010 x 1 bybit");
  desk.close("bybit-spot");
  EXPECT_EQ(desk.state("bybit-spot", "BTCUSDT"), "ready");
  desk.open("bybit-spot");
  desk.close("bybit-spot", 1);
  desk.bybit("snapshot", 30, R"(["63020","1"])", R"(["63021","2"])");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63020 x 1 bybit");
}

TEST(Engine, WithoutFiltersSilenceChangesNothing) {
  Desk desk({.filters = false});
  desk.bybit("snapshot", 10, R"(["63000","1"])", R"(["63001","2"])");
  desk.pass(seconds(3600));
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1 bybit");
}

TEST(Engine, AVenueFarFromTheOthersLeavesWithItsReason) {
  Desk desk;
  desk.okx(R"(["63000","1","0","1"])", R"(["63001","2","0","1"])");
  desk.binance("BTCUSDT", 100, 100, "", "");
  desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
  desk.bybit("snapshot", 10, R"(["65000","1"])", R"(["65001","2"])");
  EXPECT_EQ(desk.excluded("BTC/USDT", "bybit"), "off_consensus");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 2 okx binance");
}

TEST(Engine, ABestBidAskStreamSharpensTheTopOnlyWhenAsked) {
  for (const bool use_bbo : {false, true}) {
    Desk desk({.use_bbo = use_bbo});
    desk.binance("BTCUSDT", 100, 100, "", "");
    desk.binance_snapshot("BTCUSDT", 100, bid_63000, ask_63001);
    desk.frame("binance", R"({"stream":"btcusdt@bookTicker","data":{"u":105,"s":"BTCUSDT",)"
                          R"("b":"62999.50","B":"3.0","a":"63001.00","A":"2.0"}})");
    EXPECT_EQ(desk.best("BTC/USDT", Side::bid), use_bbo ? "62999.5 x 3 binance" : "63000 x 1 binance");
    desk.binance("BTCUSDT", 101, 106, R"(["63000.00","0"],["62999.40","1"])", "");
    EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "62999.4 x 1 binance");
  }
}

TEST(Engine, ABestBidAskStreamHidesTheLadderLevelsThatItContradicts) {
  Desk desk({.use_bbo = true});
  desk.binance("BTCUSDT", 100, 100, "", "");
  desk.binance_snapshot("BTCUSDT", 100, R"(["63000.00","1.0"],["62999.00","4.0"])", ask_63001);
  desk.frame("binance", R"({"stream":"btcusdt@bookTicker","data":{"u":105,"s":"BTCUSDT",)"
                        R"("b":"62999.50","B":"3.0","a":"63001.00","A":"2.0"}})");
  const Group& group = desk.engine().group(desk.engine().find_group("BTC/USDT").value());
  const auto books = desk.engine().books(group);
  book::Merge<> bids(group.consolidated, books, Side::bid);
  std::vector<std::string> prices;
  while (const auto level = bids.next())
    prices.push_back(format_decimal(level->price.count(), group.consolidated.price_scale()));
  EXPECT_THAT(prices, ElementsAre("62999.5", "62999"));
}

TEST(Engine, QuotesInDifferentCurrenciesNeverMerge) {
  Desk desk;
  desk.okx(R"(["63000","1","0","1"])", R"(["63001","2","0","1"])");
  desk.frame("bitstamp",
             R"({"data":{"timestamp":"1700000000","microtimestamp":"1700000000000000",)"
             R"("bids":[["63000","1"]],"asks":[["63001","1"]]},"channel":"order_book_btcusd","event":"data"})");
  EXPECT_EQ(desk.best("BTC/USDT", Side::bid), "63000 x 1 okx");
  EXPECT_EQ(desk.best("BTC/USD", Side::bid), "63000 x 1 bitstamp");
}

}  // namespace
}  // namespace crossbook::engine
