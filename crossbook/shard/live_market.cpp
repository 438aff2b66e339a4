// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_market.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "crossbook/shard/live.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

// A reader, and the changes that found no room in its ring.
struct Reader {
  std::shared_ptr<LiveChanges> changes;
  std::vector<std::uint64_t> left_out;  // by group
  std::vector<GroupId> owed;            // groups with some left out, each once
};

}  // namespace

class LiveMarket::Core final : public LiveListener {
 public:
  explicit Core(const LiveMarketOptions& options)
      : player_({.engine = {.use_bbo = options.use_bbo, .add_listings = false}, .groups = {}}) {}
  ~Core() override { stop(); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void start(LiveOptions live) {
    shard_ = std::make_unique<LiveShard>(loop_, player_, std::move(live), nullptr, this);
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    const std::scoped_lock turn(stop_mutex_);
    if (!thread_.joinable()) return;
    loop_.post([this] { shard_->stop([this] { loop_.stop(); }); });
    thread_.join();
  }
  [[nodiscard]] bool running() const {
    const std::scoped_lock lock(calls_mutex_);
    return !over_;
  }

  // Runs it on the thread that owns the books, and returns when it has; once that thread is over, here.
  void on_shard(const std::function<void()>& call) {
    std::unique_lock lock(calls_mutex_);
    if (over_) return call();
    bool done = false;
    calls_.push_back({&call, &done});
    loop_.post([this] { serve_calls(); });
    called_.wait(lock, [&done] { return done; });
  }

  [[nodiscard]] const Player& player() const { return player_; }
  [[nodiscard]] const LiveShard& shard() const { return *shard_; }
  [[nodiscard]] const std::map<std::string, std::string>& problems() const { return problems_; }

  void add_reader(std::shared_ptr<LiveChanges> changes) {
    Reader& reader = readers_.emplace_back();
    reader.changes = std::move(changes);
    for (std::size_t g = 0; g < player_.engine().groups(); ++g) tell(reader, GroupId(g), change_of(GroupId(g)));
    if (over_) reader.changes->end();
  }

  bool wait_ready(Nanos at_most) {
    std::unique_lock lock(calls_mutex_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(at_most.count());
    while (!over_ && !ready_)
      if (ready_or_over_.wait_until(lock, until) == std::cv_status::timeout) break;
    return ready_;
  }

  void on_effects(Moment /*now*/, const Effects& effects) override {
    // Nobody holds the other end any more.
    std::erase_if(readers_, [](const Reader& reader) { return reader.changes.use_count() == 1; });
    for (Reader& reader : readers_) settle(reader);
    if (!effects.books.empty()) note_ready();
    for (const GroupId group : effects.groups) {
      const LiveChange change = change_of(group);
      for (Reader& reader : readers_) tell(reader, group, change);
    }
  }
  void on_subscription(Moment /*now*/, FeedId feed, const SubscriptionChange& change) override {
    if (change.state != SubscriptionState::refused) return;
    note_problem(feed,
                 player_.key(player_.engine().listings()[change.listing]) + " " +
                     std::string(venue::to_string(change.kind)) + " " + std::string(to_string(change.state)),
                 change.reason, change.text);
  }
  void on_session(Moment /*now*/, FeedId feed, const SessionChange& change) override {
    const bool planned = change.reason == SessionReason::none || change.reason == SessionReason::planned;
    if (change.phase == SessionPhase::waiting && !planned)
      note_problem(feed, "not connected", change.reason, change.text);
    else if (change.phase == SessionPhase::live) problems_.erase(std::string(venue::feed(feed).name));
  }
  void on_fetch_failed(Moment /*now*/, FeedId feed, std::string_view why) override {
    problems_.insert_or_assign(std::string(venue::feed(feed).name), "rest: " + std::string(why));
  }

 private:
  struct Call {
    const std::function<void()>* what;
    bool* done;
  };

  void run() {
    shard_->start();
    loop_.run();
    serve_calls();
    const std::scoped_lock lock(calls_mutex_);
    over_ = true;
    for (const Call& call : calls_) {
      (*call.what)();
      *call.done = true;
    }
    calls_.clear();
    for (const Reader& reader : readers_) reader.changes->end();
    called_.notify_all();
    ready_or_over_.notify_all();
  }
  // Calls wait for us, we never for them: the lock is held for the hand-over only.
  void serve_calls() {
    std::vector<Call> calls;
    {
      const std::scoped_lock lock(calls_mutex_);
      calls.swap(calls_);
    }
    for (const Call& call : calls) (*call.what)();
    if (calls.empty()) return;
    const std::scoped_lock lock(calls_mutex_);
    for (const Call& call : calls) *call.done = true;
    called_.notify_all();
  }

  void note_ready() {
    const engine::Engine& engine = player_.engine();
    const bool ready =
        std::ranges::all_of(engine.listings(), [&](const Listing& one) { return engine.book(one.id).ready(); });
    if (ready == told_ready_) return;
    told_ready_ = ready;
    const std::scoped_lock lock(calls_mutex_);
    ready_ = ready;
    ready_or_over_.notify_all();
  }
  void note_problem(FeedId feed, std::string what, SessionReason reason, const std::string& said) {
    what.append(" (").append(to_string(reason)).append(")");
    if (!said.empty()) what.append(": ").append(said);
    problems_.insert_or_assign(std::string(venue::feed(feed).name), std::move(what));
  }

  [[nodiscard]] LiveChange change_of(GroupId id) const {
    const engine::Group& group = player_.engine().group(id);
    const book::Consolidated& view = group.consolidated;
    LiveChange change;
    change.symbol = group.name;
    change.at = player_.last_t();
    if (const auto& best = view.best(Side::bid)) change.bid = {best->price, best->quantity};
    if (const auto& best = view.best(Side::ask)) change.ask = {best->price, best->quantity};
    change.price_scale = view.price_scale();
    change.quantity_scale = view.quantity_scale();
    change.spread_micro_bps = view.spread_micro_bps();
    change.venues = view.contributors();
    return change;
  }
  void tell(Reader& reader, GroupId group, LiveChange change) {
    if (index(group) >= reader.left_out.size()) reader.left_out.resize(index(group) + 1);
    std::uint64_t& left_out = reader.left_out[index(group)];
    change.conflated = left_out;
    if (reader.changes->offer(change)) {
      if (left_out > 0) std::erase(reader.owed, group);
      left_out = 0;
      return;
    }
    if (left_out++ == 0) reader.owed.push_back(group);
    reader.changes->leave_out();
  }
  // What found no room is told as it is now, those that wait for longest first.
  void settle(Reader& reader) {
    std::size_t told = 0;
    for (; told < reader.owed.size(); ++told) {
      const GroupId group = reader.owed[told];
      LiveChange change = change_of(group);
      // The last that was left out is told now: the others were in vain.
      change.conflated = reader.left_out[index(group)] - 1;
      if (!reader.changes->offer(change)) break;
      reader.left_out[index(group)] = 0;
    }
    reader.owed.erase(reader.owed.begin(), reader.owed.begin() + static_cast<std::ptrdiff_t>(told));
  }

  sys::Loop loop_;
  Player player_;
  std::unique_ptr<LiveShard> shard_;
  std::vector<Reader> readers_;
  std::map<std::string, std::string> problems_;
  bool told_ready_ = false;  // the shard's own copy of ready_

  mutable std::mutex calls_mutex_;  // of what follows
  std::condition_variable called_;
  std::condition_variable ready_or_over_;
  std::vector<Call> calls_;
  bool ready_ = false;
  bool over_ = false;

  std::mutex stop_mutex_;
  std::thread thread_;
};

LiveMarket::LiveMarket(std::unique_ptr<Core> core) : core_(std::move(core)) {}
LiveMarket::~LiveMarket() = default;

sys::Outcome<std::unique_ptr<LiveMarket>> LiveMarket::start(const LiveMarketOptions& options) {
  std::string mistakes;
  for (const LiveMistake& mistake : mistakes_of(options.request)) {
    if (!mistakes.empty()) mistakes += '\n';
    if (!mistake.venue.empty()) mistakes.append(mistake.venue).append(": ");
    mistakes += mistake.what;
  }
  if (!mistakes.empty()) return sys::fault(mistakes);
  auto live = live_options(options.request);
  if (!live) return sys::fault(live.error());
  live->unread_max = options.unread_max;
  auto core = std::make_unique<Core>(options);
  core->start(std::move(*live));
  return std::unique_ptr<LiveMarket>(new LiveMarket(std::move(core)));
}

void LiveMarket::stop() { core_->stop(); }
bool LiveMarket::running() const { return core_->running(); }

std::vector<std::string> LiveMarket::symbols() {
  std::vector<std::string> names;
  core_->on_shard([&] { names = symbols_of(core_->player()); });
  return names;
}

sys::Outcome<LiveBook> LiveMarket::book(std::string_view symbol, std::size_t depth) {
  sys::Outcome<LiveBook> answer;
  core_->on_shard([&] {
    const Player& player = core_->player();
    if (const auto group = player.engine().find_group(symbol)) answer = book_of(player, *group, depth);
    else if (answer = empty_book(player, symbol); answer->venues.empty())
      answer = sys::fault(unknown_symbol(symbol, player));
  });
  return answer;
}

sys::Outcome<std::vector<LiveVenueBook>> LiveMarket::venue_books(std::string_view symbol, std::size_t depth,
                                                                 SeenBooks* seen) {
  sys::Outcome<std::vector<LiveVenueBook>> answer;
  core_->on_shard([&] {
    const Player& player = core_->player();
    if (const auto group = player.engine().find_group(symbol)) answer = venue_books_of(player, *group, depth, seen);
    else if (empty_book(player, symbol).venues.empty()) answer = sys::fault(unknown_symbol(symbol, player));
  });
  return answer;
}

LiveStatus LiveMarket::status() {
  LiveStatus status;
  core_->on_shard([&] {
    const engine::Engine& engine = core_->player().engine();
    status.frames = core_->player().frames();
    for (const Listing& listing : engine.listings()) {
      ++status.books;
      status.books_ready += engine.book(listing.id).ready() ? 1U : 0U;
    }
    for (const LiveConnection& connection : core_->shard().connections())
      status.connections.push_back({.feed = std::string(venue::feed(connection.feed).name),
                                    .phase = to_string(connection.phase),
                                    .open = connection.open,
                                    .connects = connection.connects,
                                    .subscriptions = connection.subscriptions,
                                    .subscriptions_live = connection.subscriptions_live});
    status.problems = core_->problems();
  });
  status.running = core_->running();
  return status;
}

bool LiveMarket::wait_ready(Nanos at_most) { return core_->wait_ready(at_most); }

std::shared_ptr<LiveChanges> LiveMarket::changes(std::size_t changes_max) {
  auto changes = std::make_shared<LiveChanges>(changes_max);
  core_->on_shard([&] { core_->add_reader(changes); });
  return changes;
}

}  // namespace crossbook::shard
