// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live.hpp"

#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

constexpr Nanos timer_period = milliseconds(10);  // a connector's time may be missed by so much
constexpr std::string_view rest_conn = "rest";
constexpr std::string_view own_feed = "crossbook";  // of lines that belong to no venue
constexpr std::string_view own_conn = "shard";
constexpr std::uint16_t going_away = 1001;

// Whether an input changed books, and nothing followed from it.
bool only_books(const Effects& effects) {
  return effects.groups.empty() && effects.notes.empty() && effects.resyncs.empty() && effects.fetches.empty() &&
         effects.places.empty() && effects.cancels.empty() && effects.queries.empty() &&
         effects.order_changes.empty() && effects.alarms.empty();
}

Moment moment_of(sys::Moment moment) { return {moment.at, moment.wall}; }

capture::Record tick_record(Moment now) {
  capture::Record record{.t = now.wall, .t_mono = now.at, .feed = own_feed, .conn = own_conn};
  record.dir = capture::Direction::tick;
  return record;
}

}  // namespace

// One WebSocket, and what it is called in a capture.
class LiveShard::Socket final : public sys::WebSocketListener {
 public:
  Socket(LiveShard& shard, Venue& venue, const Connect& connect, ConnectionId number)
      : shard_(&shard), venue_(venue), id_(connect.connection), number_(number), url_(connect.url) {
    conn_ = "ws." + std::to_string(static_cast<std::uint32_t>(id_));
    socket_ = std::make_unique<sys::WebSocket>(shard.loop_,
                                               sys::WebSocketOptions{
                                                   .url = url_,
                                                   .dial = venue.options.dial,
                                                   .tls = venue.options.tls,
                                                   .headers = {{"User-Agent", shard.options_.user_agent}},
                                                   .deflate = venue.options.deflate,
                                                   .open_within = venue.options.connector.times.connect_within,
                                               },
                                               *this);
  }

  void on_open(sys::Moment moment) override {
    if (detached_) return;
    opened_ = true;
    shard_->on_open(*this, moment_of(moment));
  }
  void on_message(sys::Moment moment, std::string_view bytes, bool /*text*/) override {
    if (!detached_) shard_->on_message(*this, moment_of(moment), bytes);
  }
  void on_pong(sys::Moment moment, std::string_view /*payload*/) override {
    if (!detached_) shard_->on_alive(*this, moment_of(moment));
  }
  void on_ping(sys::Moment moment, std::string_view /*payload*/) override {
    if (!detached_) shard_->on_alive(*this, moment_of(moment));
  }
  void on_closed(sys::Moment moment, const sys::Closed& closed) override {
    shard_->on_closed(*this, moment_of(moment), closed);
  }

  // Tells nothing more but that it is closed.
  void detach() { detached_ = true; }

  [[nodiscard]] sys::WebSocket& socket() { return *socket_; }
  [[nodiscard]] Venue& venue() { return venue_; }
  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] ConnectionId number() const { return number_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& conn() const { return conn_; }
  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] bool detached() const { return detached_; }

  std::optional<Steady> behind_since;
  std::uint64_t times_behind = 0;

 private:
  LiveShard* shard_;
  Venue& venue_;
  ConnectionId id_;
  ConnectionId number_;
  std::string url_;
  std::string conn_;
  bool opened_ = false;
  bool detached_ = false;
  std::unique_ptr<sys::WebSocket> socket_;
};

LiveShard::LiveShard(sys::Loop& loop, Player& player, LiveOptions options, capture::Recorder* recorder,
                     LiveListener* listener)
    : loop_(loop),
      player_(player),
      options_(std::move(options)),
      recorder_(recorder),
      listener_(listener),
      venue_of_(venue::feeds().size()),
      http_(loop),
      timer_(loop) {
  const Moment now = moment_of(sys::now());
  venues_.reserve(options_.feeds.size());  // sockets hold references
  for (LiveFeed& feed : options_.feeds) {
    Venue& venue = venues_.emplace_back();
    venue.name = venue::feed(feed.feed).name;
    venue.connector = std::make_unique<Connector>(feed.feed, feed.connector, ids_);
    venue_of_[index(feed.feed)] = venues_.size();
    for (const std::string& raw : feed.raw_symbols)
      venue.connector->watch(now, player_.list(feed.feed, raw), raw, venue.actions);
    CROSSBOOK_ASSERT(venue.actions.empty());
    venue.options = std::move(feed);
  }
}

LiveShard::~LiveShard() = default;

LiveShard::Venue* LiveShard::find(FeedId feed) {
  const std::size_t position = venue_of_[index(feed)];
  return position == 0 ? nullptr : &venues_[position - 1];
}

void LiveShard::trade(PaperLoop& paper) {
  paper_ = &paper;
  paper.follow([this](const Input& input, const Effects& effects) {
    const Moment then{input.at, input.wall};
    // A replay of the recording knows nothing of our orders; it fires the timers of books at the same times.
    if (recorder_ != nullptr && std::holds_alternative<Tick>(input.what)) recorder_->offer(tick_record(then));
    gather(then, effects);
  });
}

void LiveShard::start() {
  const Moment now = moment_of(sys::now());
  last_input_ = now.at;
  for (Venue& venue : venues_) {
    venue.connector->start(now, venue.actions);
    carry_out(now, venue);
  }
  plan();
}

void LiveShard::stop(std::function<void()> done) {
  timer_.cancel();
  stopped_ = std::move(done);
  const Moment now = moment_of(sys::now());
  for (Venue& venue : venues_) {
    venue.connector->stop(now, venue.actions);
    carry_out(now, venue);
  }
  if (closing_.empty()) loop_.post(std::exchange(stopped_, nullptr));
}

sys::Status LiveShard::watch(FeedId feed, std::string_view raw_symbol) {
  Venue* const venue = find(feed);
  if (venue == nullptr)
    return sys::fault(std::string(venue::feed(feed).name) + " is not connected; name it among the venues");
  const Moment now = moment_of(sys::now());
  venue->connector->watch(now, player_.list(feed, raw_symbol), raw_symbol, venue->actions);
  carry_out(now, *venue);
  return {};
}

void LiveShard::unwatch(ListingId listing) {
  Venue* const venue = find(player_.engine().listings()[listing].feed);
  if (venue == nullptr) return;
  const Moment now = moment_of(sys::now());
  venue->connector->unwatch(now, listing, venue->actions);
  carry_out(now, *venue);
}

std::vector<LiveConnection> LiveShard::connections() const {
  std::vector<LiveConnection> all;
  for (const Venue& venue : venues_) {
    for (const Session* session : venue.connector->sessions()) {
      LiveConnection& connection = all.emplace_back();
      connection.feed = venue.connector->feed();
      connection.connection = session->id();
      connection.phase = session->phase();
      connection.connects = session->connects();
      connection.subscriptions = session->subscriptions().size();
      connection.subscriptions_live = static_cast<std::size_t>(
          std::ranges::count(session->subscriptions(), SubscriptionState::live, &Subscription::state));
      const auto socket = sockets_.find(session->id());
      if (socket == sockets_.end()) continue;
      connection.open = socket->second->socket().is_open();
      connection.unsent_bytes = socket->second->socket().unsent_bytes();
      connection.times_behind = socket->second->times_behind;
      if (!socket->second->behind_since) continue;
      const Steady now = sys::steady_now();
      connection.behind = now - *socket->second->behind_since;
      connection.unread = socket->second->socket().age_max(now);
    }
  }
  return all;
}

// -- time ------------------------------------------------------------------------------------------------------------

void LiveShard::plan() {
  timer_.after(timer_period, [this] { on_timer(); });
}

// Every tick is recorded: a replay then fires the engine's timers at the very same times.
void LiveShard::on_timer() {
  const Moment now = moment_of(sys::now());
  for (Venue& venue : venues_) {
    const auto due = venue.connector->due();
    if (!due || now.at < *due) continue;
    venue.connector->tick(now, venue.actions);
    carry_out(now, venue);
  }
  look(now);
  if (now.at - last_input_ >= options_.quiet) take_tick(now);
  if (const auto due = paper_ != nullptr ? paper_->next_due() : std::nullopt; due && *due <= now.at) {
    paper_->advance(now.at, now.wall);
    serve_books(now);
  }
  plan();
}

// -- reading too late ------------------------------------------------------------------------------------------------

bool LiveShard::changes_side(Socket& socket, Nanos unread) const {
  return socket.behind_since ? unread.count() <= options_.unread_max.count() / 2 : unread > options_.unread_max;
}

// Where nothing waits, a quiet connection is not behind, and one that was has caught up. The kernel is asked only as
// often as the answer matters.
void LiveShard::look(Moment now) {
  looked_at_.clear();
  for (const auto& [id, socket] : sockets_) {
    sys::WebSocket& link = socket->socket();
    if (!socket->opened() || link.age_max(now.at).count() <= options_.unread_max.count() / 4) continue;
    if (changes_side(*socket, link.look(now.at)) && socket->behind_since) looked_at_.push_back(id);
  }
  for (const ConnectionId id : looked_at_)
    if (const auto found = sockets_.find(id); found != sockets_.end()) judge(*found->second, now, Nanos(0));
}

// Is told to the engine as an input, and so stands in the recording.
void LiveShard::judge(Socket& socket, Moment now, Nanos unread) {
  if (!changes_side(socket, unread)) [[likely]]
    return;
  const bool behind = !socket.behind_since;
  if (behind) {
    socket.behind_since = now.at;
    ++socket.times_behind;
  } else {
    socket.behind_since.reset();
  }
  if (listener_ != nullptr) listener_->on_behind(now, socket.venue().connector->feed(), socket.id(), behind, unread);
  take_of(socket, now, behind ? capture::Direction::behind : capture::Direction::caught_up, {});
}

// -- what sockets tell -----------------------------------------------------------------------------------------------

void LiveShard::on_open(Socket& socket, Moment now) {
  take_of(socket, now, capture::Direction::open, {});
  socket.venue().connector->opened(now, socket.id(), socket.venue().actions);
  carry_out(now, socket.venue());
}

void LiveShard::on_alive(Socket& socket, Moment now) {
  socket.venue().connector->alive(now, socket.id());
  take_of(socket, now, capture::Direction::alive, {});
}

void LiveShard::on_message(Socket& socket, Moment now, std::string_view bytes) {
  judge(socket, now, socket.socket().age_max(now.at));
  const capture::Record record{.t = now.wall,
                               .t_mono = now.at,
                               .feed = socket.venue().name,
                               .conn = socket.conn(),
                               .dir = capture::Direction::in,
                               .payload = bytes};
  const Effects& effects = take(record, socket.number());
  Venue& venue = socket.venue();
  // The batch is of this frame until the engine's next input.
  const EventBatch& batch = player_.engine().batch();
  venue.connector->received(now, socket.id(), batch, bytes, venue.actions);
  if (paper_ != nullptr || !socket.behind_since || !batch.trades.empty() || !only_books(effects)) follow(now, effects);
  carry_out(now, venue);
}

void LiveShard::on_closed(Socket& socket, Moment now, const sys::Closed& closed) {
  if (socket.detached()) {
    std::erase_if(closing_, [&](const auto& one) { return one.get() == &socket; });
    if (closing_.empty() && stopped_) loop_.post(std::exchange(stopped_, nullptr));
    return;
  }
  if (socket.opened()) take_of(socket, now, capture::Direction::close, {});
  Venue& venue = socket.venue();
  const ConnectionId id = socket.id();
  Closure closure{.opened = socket.opened(), .text = closed.text};
  closure.http_status = static_cast<std::uint16_t>(closed.status);
  closure.retry_after = closed.retry_after;
  sockets_.erase(id);  // the socket is gone from here on
  venue.connector->closed(now, id, closure, venue.actions);
  carry_out(now, venue);
}

// -- records ---------------------------------------------------------------------------------------------------------

const Effects& LiveShard::take(const capture::Record& record, ConnectionId connection) {
  last_input_ = *record.t_mono;
  if (paper_ != nullptr) paper_->advance(*record.t_mono, record.t);
  if (recorder_ != nullptr) recorder_->offer(record);
  return player_.play(record, connection, *record.t_mono);
}

void LiveShard::take_of(Socket& socket, Moment now, capture::Direction dir, std::string_view payload) {
  capture::Record record{.t = now.wall, .t_mono = now.at, .feed = socket.venue().name, .conn = socket.conn()};
  record.dir = dir;
  record.payload = payload;
  if (dir == capture::Direction::open || dir == capture::Direction::out) record.url = socket.url();
  follow(now, take(record, socket.number()));
}

void LiveShard::take_tick(Moment now) {
  ++ticks_;
  follow(now, take(tick_record(now), ConnectionId()));
}

void LiveShard::follow(Moment now, const Effects& effects) {
  gather(now, effects);
  if (paper_ != nullptr) paper_->played(effects, now.at, now.wall);
  serve_books(now);
}

void LiveShard::gather(Moment now, const Effects& effects) {
  if (listener_ != nullptr) listener_->on_effects(now, effects);
  resyncs_.insert(resyncs_.end(), effects.resyncs.begin(), effects.resyncs.end());
  fetches_.insert(fetches_.end(), effects.fetches.begin(), effects.fetches.end());
}

// Resyncs and snapshots that the engine asked for go to the connectors; their actions are carried out at once.
void LiveShard::serve_books(Moment now) {
  if (resyncs_.empty() && fetches_.empty()) [[likely]]
    return;
  // Carrying out sends messages, which are inputs too and may ask for more.
  const std::vector<Resync> resyncs = std::exchange(resyncs_, {});
  const std::vector<FetchSnapshot> fetches = std::exchange(fetches_, {});
  for (const Resync& resync : resyncs) {
    const Listing& listing = player_.engine().listings()[resync.listing];
    Venue* const venue = find(listing.feed);
    if (venue == nullptr) continue;
    if (recorder_ != nullptr)
      recorder_->note_gap(now.wall, venue->name, player_.key(listing), to_string(resync.reason));
    venue->connector->resync(now, resync.listing, venue->actions);
    carry_out(now, *venue);
  }
  for (const FetchSnapshot& fetch : fetches) {
    Venue* const venue = find(player_.engine().listings()[fetch.listing].feed);
    if (venue == nullptr) continue;
    venue->connector->fetch_snapshot(now, fetch.listing, venue->actions);
    carry_out(now, *venue);
  }
}

// -- actions ---------------------------------------------------------------------------------------------------------

void LiveShard::carry_out(Moment now, Venue& venue) {
  if (venue.actions.empty()) [[likely]]
    return;
  const Actions actions = std::exchange(venue.actions, {});
  for (const SessionAction& action : actions) {
    if (const auto* to_connect = std::get_if<Connect>(&action)) {
      connect(venue, *to_connect);
    } else if (const auto* to_send = std::get_if<Send>(&action)) {
      send(now, *to_send);
    } else if (const auto* ping = std::get_if<SendPing>(&action)) {
      if (const auto socket = sockets_.find(ping->connection); socket != sockets_.end())
        socket->second->socket().ping("");
    } else if (const auto* to_close = std::get_if<Close>(&action)) {
      close(now, *to_close);
    } else if (const auto* to_fetch = std::get_if<Fetch>(&action)) {
      fetch(venue, *to_fetch);
    } else if (const auto* subscription = std::get_if<SubscriptionChange>(&action)) {
      if (listener_ != nullptr) listener_->on_subscription(now, venue.connector->feed(), *subscription);
    } else if (const auto* session = std::get_if<SessionChange>(&action)) {
      if (listener_ != nullptr) listener_->on_session(now, venue.connector->feed(), *session);
    }
  }
}

ConnectionId LiveShard::number(FeedId feed, ConnectionId connection) {
  const auto next = ConnectionId(static_cast<std::uint32_t>(numbers_.size() + 1));  // 0 is the shard's own
  return numbers_.try_emplace({feed, connection}, next).first->second;
}

void LiveShard::connect(Venue& venue, const Connect& to_connect) {
  const ConnectionId number = this->number(venue.connector->feed(), to_connect.connection);
  sockets_[to_connect.connection] = std::make_unique<Socket>(*this, venue, to_connect, number);
}

void LiveShard::send(Moment now, const Send& to_send) {
  const auto found = sockets_.find(to_send.connection);
  if (found == sockets_.end()) return;
  found->second->socket().send(to_send.text);
  padded_.assign(to_send.text).append(frame_padding, '\0');
  take_of(*found->second, now, capture::Direction::out, std::string_view(padded_).substr(0, to_send.text.size()));
}

void LiveShard::close(Moment now, const Close& to_close) {
  const auto found = sockets_.find(to_close.connection);
  if (found == sockets_.end()) return;
  Socket& socket = *found->second;
  closing_.push_back(std::move(found->second));
  sockets_.erase(found);
  socket.detach();
  if (socket.opened()) take_of(socket, now, capture::Direction::close, {});
  socket.socket().close(going_away, to_string(to_close.reason));
}

void LiveShard::fetch(Venue& venue, const Fetch& to_fetch) {
  sys::HttpCall call{.method = to_fetch.post ? "POST" : "GET",
                     .url = to_fetch.url,
                     .headers = {{"User-Agent", options_.user_agent}},
                     .dial = venue.options.dial,
                     .tls = venue.options.tls,
                     .within = venue.options.connector.times.answer_within};
  http_.call(std::move(call), [this, &venue, to_fetch](sys::Moment now, const sys::Outcome<sys::HttpReply>& reply) {
    on_fetched(moment_of(now), venue, to_fetch, reply);
  });
}

void LiveShard::on_fetched(Moment now, Venue& venue, const Fetch& to_fetch, const sys::Outcome<sys::HttpReply>& reply) {
  FetchAnswer answer{.id = to_fetch.id};
  if (reply) {
    answer.status = static_cast<std::uint16_t>(reply->status);
    answer.retry_after = sys::retry_after(reply->headers);
    answer.body = reply->body();
  }
  if (listener_ != nullptr && answer.status != 200)
    listener_->on_fetch_failed(now, venue.connector->feed(),
                               reply ? to_fetch.url + ": status " + std::to_string(reply->status) : reply.error());
  if (venue.connector->fetched(now, answer, venue.actions)) {
    const capture::Record record{.t = now.wall,
                                 .t_mono = now.at,
                                 .feed = venue.name,
                                 .conn = rest_conn,
                                 .dir = capture::Direction::http,
                                 .url = to_fetch.url,
                                 .payload = answer.body};
    follow(now, take(record, ConnectionId()));
  }
  carry_out(now, venue);
}

}  // namespace crossbook::shard
