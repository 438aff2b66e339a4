// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_market.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "crossbook/shard/live_feeder.hpp"
#include "crossbook/shard/live_test_tools.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/sys/url.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Nanos patience = seconds(30);  // the limit of a failure

// The names that a certificate of this feed's servers must carry.
std::vector<std::string> hosts_of(std::string_view feed) {
  const auto* streams = venue::find_streams(feed);
  return {sys::parse_url(venue::feed(venue::find_feed(feed).value()).url)->endpoint.host,
          sys::parse_url(streams->rest)->endpoint.host};
}

// Simulated exchanges on a thread of their own, and what a market needs to know of them.
class Exchanges {
 public:
  explicit Exchanges(const std::vector<std::string>& feeds) {
    std::filesystem::create_directories(folder_);
    auto file = sys::create_file(ca_file()).value();
    EXPECT_TRUE(file->write(authority_.certificate_pem()));
    EXPECT_TRUE(file->close());
    for (const std::string& feed : feeds)
      exchanges_.emplace(
          feed, std::make_unique<LoopbackExchange>(loop_, feed, authority_, hosts_of(feed), exchanges_.size() + 1));
    thread_ = std::thread([this] { loop_.run(); });
  }
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;
  ~Exchanges() {
    loop_.stop();
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] LiveMarketOptions options() const {
    LiveMarketOptions options;
    options.request.symbols = {"BTC/USDT", "ETH/USDT"};
    options.unread_max = patience;  // on a busy machine, nobody is behind
    for (const auto& [feed, exchange] : exchanges_) {
      LiveVenue& venue = options.request.venues[feed];
      venue.endpoint = exchange->address();
      venue.ca_file = ca_file();
    }
    return options;
  }
  // Runs it where the exchanges live.
  void there(const std::function<void()>& call) {
    std::promise<void> done;
    loop_.post([&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }
  void halt() {
    there([this] {
      for (auto& [feed, exchange] : exchanges_) exchange->halt();
    });
  }
  // Each exchange's own book of its n-th symbol.
  [[nodiscard]] std::map<std::string, market::Truth> truths(std::size_t listing) {
    std::map<std::string, market::Truth> all;
    there([&] {
      for (auto& [feed, exchange] : exchanges_) {
        const auto truth = exchange->truth(listing);
        if (truth) all.emplace(feed, *truth);
      }
    });
    return all;
  }

 private:
  [[nodiscard]] std::string ca_file() const { return folder_ + "/ca.pem"; }

  std::string folder_ =
      testing::TempDir() + "crossbook-market-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  sys::CertificateAuthority authority_ = sys::CertificateAuthority::make(sys::wall_now()).value();
  sys::Loop loop_;
  std::map<std::string, std::unique_ptr<LoopbackExchange>> exchanges_;
  std::thread thread_;
};

// Asks again whenever something changes.
bool until(LiveMarket& market, const std::function<bool()>& done) {
  const auto changes = market.changes();
  const Steady limit = sys::steady_now() + patience;
  while (!done()) {
    if (sys::steady_now() > limit) return false;
    (void)changes->wait(milliseconds(20));
  }
  return true;
}

// What keeps a market from being ready.
std::string standing(LiveMarket& market) {
  std::string text;
  for (const std::string& symbol : market.symbols()) {
    const auto book = market.book(symbol, 0);
    for (const LiveVenueState& venue : book->venues)
      text += symbol + " " + venue.name + " " + book::to_string(venue.state) + " " + to_string(venue.excluded) + "\n";
  }
  const auto status = market.status();
  for (const auto& [feed, problem] : status.problems) text.append(feed).append(": ").append(problem) += '\n';
  return text;
}

// The sum over all books at each of the best prices, by hand.
std::vector<std::pair<double, double>> merged(const std::map<std::string, market::Truth>& truths, Side side,
                                              std::size_t depth) {
  std::map<double, double> sums;
  for (const auto& [feed, truth] : truths)
    for (const Level& level : side == Side::bid ? truth.bids : truth.asks)
      sums[(side == Side::bid ? -1.0 : 1.0) * real(level.price.count(), truth.price_scale)] +=
          real(level.quantity.count(), truth.quantity_scale);
  std::vector<std::pair<double, double>> levels;
  for (const auto& [price, size] : sums)
    if (levels.size() < depth) levels.emplace_back(std::abs(price), size);
  return levels;
}

bool shows(const LiveBook& book, const std::vector<LiveLevel>& levels,
           const std::vector<std::pair<double, double>>& expected) {
  return std::ranges::equal(levels, expected, [&book](const LiveLevel& level, const auto& one) {
    return real(level.price.count(), book.price_scale) == one.first &&
           std::abs(real(level.quantity.count(), book.quantity_scale) - one.second) < 1e-9;
  });
}

TEST(LiveMarket, TellsEveryMistakeAtOnceAndConnectsToNobody) {
  LiveMarketOptions options;
  EXPECT_EQ(LiveMarket::start(options).error(), "no venue");
  options.request.venues["kraken"];
  EXPECT_EQ(LiveMarket::start(options).error(), "kraken: no symbols, neither here nor for all venues");
  options.request.symbols = {"bitcoin"};
  options.request.venues["kraken"].endpoint = "127.0.0.1:port";
  options.request.venues["kraken"].ca_file = "no/such.pem";
  options.request.venues["nowhere"];
  const auto refused = LiveMarket::start(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("kraken: \"bitcoin\" is no spot pair; write BASE/QUOTE as in BTC/USDT\n"));
  EXPECT_THAT(refused.error(), HasSubstr("\nkraken: endpoint "));
  EXPECT_THAT(refused.error(), HasSubstr("\nkraken: ca_file "));
  EXPECT_THAT(refused.error(), HasSubstr("\nnowhere: \"nowhere\" is no venue that is known; there are"));
}

TEST(LiveMarket, HandsOutTheSumOfTheExchangesBooks) {
  Exchanges exchanges({"kraken", "okx", "bitstamp"});
  const auto market = LiveMarket::start(exchanges.options()).value();
  ASSERT_TRUE(market->wait_ready(patience)) << standing(*market);
  EXPECT_THAT(market->symbols(), testing::UnorderedElementsAre("BTC/USDT", "ETH/USDT"));
  EXPECT_EQ(market->book("BTC/EUR", 5).error(), "\"BTC/EUR\" is not among the symbols: BTC/USDT ETH/USDT");

  exchanges.halt();
  const auto btc = exchanges.truths(0);
  ASSERT_EQ(btc.size(), 3U);
  LiveBook book;
  EXPECT_TRUE(until(*market, [&] {
    book = market->book("BTC/USDT", 3).value();
    return shows(book, book.bids, merged(btc, Side::bid, 3)) && shows(book, book.asks, merged(btc, Side::ask, 3));
  }));
  ASSERT_EQ(book.venues.size(), 3U);
  for (const LiveVenueState& venue : book.venues) {
    EXPECT_EQ(venue.excluded, Reason::none) << venue.name;
    EXPECT_EQ(venue.state, book::BookState::ready);
    EXPECT_LT(venue.age.value(), patience);
  }
  const auto own = market->venue_books("BTC/USDT", 1).value();
  ASSERT_EQ(own.size(), 3U);
  for (const LiveVenueBook& one : own)
    EXPECT_EQ(real(one.asks.at(0).price.count(), one.price_scale),
              real(btc.at(one.venue).asks.at(0).price.count(), btc.at(one.venue).price_scale));
}

TEST(LiveMarket, TellsChangesAndFoldsThemForWhoDoesNotRead) {
  Exchanges exchanges({"kraken", "okx"});
  const auto market = LiveMarket::start(exchanges.options()).value();
  ASSERT_TRUE(market->wait_ready(patience)) << standing(*market);
  const auto quick = market->changes(100'000);
  const auto slow = market->changes(1);
  std::set<std::string> told;
  for (int n = 0; n < 40; ++n) {
    const auto change = quick->wait(patience);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->conflated, 0U);
    told.insert(change->symbol);
  }
  EXPECT_THAT(told, ElementsAre("BTC/USDT", "ETH/USDT"));
  EXPECT_EQ(quick->conflated(), 0U);
  EXPECT_GT(slow->conflated(), 30U);

  // What it reads at last is how things stand, and how much it missed.
  exchanges.halt();
  std::map<std::string, LiveChange> last;
  std::uint64_t read = 0, folded = 0;
  EXPECT_TRUE(until(*market, [&] {
    while (const auto change = slow->take()) {
      ++read;
      folded += change->conflated;
      last[change->symbol] = *change;
    }
    return std::ranges::all_of(market->symbols(), [&](const std::string& symbol) {
      const LiveBook book = market->book(symbol, 1).value();
      const auto& change = last[symbol];
      return !book.bids.empty() && change.bid && change.bid->price == book.bids[0].price &&
             change.bid->quantity == book.bids[0].quantity && change.ask->price == book.asks.at(0).price;
    });
  }));
  EXPECT_GT(folded, 30U);
  EXPECT_LE(folded, slow->conflated());
  EXPECT_GE(read, 2U);
}

TEST(LiveMarket, StopsInOrderAndStillAnswers) {
  Exchanges exchanges({"kraken"});
  const auto market = LiveMarket::start(exchanges.options()).value();
  ASSERT_TRUE(market->wait_ready(patience)) << standing(*market);
  const auto changes = market->changes();
  EXPECT_TRUE(market->running());
  market->stop();
  market->stop();
  EXPECT_FALSE(market->running());
  while (changes->wait(patience)) continue;
  EXPECT_TRUE(changes->ended());
  EXPECT_TRUE(market->changes()->ended());
  const LiveBook book = market->book("BTC/USDT", 5).value();
  EXPECT_THAT(book.bids, IsEmpty());
  EXPECT_NE(book.venues.at(0).excluded, Reason::none);
  EXPECT_FALSE(market->status().running);
  EXPECT_GT(market->status().frames, 0U);
  EXPECT_FALSE(market->wait_ready(Nanos(0)));
}

TEST(LiveMarket, SaysWhyAnExchangeIsNotThere) {
  Exchanges exchanges({"kraken"});
  LiveMarketOptions options = exchanges.options();
  options.request.venues["kraken"].ca_file.clear();
  const auto market = LiveMarket::start(options).value();
  EXPECT_THAT(market->symbols(), testing::UnorderedElementsAre("BTC/USDT", "ETH/USDT"));
  EXPECT_THAT(market->book("BTC/USDT", 5)->bids, IsEmpty());
  EXPECT_TRUE(until(*market, [&] { return market->status().problems.contains("kraken"); }));
  EXPECT_THAT(market->status().problems.at("kraken"), HasSubstr("certificate"));
  EXPECT_EQ(market->status().books_ready, 0U);
}

struct Spread {
  double bid = 0.0, ask = 0.0;
};
// What the classes of crossbook/api have, as far as they are told.
struct Faces {
  struct Snapshot {
    struct Level {
      double price = 0.0, size = 0.0;
    };
    std::string symbol;
    std::chrono::system_clock::time_point timestamp;
    std::vector<Level> bids, asks;
  };
  void update_spread(const std::string& symbol, double bid, double ask) {
    const std::scoped_lock lock(mutex);
    spreads[symbol] = {bid, ask};
  }
  void add_exchange_orderbook(const std::string& venue, const Snapshot& snapshot) {
    const std::scoped_lock lock(mutex);
    books[snapshot.symbol + " " + venue] = snapshot;
  }
  bool remove_exchange(const std::string& symbol, const std::string& venue) {
    const std::scoped_lock lock(mutex);
    return books.erase(symbol + " " + venue) > 0;
  }
  template <class Ask>
  auto ask(const Ask& call) {
    const std::scoped_lock lock(mutex);
    return call();
  }
  std::mutex mutex;
  std::map<std::string, Spread> spreads;
  std::map<std::string, Snapshot> books;
};

TEST(LiveMarket, FeedsSpreadsAndBooksUntilItEnds) {
  Exchanges exchanges({"kraken", "okx"});
  const auto market = LiveMarket::start(exchanges.options()).value();
  Faces faces;
  const LiveFeeder feeder(
      *market, {.on_change = spreads_to(faces), .on_book = books_to<Faces::Snapshot>(faces), .every = milliseconds(5)});
  EXPECT_TRUE(until(*market, [&] { return faces.ask([&] { return faces.books.size() == 4; }); }));
  exchanges.halt();
  EXPECT_TRUE(until(*market, [&] {
    const LiveBook book = market->book("BTC/USDT", 1).value();
    const auto own = market->venue_books("BTC/USDT", 20).value();
    return faces.ask([&] {
      const Spread& spread = faces.spreads["BTC/USDT"];
      if (book.bids.empty() || spread.bid != real(book.bids[0].price.count(), book.price_scale)) return false;
      return std::ranges::all_of(own, [&](const LiveVenueBook& one) {
        const Faces::Snapshot& told = faces.books["BTC/USDT " + one.venue];
        return !one.bids.empty() && told.bids.size() == one.bids.size() &&
               told.bids[0].price == real(one.bids[0].price.count(), one.price_scale) &&
               told.bids[0].size == real(one.bids[0].quantity.count(), one.quantity_scale);
      });
    });
  }));
  market->stop();
  EXPECT_TRUE(until(*market, [&] { return faces.ask([&] { return faces.books.empty(); }); }));
  EXPECT_EQ(faces.ask([&] { return faces.spreads["ETH/USDT"].bid; }), 0.0);
  EXPECT_EQ(feeder.error(), "");
}

}  // namespace
}  // namespace crossbook::shard
