// SPDX-License-Identifier: Apache-2.0
//
// How many frames a second one thread takes from the socket to the changed book: over TLS on loopback, from a server on
// a thread of its own that has its frames ready. The simulated market writes them as the venue does; books are checked
// by the venue's own rules on the way. `frames_a_cpu_second` counts the time that the reading thread had the processor,
// so that it says something on a machine that is busy with other things too.
#include <benchmark/benchmark.h>

#include <atomic>
#include <ctime>
#include <map>
#include <memory>
#include <thread>

#include "crossbook/market/endpoint.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/shard/live.hpp"
#include "crossbook/sys/server.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

constexpr std::size_t symbols = 20;
constexpr std::size_t unsent_max = std::size_t{4} << 20;

// An exchange on a thread of its own. When told to, it makes its frames, and then sends them: as fast as they are
// read, or so many a second.
class Flood : public sys::ServerHandler {
 public:
  Flood(std::string_view feed, const sys::CertificateAuthority& authority, std::size_t frames, double frames_a_second)
      : endpoint_(options_of(feed)), frames_(frames), pace_(frames_a_second), timer_(loop_) {
    const auto issued = authority.issue({"127.0.0.1"}, sys::wall_now(), sys::wall_now() + seconds(86'400)).value();
    sys::ServerOptions options;
    options.tls = sys::TlsContext::server(issued.certificate_pem, issued.key_pem).value();
    server_ = sys::Server::listen(loop_, std::move(options), *this).value();
    for (const auto& listing : endpoint_.venue().listings) raw_symbols.push_back(listing.raw_symbol);
    host = "127.0.0.1:" + std::to_string(server_->port());
    live();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Flood() override {
    loop_.stop();
    thread_.join();
  }

  // Prepares, then says so.
  void prepare() {
    loop_.post([this] {
      timer_.cancel();
      make();
      prepared = true;
    });
  }
  void flood() {
    loop_.post([this] {
      began_ = sys::steady_now();
      push();
    });
  }

  void on_request(sys::Peer& peer, const sys::HttpRequest& request) override {
    const market::HttpAnswer answer = endpoint_.get(request.target, now_, outbox_);
    peer.answer({.status = answer.status, .headers = {}, .body = answer.body});
    send();
  }
  void on_upgrade(sys::Peer& peer, const sys::HttpRequest& request) override {
    target_ = request.target;
    peer.upgrade(false);
  }
  void on_open(sys::Peer& peer) override {
    peer_ = &peer;
    endpoint_.open(market::ClientId{1}, target_, now_, outbox_);
    send();
  }
  void on_message(sys::Peer&, sys::Moment, std::string_view text, bool) override {
    endpoint_.receive(market::ClientId{1}, text, now_, outbox_);
    if (!prepared) send();
    outbox_.clear();
  }
  void on_gone(sys::Peer& peer, std::uint16_t) override {
    if (&peer == peer_) peer_ = nullptr;
  }

  std::string host;
  std::vector<std::string> raw_symbols;
  std::atomic<bool> prepared = false;
  std::atomic<std::uint64_t> total_bytes = 0;

 private:
  static market::EndpointOptions options_of(std::string_view feed) {
    market::EndpointOptions options;
    options.start = sys::wall_now();
    options.instruments = market::first_instruments(symbols);
    options.venue = market::venue_listing(feed, options.instruments).value();
    return options;
  }
  void live() {
    now_ = sys::wall_now();
    endpoint_.advance(now_, outbox_);
    send();
    timer_.after(milliseconds(5), [this] { live(); });
  }
  void make() {
    while (ready_.size() < frames_) {
      now_ = now_ + milliseconds(10);
      endpoint_.advance(now_, outbox_);
      for (const market::Outgoing& outgoing : outbox_)
        if (outgoing.kind == market::Outgoing::Kind::text) ready_.push_back(outgoing.text);
      outbox_.clear();
    }
    std::uint64_t sum = 0;
    for (const std::string& text : ready_) sum += text.size();
    total_bytes = sum;
  }
  void push() {
    const double elapsed = static_cast<double>((sys::steady_now() - began_).count()) / 1e9;
    const std::size_t allowed =
        pace_ == 0 ? ready_.size() : std::min(ready_.size(), static_cast<std::size_t>(pace_ * elapsed));
    while (sent_ < allowed && peer_ != nullptr && peer_->unsent_bytes() < unsent_max) peer_->send_text(ready_[sent_++]);
    if (sent_ < ready_.size()) timer_.after(Nanos(200'000), [this] { push(); });
  }
  void send() {
    for (const market::Outgoing& outgoing : outbox_) {
      if (peer_ == nullptr) break;
      if (outgoing.kind == market::Outgoing::Kind::text) peer_->send_text(outgoing.text);
      if (outgoing.kind == market::Outgoing::Kind::ping) peer_->ping(outgoing.text);
    }
    outbox_.clear();
  }

  sys::Loop loop_;
  market::Endpoint endpoint_;
  std::size_t frames_;
  double pace_;
  sys::Timer timer_;
  std::unique_ptr<sys::Server> server_;
  sys::Peer* peer_ = nullptr;
  std::string target_;
  Wall now_;
  market::Outbox outbox_;
  std::vector<std::string> ready_;
  std::size_t sent_ = 0;
  Steady began_;
  std::thread thread_;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

bool all_ready(const engine::Engine& engine) {
  for (const Listing& listing : engine.listings())
    if (!engine.book(listing.id).ready()) return false;
  return true;
}

struct Behind : LiveListener {
  void on_behind(Moment, FeedId, ConnectionId, bool behind, Nanos unread) override {
    times += behind ? 1 : 0;
    longest = std::max(longest, unread);
  }
  int times = 0;
  Nanos longest;
};

void run(benchmark::State& state, std::string_view feed, std::size_t frames, double frames_a_second) {
  const auto authority = sys::CertificateAuthority::make(sys::wall_now()).value();
  for (auto _ : state) {
    Flood exchange(feed, authority, frames, frames_a_second);
    sys::Loop loop;
    Player player{PlayerOptions{}};
    LiveOptions options;
    LiveFeed& live = options.feeds.emplace_back();
    live.feed = venue::find_feed(feed).value();
    live.raw_symbols = exchange.raw_symbols;
    live.tls = sys::TlsContext::client_trusting(authority.certificate_pem()).value();
    live.connector.stream_origin = "wss://" + exchange.host;
    live.connector.rest_origin = "https://" + exchange.host;
    live.connector.kinds = {true, false, false};
    Behind behind;
    LiveShard shard(loop, player, std::move(options), nullptr, &behind);
    shard.start();
    const auto until = [&](const std::function<bool()>& done) {
      if (!loop.run_until(done, seconds(120))) state.SkipWithError("it did not come about");
    };
    until([&] { return player.frames() > 100 && all_ready(player.engine()); });
    exchange.prepare();
    until([&] { return exchange.prepared.load(); });
    const std::uint64_t before = player.frames();
    behind.times = 0;
    const Steady began = sys::steady_now();
    const double cpu = cpu_seconds();
    exchange.flood();
    until([&] { return player.frames() >= before + frames; });
    const double cpu_used = cpu_seconds() - cpu;
    const double elapsed = static_cast<double>((sys::steady_now() - began).count()) / 1e9;
    until([&] { return all_ready(player.engine()); });
    state.SetIterationTime(elapsed);
    const auto count = static_cast<double>(player.frames() - before);
    state.counters["frames_a_second"] = count / elapsed;
    state.counters["frames_a_cpu_second"] = count / cpu_used;
    state.counters["mean_bytes"] = static_cast<double>(exchange.total_bytes) / count;
    state.counters["times_behind"] = behind.times;
    state.counters["longest_unread_ms"] = static_cast<double>(behind.longest.count()) / 1e6;
    std::uint64_t lost = 0;
    for (const Listing& listing : player.engine().listings()) {
      const book::BookCounters& counters = player.engine().book(listing.id).counters();
      lost += counters.gaps + counters.checksum_failed;
    }
    state.counters["lost"] = static_cast<double>(lost);
  }
}

void as_fast_as_it_is_read(benchmark::State& state, const std::string& feed) { run(state, feed, 200'000, 0); }
void a_hundred_thousand_a_second(benchmark::State& state, const std::string& feed) {
  run(state, feed, 500'000, 100'000);
}

// NOLINTBEGIN(cert-err58-cpp): Google Benchmark's own way
BENCHMARK_CAPTURE(as_fast_as_it_is_read, kraken, "kraken")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(as_fast_as_it_is_read, binance, "binance")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(as_fast_as_it_is_read, okx, "okx")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(as_fast_as_it_is_read, bybit, "bybit-spot")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(a_hundred_thousand_a_second, kraken, "kraken")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(a_hundred_thousand_a_second, bybit, "bybit-spot")->Iterations(1)->UseManualTime();
// NOLINTEND(cert-err58-cpp)

}  // namespace
}  // namespace crossbook::shard
