// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crossbook/book/merge.hpp"

// A million steps of venues that lose, repeat and reorder their messages, fall silent, reconnect and come back, against
// what they truly are: after every step a ready book is the venue's own as of the number it claims, nothing of another
// book is published, and the consolidated view is the one recomputed from nothing.
namespace crossbook::book {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::int64_t below(std::int64_t n) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(n));
  }
  bool once_in(std::int64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

// Price to quantity, each side in its own order.
struct Maps {
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;

  void set(Side side, const Level& level) {
    const auto apply = [&](auto& map) {
      if (level.quantity == Quantity()) map.erase(level.price.count());
      else map[level.price.count()] = level.quantity.count();
    };
    side == Side::bid ? apply(bids) : apply(asks);
  }
  template <class Visit>
  void each(Side side, Visit&& visit) const {
    const auto all = [&](const auto& map) {
      for (const auto& [price, quantity] : map) visit(price, quantity);
    };
    side == Side::bid ? all(bids) : all(asks);
  }
  [[nodiscard]] std::optional<WideLevel> top(Side side) const {
    const auto first = [](const auto& map) -> std::optional<WideLevel> {
      if (map.empty()) return {};
      return WideLevel{Price(map.begin()->first), WideQuantity(map.begin()->second)};
    };
    return side == Side::bid ? first(bids) : first(asks);
  }
};

struct Message {
  BookEventKind kind = BookEventKind::delta;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t previous = 0;
  std::vector<Level> bids;
  std::vector<Level> asks;
};

struct VenueKind {
  const char* name;
  const char* venue;
  SequenceRule rule;
  SnapshotSource source;
  int price_scale;
  bool faulty;  // false where the wire cannot show a fault
};
constexpr std::array kinds{
    VenueKind{"range", "range", SequenceRule::range, SnapshotSource::rest, 1, true},
    VenueKind{"next", "next", SequenceRule::next, SnapshotSource::stream, 1, true},
    VenueKind{"futures", "futures", SequenceRule::previous_range, SnapshotSource::rest, 2, true},
    VenueKind{"pointer", "pointer", SequenceRule::previous, SnapshotSource::stream, 1, true},
    VenueKind{"blind", "blind", SequenceRule::none, SnapshotSource::stream, 1, false},
    VenueKind{"next-2", "next", SequenceRule::next, SnapshotSource::stream, 1, true},
    VenueKind{"whole", "whole", SequenceRule::snapshots, SnapshotSource::stream, 1, true},
};

// The exchange: its true book, what it sends, and what got lost on the way.
class Exchange {
 public:
  explicit Exchange(const VenueKind& kind) : kind_(kind) {}

  void trade(Random& random, std::int64_t market) {
    const std::int64_t tick = kind_.price_scale == 2 ? 10 : 1;
    if (random.once_in(4'000))
      offset_ = offset_ != 0 ? 0 : market * (4 + random.below(26)) / (random.once_in(2) ? 1'000 : -1'000);
    const std::int64_t mid = (market + offset_) * tick;
    Message message;
    message.previous = last_;
    message.first = last_ + 1;
    const bool ranges = kind_.rule == SequenceRule::range || kind_.rule == SequenceRule::previous_range;
    last_ = message.last = last_ + 1 + (ranges ? random.below(3) : 0);
    const std::int64_t changes = 1 + random.below(4);
    if (random.once_in(4'000)) crossing_ = 1 + random.below(60);  // its feed goes wrong for a while
    for (std::int64_t i = 0; i < changes; ++i) {
      const Side side = random.once_in(2) ? Side::bid : Side::ask;
      const std::int64_t away = 1 + random.below(30) * tick;
      const std::int64_t quantity = random.once_in(3) ? 0 : 1 + random.below(9);
      change(message, side, {Price(side == Side::bid ? mid - away : mid + away), Quantity(quantity)});
    }
    if (crossing_ == 0) {
      uncross(message);
    } else if (--crossing_ > 0 && !truth_.asks.empty()) {
      change(message, Side::bid, {Price(truth_.asks.begin()->first + tick), Quantity(1)});
    }
    prune(message, mid, 60 * tick);
    log_.push_back(message);
    if (log_.size() > 20'000) log_.pop_front();
    send(random, kind_.rule == SequenceRule::snapshots ? whole() : message);
    if (random.once_in(100)) old_ = whole();
  }

  [[nodiscard]] Message whole() const {
    Message message{.kind = BookEventKind::snapshot, .last = last_};
    truth_.each(Side::bid, [&](std::int64_t p, std::int64_t q) { message.bids.push_back({Price(p), Quantity(q)}); });
    truth_.each(Side::ask, [&](std::int64_t p, std::int64_t q) { message.asks.push_back({Price(p), Quantity(q)}); });
    return message;
  }
  [[nodiscard]] const std::optional<Message>& old() const { return old_; }
  void queue_snapshot() { wire.push_back(whole()); }
  [[nodiscard]] const std::deque<Message>& log() const { return log_; }

  std::deque<Message> wire;

 private:
  void change(Message& message, Side side, const Level& level) {
    truth_.set(side, level);
    (side == Side::bid ? message.bids : message.asks).push_back(level);
  }
  void uncross(Message& message) {
    while (!truth_.bids.empty() && !truth_.asks.empty() && truth_.bids.begin()->first >= truth_.asks.begin()->first) {
      change(message, Side::ask, {Price(truth_.asks.begin()->first), Quantity()});
    }
  }
  // What the market left behind is withdrawn.
  void prune(Message& message, std::int64_t mid, std::int64_t reach) {
    while (!truth_.bids.empty() && std::abs(truth_.bids.begin()->first - mid) > reach) {
      change(message, Side::bid, {Price(truth_.bids.begin()->first), Quantity()});
    }
    while (!truth_.asks.empty() && std::abs(truth_.asks.begin()->first - mid) > reach) {
      change(message, Side::ask, {Price(truth_.asks.begin()->first), Quantity()});
    }
  }
  void send(Random& random, const Message& message) {
    if (kind_.faulty && random.once_in(300)) return;
    wire.push_back(message);
    if (random.once_in(200)) wire.push_back(message);
    if (kind_.faulty && wire.size() > 1 && random.once_in(200)) std::swap(wire[wire.size() - 1], wire[wire.size() - 2]);
  }

  VenueKind kind_;
  Maps truth_;
  std::int64_t last_ = 100;
  std::int64_t offset_ = 0;
  std::int64_t crossing_ = 0;
  std::deque<Message> log_;
  std::optional<Message> old_;
};

// The book under test beside the exchange's true book as of the number that it claims.
class Receiver {
 public:
  explicit Receiver(const VenueKind& kind)
      : book({.rule = kind.rule, .snapshot = kind.source}), exchange(kind), kind_(kind) {}

  bool deliver(const Message& message, bool fetched, Steady at) {
    batch_.bids = message.bids;
    batch_.asks = message.asks;
    BookEvent event{.kind = message.kind, .from_rest = fetched};
    event.bids.end = static_cast<std::uint32_t>(message.bids.size());
    event.asks.end = static_cast<std::uint32_t>(message.asks.size());
    if (kind_.rule != SequenceRule::none) {
      event.sequence = {.first = message.first, .last = message.last, .previous = message.previous};
    }
    const BookChange change = book.on(event, batch_, at, {});
    if (change.outcome == Outcome::applied) {
      if (message.kind == BookEventKind::snapshot) start_from(message);
      advance_to(kind_.rule == SequenceRule::none ? message.last : *book.last_seq());
    }
    return change.published_changed;
  }

  // The truth is compared only where the book says that it is one.
  void expect_true(bool every_level) const {
    for (const Side side : {Side::bid, Side::ask}) {
      ASSERT_EQ(book.published_top(side), book.ready() ? replica_.top(side) : std::nullopt) << kind_.name;
      if (!every_level || !book.ready()) continue;
      std::vector<WideLevel> held;
      std::vector<WideLevel> expected;
      book.for_each(side, [&](const WideLevel& level) {
        held.push_back(level);
        return true;
      });
      replica_.each(side, [&](std::int64_t p, std::int64_t q) { expected.push_back({Price(p), WideQuantity(q)}); });
      ASSERT_EQ(held, expected) << kind_.name;
    }
  }

  [[nodiscard]] const Maps& replica() const { return replica_; }

  VenueBook book;
  Exchange exchange;
  bool asleep = false;

 private:
  void start_from(const Message& message) {
    replica_ = {};
    for (const Level& level : message.bids) replica_.set(Side::bid, level);
    for (const Level& level : message.asks) replica_.set(Side::ask, level);
    replica_at_ = message.last;
  }
  void advance_to(std::int64_t last) {
    const std::deque<Message>& log = exchange.log();
    auto next = std::upper_bound(log.begin(), log.end(), replica_at_,
                                 [](std::int64_t number, const Message& m) { return number < m.last; });
    for (; next != log.end() && next->last <= last; ++next) {
      for (const Level& level : next->bids) replica_.set(Side::bid, level);
      for (const Level& level : next->asks) replica_.set(Side::ask, level);
      replica_at_ = next->last;
    }
  }

  VenueKind kind_;
  Maps replica_;
  std::int64_t replica_at_ = 0;
  EventBatch batch_;
};

// The consolidated view from nothing, in the words of the design: sorted lists, no increments, no bands.
class NaiveGroup {
 public:
  struct Member {
    std::string name;
    std::string venue;
    std::int64_t factor = 1;
    std::int64_t reliability_ppm = 1'000'000;
    std::optional<WideLevel> bid;
    std::optional<WideLevel> ask;
    Reason own = Reason::waiting_for_snapshot;
    Verified verified = Verified::unverifiable;
    Steady heard;
    Reason reason = Reason::waiting_for_snapshot;
    bool outside = false;
    std::optional<Steady> near_since;
    [[nodiscard]] std::int64_t mid() const {
      const std::int64_t low = bid ? bid->price.count() : ask->price.count();
      return (low + (ask ? ask->price.count() : low)) * factor;
    }
  };
  std::vector<Member> members;

  void judge(Steady at) {
    for (Member& m : members) m.reason = own_reason(m);
    std::map<std::string, Member*> first;
    for (Member& m : members) {
      if (m.reason != Reason::none) continue;
      Member*& kept = first[m.venue];
      if (kept == nullptr || m.verified > kept->verified) kept = &m;
    }
    for (Member& m : members) {
      if (m.reason == Reason::none && first[m.venue] != &m) m.reason = Reason::duplicate_feed;
    }
    consensus(at);
  }

  [[nodiscard]] std::optional<BestPrice> best(Side side) const {
    std::map<std::int64_t, BestPrice> by_price;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Member& m = members[i];
      const std::optional<WideLevel>& top = side == Side::bid ? m.bid : m.ask;
      if (m.reason != Reason::none || !top) continue;
      const Price price(top->price.count() * m.factor);
      BestPrice& level = by_price[side == Side::bid ? -price.count() : price.count()];
      level.price = price;
      level.quantity += top->quantity;
      level.members |= std::uint64_t{1} << i;
    }
    if (by_price.empty()) return {};
    return by_price.begin()->second;
  }

 private:
  static Reason own_reason(const Member& m) {
    if (m.own != Reason::none) return m.own;
    if (!m.bid && !m.ask) return Reason::no_price;
    if (m.bid && m.ask && m.bid->price > m.ask->price) return Reason::own_book_crossed;
    return m.reliability_ppm < 500'000 ? Reason::low_reliability : Reason::none;
  }
  static std::int64_t median_of(const std::vector<Member*>& near) {
    std::vector<std::int64_t> mids;
    for (const Member* m : near) mids.push_back(m->mid());
    std::sort(mids.begin(), mids.end());
    const std::size_t n = mids.size();
    return n % 2 == 1 ? mids[n / 2] : (mids[n / 2 - 1] + mids[n / 2]) / 2;
  }
  static bool first_to_go(const Member* a, const Member* b) {
    const auto rank = [](const Member* m) { return std::tuple(m->reliability_ppm, !m->outside, m->heard); };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return a->name > b->name;
  }
  void consensus(Steady at) {
    std::vector<Member*> near;
    for (Member& m : members) {
      if (m.reason == Reason::none) near.push_back(&m);
      else m.outside = false;
    }
    if (near.size() == 1) near.front()->outside = false;
    if (near.size() < 2) return;
    for (;;) {
      const std::int64_t centre = median_of(near);
      const auto distance = [&](const Member* m) { return std::abs(m->mid() - centre); };
      Member* goes = nullptr;
      if (near.size() == 2) {
        if (std::abs(near[0]->mid() - near[1]->mid()) * 100 > centre)
          goes = first_to_go(near[0], near[1]) ? near[0] : near[1];
      } else if (near.size() > 2) {
        goes = *std::min_element(near.begin(), near.end(), [&](const Member* a, const Member* b) {
          return distance(a) != distance(b) ? distance(a) > distance(b) : first_to_go(a, b);
        });
        if (distance(goes) * 100 <= centre) goes = nullptr;
      }
      if (goes == nullptr) break;
      std::erase(near, goes);
      goes->reason = Reason::off_consensus;
      goes->outside = true;
      goes->near_since.reset();
    }
    const std::int64_t centre = median_of(near);
    for (Member* m : near) {
      if (!m->outside) continue;
      const bool close = std::abs(m->mid() - centre) * 1'000 <= centre * 8;
      if (!close) m->near_since.reset();
      else if (!m->near_since) m->near_since = at;
      if (m->near_since && at - *m->near_since >= seconds(1)) m->outside = false;
      else m->reason = Reason::off_consensus;
    }
  }
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    for (const VenueKind& kind : kinds) {
      receivers_.push_back(std::make_unique<Receiver>(kind));
      views_.push_back(&receivers_.back()->book);
      group_.add({.name = kind.name, .venue_key = kind.venue, .price_scale = kind.price_scale});
      naive_.members.push_back({.name = kind.name, .venue = kind.venue, .factor = kind.price_scale == 2 ? 1 : 10});
    }
  }

  void step(std::int64_t number) {
    now_ = now_ + milliseconds(random_.below(20));
    if (random_.once_in(5)) market_ += random_.below(3) - 1;
    const auto m = static_cast<Member>(random_.below(static_cast<std::int64_t>(kinds.size())));
    Receiver& receiver = *receivers_[m];
    receiver.exchange.trade(random_, market_);
    if (!receiver.asleep) hear(m);
    if (random_.once_in(500)) disturb(m);
    group_.advance(now_);
    naive_.judge(now_);
    expect_same(m, number);
  }

  std::set<Reason> reasons_seen;
  std::uint64_t ready_steps = 0;

 private:
  void hear(Member m) {
    Receiver& receiver = *receivers_[m];
    if (!receiver.exchange.wire.empty()) {
      const Message message = receiver.exchange.wire.front();
      receiver.exchange.wire.pop_front();
      if (receiver.deliver(message, false, now_)) publish(m);
    }
    if (!receiver.book.ready() && random_.once_in(20)) resync(m);
    while (receiver.exchange.wire.size() > 3 && !random_.once_in(2)) {
      const Message message = receiver.exchange.wire.front();
      receiver.exchange.wire.pop_front();
      if (receiver.deliver(message, false, now_)) publish(m);
    }
  }
  void resync(Member m) {
    Receiver& receiver = *receivers_[m];
    receiver.book.syncing();
    if (receiver.book.settings().snapshot == SnapshotSource::stream) {
      receiver.exchange.queue_snapshot();
      return;
    }
    const bool old = random_.once_in(4) && receiver.exchange.old();
    if (receiver.deliver(old ? *receiver.exchange.old() : receiver.exchange.whole(), true, now_)) publish(m);
  }
  void disturb(Member m) {
    Receiver& receiver = *receivers_[m];
    switch (random_.below(5)) {
      case 0:  // the socket was closed, and what was under way is gone
        receiver.exchange.wire.clear();
        receiver.book.reset(Reason::reconnect);
        break;
      case 1: receiver.book.fail(BookState::stale, random_.once_in(2) ? Reason::late : Reason::silent); break;
      case 2: receiver.asleep = !receiver.asleep; break;
      case 3: {
        const std::int64_t reliability = 400'000 + random_.below(4) * 200'000;
        group_.set_reliability(m, reliability, now_);
        naive_.members[m].reliability_ppm = reliability;
        naive_.judge(now_);
        break;
      }
      default: receiver.book.fail(BookState::gapped, Reason::malformed_frame);
    }
    publish(m);
  }
  void publish(Member m) {
    const VenueBook& book = receivers_[m]->book;
    const MemberTop top{book.published_top(Side::bid), book.published_top(Side::ask), book.reason(), book.verified()};
    group_.set(m, top, now_);
    NaiveGroup::Member& naive = naive_.members[m];
    naive.bid = top.bid;
    naive.ask = top.ask;
    naive.own = top.reason;
    naive.verified = top.verified;
    naive.heard = now_;
    naive_.judge(now_);
  }

  void expect_same(Member m, std::int64_t number) {
    receivers_[m]->expect_true(number % 16 == 0);
    ready_steps += receivers_[m]->book.ready();
    for (const Side side : {Side::bid, Side::ask}) ASSERT_EQ(group_.best(side), naive_.best(side));
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      ASSERT_EQ(group_.excluded(static_cast<Member>(i)), naive_.members[i].reason) << kinds[i].name;
      ASSERT_TRUE(receivers_[i]->book.ready() == (receivers_[i]->book.reason() == Reason::none));
      reasons_seen.insert(naive_.members[i].reason);
    }
    if (number % 64 == 0) expect_merge();
  }
  void expect_merge() {
    for (const Side side : {Side::bid, Side::ask}) {
      std::map<std::int64_t, std::map<Member, std::int64_t>> expected;
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (naive_.members[i].reason != Reason::none) continue;
        receivers_[i]->replica().each(side, [&](std::int64_t p, std::int64_t q) {
          expected[(side == Side::bid ? -p : p) * naive_.members[i].factor][static_cast<Member>(i)] = q;
        });
      }
      Merge merge(group_, views_, side);
      for (const auto& [key, parts] : expected) {
        const std::optional<MergedLevel> level = merge.next();
        ASSERT_TRUE(level);
        ASSERT_EQ(level->price.count(), side == Side::bid ? -key : key);
        ASSERT_EQ(level->parts.size(), parts.size());
        std::size_t i = 0;
        for (const auto& [member, quantity] : parts) {
          ASSERT_EQ(level->parts[i].member, member);
          ASSERT_EQ(level->parts[i++].quantity, WideQuantity(quantity));
        }
      }
      ASSERT_FALSE(merge.next());
    }
  }

  Random random_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::vector<const VenueBook*> views_;
  Consolidated group_;
  NaiveGroup naive_;
  Steady now_{1};
  std::int64_t market_ = 10'000;
};

// A million; fewer under a sanitizer or without optimisation, where CROSSBOOK_MODEL_STEPS asks for another number.
std::int64_t steps() {
  if (const char* const asked = std::getenv("CROSSBOOK_MODEL_STEPS")) return std::atoll(asked);
#ifdef __OPTIMIZE__
  return 1'000'000;
#else
  return 40'000;
#endif
}

TEST(Model, BooksAndTheirConsolidationAreWhatTheExchangesAre) {
  std::set<Reason> seen;
  std::uint64_t ready_steps = 0;
  constexpr std::int64_t seeds = 4;
  for (std::int64_t seed = 1; seed <= seeds; ++seed) {
    World world(static_cast<std::uint64_t>(seed));
    for (std::int64_t step = 0; step < steps() / seeds; ++step) {
      world.step(step);
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
    }
    seen.insert(world.reasons_seen.begin(), world.reasons_seen.end());
    ready_steps += world.ready_steps;
  }
  EXPECT_GT(ready_steps, static_cast<std::uint64_t>(steps() / 4));
  if (steps() < 1'000'000) return;
  for (const Reason reason : {Reason::none, Reason::gap, Reason::crossed, Reason::reconnect, Reason::late,
                              Reason::silent, Reason::malformed_frame, Reason::own_book_crossed, Reason::off_consensus,
                              Reason::low_reliability, Reason::duplicate_feed}) {
    EXPECT_TRUE(seen.contains(reason)) << to_string(reason) << " never happened";
  }
}

}  // namespace
}  // namespace crossbook::book
