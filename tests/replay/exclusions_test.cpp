// SPDX-License-Identifier: Apache-2.0
//
// Which venue left the consolidated book of a simulated session, when and why: the whole list is committed as
// testdata/exclusions.txt, and each line must follow from a fault that was injected.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crossbook/market/session.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook {
namespace {

constexpr Nanos session_length = seconds(300);

struct Session {
  std::vector<std::string> lines;  // "time venue reason" of BTC/USDT
  std::vector<market::Fault> faults;
  std::vector<std::pair<std::string, Steady>> left;  // venue, and when it left
  std::uint64_t published_while_not_ready = 0;
};

std::string time_text(Nanos since) {
  const std::int64_t ms = since.count() / 1'000'000;
  const std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
  return std::to_string(ms / 1000) + "." + fraction;
}

// A member that stands in the best price while its book is not ready would be a price that nobody may use.
std::uint64_t unready_at_best(const engine::Engine& engine, const engine::Group& group) {
  std::uint64_t count = 0;
  for (const Side side : {Side::bid, Side::ask}) {
    const auto& best = group.consolidated.best(side);
    for (std::size_t m = 0; best && m < group.members.size(); ++m)
      if ((best->members >> m & 1) != 0 && !engine.book(group.members[m]).ready()) ++count;
  }
  return count;
}

Session play() {
  market::SessionOptions options;
  options.seed = 3;
  options.duration = session_length;
  options.faults.stall_every = seconds(60);
  options.faults.stall_for = seconds(40);
  options.faults.disconnect_every = seconds(120);
  options.faults.drop_every = seconds(60);
  market::Session source(options);
  market::Record record;
  shard::Player player(shard::PlayerOptions{});
  std::map<std::string, ConnectionId> connections;
  std::map<std::string, Reason> reasons;
  Session session;
  const std::array directions{capture::Direction::open, capture::Direction::out, capture::Direction::in,
                              capture::Direction::http};
  while (source.next(record)) {
    capture::Record played;
    played.t = record.t;
    played.feed = record.feed;
    played.conn = record.conn;
    played.dir = directions[static_cast<std::size_t>(record.dir)];
    played.url = record.url;
    played.payload = record.raw;
    const std::string name = std::string(record.feed) + " " + std::string(record.conn);
    const ConnectionId connection = connections.try_emplace(name, ConnectionId(connections.size())).first->second;
    player.play(played, connection, Steady(record.t.nanos()));
    const auto group = player.engine().find_group("BTC/USDT");
    if (!group) continue;
    const engine::Group& found = player.engine().group(*group);
    session.published_while_not_ready += unready_at_best(player.engine(), found);
    for (std::size_t m = 0; m < found.members.size(); ++m) {
      const auto member = static_cast<book::Member>(m);
      const std::string& venue = found.consolidated.member(member).name;
      const Reason reason = found.consolidated.excluded(member);
      const auto known = reasons.find(venue);
      if (known != reasons.end() && known->second == reason) continue;
      reasons[venue] = reason;
      session.lines.push_back(time_text(record.t - options.start) + " " + venue + " " +
                              (reason == Reason::none ? "contributes" : to_string(reason)));
      if (reason != Reason::none) session.left.emplace_back(venue, Steady(record.t.nanos()));
    }
  }
  session.faults.assign(source.faults().begin(), source.faults().end());
  return session;
}

TEST(Exclusions, OfASimulatedSessionAreTheOnesCommitted) {
  const Session session = play();
  std::ifstream file(CROSSBOOK_SOURCE_DIR "/testdata/exclusions.txt");
  std::vector<std::string> committed;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with('#')) committed.push_back(line);
  if (std::getenv("CROSSBOOK_WRITE_EXCLUSIONS") != nullptr)
    for (const std::string& line : session.lines) std::printf("%s\n", line.c_str());
  EXPECT_THAT(session.lines, testing::ElementsAreArray(committed));
}

// A venue leaves only because something was made to go wrong with it shortly before; nothing of a book that is not
// ready is ever a best price.
TEST(Exclusions, FollowFromInjectedFaultsAndNeverShowABookThatIsNotReady) {
  const Session session = play();
  EXPECT_EQ(session.published_while_not_ready, 0u);
  std::map<std::string, std::string> feed_of;
  for (const venue::Feed* feed : venue::feeds())
    if (!feed->name.ends_with("-norm")) feed_of.try_emplace(std::string(feed->venue), feed->name);
  feed_of["bybit"] = "bybit-spot";
  for (const auto& [venue, at] : session.left) {
    const bool starting = at.nanos() - session.left.front().second.nanos() < seconds(10).count();
    const bool explained = std::any_of(session.faults.begin(), session.faults.end(), [&](const market::Fault& fault) {
      const std::int64_t after = at.nanos() - fault.at.nanos();
      return fault.feed == feed_of[venue] && after >= 0 && after < seconds(120).count();
    });
    EXPECT_TRUE(starting || explained) << venue << " left at " << at.nanos() << " without a fault";
  }
}

}  // namespace
}  // namespace crossbook
