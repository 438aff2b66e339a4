// SPDX-License-Identifier: Apache-2.0
// A recorded session behind a port: the dialogue is that of the simulated venue, what it publishes is the recording,
// from its beginning for each client that subscribes.
#include "fakex_capture.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "crossbook/capture/session.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

constexpr int going_away = 1001;

// Reads the records of one feed and says what each frame is about.
class FeedReader {
 public:
  FeedReader(capture::Session session, std::string_view feed)
      : session_(std::move(session)),
        name_(feed),
        feed_(venue::find_feed(feed).value()),
        engine_(engine::Options{.filters = false, .group_symbols = false}) {}

  // The next record of the feed; nullptr at the end. Valid until the next call.
  const capture::Arrival* next() {
    while (const capture::Arrival* record = session_.next()) {
      if (record->feed != name_) continue;
      decode(*record);
      return record;
    }
    return nullptr;
  }
  [[nodiscard]] const EventBatch& batch() const { return engine_.batch(); }
  [[nodiscard]] const Listings& listings() const { return engine_.listings(); }

 private:
  void decode(const capture::Arrival& record) {
    effects_.clear();
    Input input{.at = record.at, .wall = record.t, .what = Tick{}};
    switch (record.dir) {
      case capture::Direction::open: input.what = SessionState{record.connection, feed_, true, record.url}; break;
      case capture::Direction::in:
        if (record.first) engine_.on({record.at, record.t, SessionState{record.connection, feed_, true, {}}}, effects_);
        input.what = Frame{record.connection, record.payload};
        break;
      case capture::Direction::http: input.what = HttpBody{feed_, record.url, record.payload}; break;
      case capture::Direction::out: input.what = Sent{record.connection, record.payload}; break;
      default: break;
    }
    engine_.on(input, effects_);
  }

  capture::Session session_;
  std::string name_;
  FeedId feed_;
  engine::Engine engine_;
  Effects effects_;
};

// What a REST request asks for, whatever its other parameters: path and symbol.
std::string request_key(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url = url.substr(std::min(url.find('/', scheme + 3), url.size()));
  const std::size_t mark = std::min(url.find('?'), url.size());
  std::string key(url.substr(0, mark));
  for (const std::string_view name : {"symbol=", "pair=", "instId=", "product_id="}) {
    const std::size_t at = url.find(name, mark);
    if (at == std::string_view::npos) continue;
    key += ' ';
    key += url.substr(at, url.find('&', at) - at);
  }
  return key;
}

struct Body {
  Nanos after{0};  // the first record
  std::string text;
};

struct Learned {
  std::map<std::string, std::vector<Body>, std::less<>> bodies;
  std::optional<Wall> first;
};

Learned learn(FeedReader& reader) {
  Learned learned;
  while (const capture::Arrival* record = reader.next()) {
    if (!learned.first) learned.first = record->t;
    if (record->dir == capture::Direction::http)
      learned.bodies[request_key(record->url)].push_back({record->t - *learned.first, std::string(record->payload)});
  }
  return learned;
}

class CaptureSide final : public FakexSide {
 public:
  CaptureSide(std::vector<std::string> files, Learned learned, market::EndpointOptions options)
      : FakexSide(std::move(options)), files_(std::move(files)), learned_(std::move(learned)) {}

  void open(market::ClientId client, std::string_view target, Wall now, market::Outbox& out) override {
    FakexSide::open(client, target, now, out);
    begin(client, now);
  }
  void receive(market::ClientId client, std::string_view text, Wall now, market::Outbox& out) override {
    FakexSide::receive(client, text, now, out);
    begin(client, now);
  }
  void closed(market::ClientId client) override {
    FakexSide::closed(client);
    playbacks_.erase(client);
  }
  market::HttpAnswer get(std::string_view target, Wall now, market::Outbox& out) override;
  void advance(Wall now, market::Outbox& out) override;
  Wall next_due() const override;

 private:
  struct Playback {
    std::unique_ptr<FeedReader> reader;
    const capture::Arrival* pending = nullptr;
    Wall began;
    std::optional<std::int64_t> last_number;  // of a venue that counts its messages
    std::int64_t skipped = 0;                 // since
  };

  void begin(market::ClientId client, Wall now);
  void play(market::ClientId client, Playback& playback, market::Outbox& out);
  [[nodiscard]] bool wanted(market::ClientId client, const Playback& playback) const;
  [[nodiscard]] Wall due(const Playback& playback) const {
    return playback.began + (playback.pending->t - *learned_.first);
  }

  std::vector<std::string> files_;
  Learned learned_;
  std::map<market::ClientId, Playback> playbacks_;
};

// The recording begins with the first subscription of a client.
void CaptureSide::begin(market::ClientId client, Wall now) {
  if (playbacks_.contains(client) || !endpoint().subscribed(client)) return;
  auto session = capture::Session::open(files_);
  if (!session) return;
  Playback playback{
      .reader = std::make_unique<FeedReader>(std::move(*session), feed()), .began = now, .last_number = {}};
  playback.pending = playback.reader->next();
  playbacks_.emplace(client, std::move(playback));
}

bool CaptureSide::wanted(market::ClientId client, const Playback& playback) const {
  const EventBatch& batch = playback.reader->batch();
  const Listings& listings = playback.reader->listings();
  const auto asked = [&](market::Channel channel, ListingId id) {
    return endpoint().subscribed(client, channel, listings[id].raw_symbol);
  };
  if (batch.kind == FrameKind::heartbeat) return endpoint().subscribed(client, market::Channel::heartbeats, {});
  return std::ranges::any_of(batch.books, [&](const auto& e) { return asked(market::Channel::book, e.listing); }) ||
         std::ranges::any_of(batch.trades, [&](const auto& e) { return asked(market::Channel::trades, e.listing); }) ||
         std::ranges::any_of(batch.bbos, [&](const auto& e) { return asked(market::Channel::bbo, e.listing); });
}

void CaptureSide::play(market::ClientId client, Playback& playback, market::Outbox& out) {
  const capture::Arrival& record = *playback.pending;
  if (record.dir != capture::Direction::in) return;
  const std::optional<std::int64_t> number = playback.reader->batch().connection_sequence;
  if (!wanted(client, playback)) {
    if (number) ++playback.skipped;
    return;
  }
  std::string text(record.payload);
  if (number) {
    // Numbered for this client, with the holes that the recording has.
    const std::int64_t ahead =
        playback.last_number ? std::max<std::int64_t>(0, *number - *playback.last_number - 1 - playback.skipped) : 0;
    const std::string old = "\"sequence_num\":" + std::to_string(*number);
    if (const std::size_t at = text.find(old); at != std::string::npos)
      text.replace(at, old.size(), "\"sequence_num\":" + std::to_string(endpoint().take_sequence(client, ahead)));
    playback.last_number = number;
    playback.skipped = 0;
  }
  endpoint().forward(client, std::move(text), out);
}

void CaptureSide::advance(Wall now, market::Outbox& out) {
  FakexSide::advance(now, out);
  for (auto& [client, playback] : playbacks_) {
    while (playback.pending != nullptr && due(playback) <= now) {
      play(client, playback, out);
      playback.pending = playback.reader->next();
      if (playback.pending == nullptr)
        out.push_back({.client = client,
                       .kind = market::Outgoing::Kind::close,
                       .text = "the recording is over",
                       .code = going_away});
    }
  }
}

Wall CaptureSide::next_due() const {
  Wall next = FakexSide::next_due();
  for (const auto& [client, playback] : playbacks_)
    if (playback.pending != nullptr) next = std::min(next, due(playback));
  return next;
}

// The first recorded answer to such a request that is not behind the newest playback, else the last one.
market::HttpAnswer CaptureSide::get(std::string_view target, Wall now, market::Outbox& out) {
  const auto found = learned_.bodies.find(request_key(target));
  if (found == learned_.bodies.end()) return FakexSide::get(target, now, out);
  const Nanos played = playbacks_.empty() ? Nanos(0) : now - std::prev(playbacks_.end())->second.began;
  const std::vector<Body>& bodies = found->second;
  const auto at = std::ranges::lower_bound(bodies, played, {}, &Body::after);
  return {.status = 200, .body = (at == bodies.end() ? bodies.back() : *at).text, .retry_after_s = {}};
}

}  // namespace

sys::Outcome<std::vector<std::string>> recorded_feeds(const std::vector<std::string>& files) {
  auto session = capture::Session::open(files);
  if (!session) return sys::fault(session.error());
  const std::vector<std::string_view> known = market::endpoint_feeds();
  std::vector<std::string> feeds;
  while (const capture::Arrival* record = session->next())
    if (std::ranges::find(known, record->feed) != known.end() && std::ranges::find(feeds, record->feed) == feeds.end())
      feeds.emplace_back(record->feed);
  if (feeds.empty()) return sys::fault("the recording has no feed that can be played here");
  return feeds;
}

sys::Outcome<std::unique_ptr<FakexSide>> recorded_side(const std::vector<std::string>& files, const std::string& feed,
                                                       Wall start) {
  auto session = capture::Session::open(files);
  if (!session) return sys::fault(session.error());
  FeedReader reader(std::move(*session), feed);
  Learned learned = learn(reader);
  if (!learned.first) return sys::fault(feed + ": not in the recording");
  market::EndpointOptions options{.start = start, .venue = {.feed = feed, .listings = {}}, .instruments = {}};
  options.dialogue_only = true;
  for (const Listing& listing : reader.listings()) {
    const std::string& symbol = listing.instrument.symbol;
    options.venue.listings.push_back({.raw_symbol = listing.raw_symbol,
                                      .instrument = options.instruments.size(),
                                      .price_scale = std::min(listing.price_scale, 6),
                                      .quantity_scale = std::min(listing.quantity_scale, 8)});
    options.instruments.push_back(
        {.symbol = symbol.empty() ? listing.raw_symbol : symbol, .touch_quantity = 100'000'000});
  }
  return std::make_unique<CaptureSide>(files, std::move(learned), std::move(options));
}

}  // namespace crossbook::app
