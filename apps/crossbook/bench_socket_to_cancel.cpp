// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "bench_cancels.hpp"
#include "bench_part.hpp"
#include "crossbook/sys/bare_websocket.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/websocket.hpp"
#include "crossbook/venue/registry.hpp"

// From a frame in our socket to the cancel in the exchange's, over TLS on loopback, beside a bare Beast that reads the
// same frames, answers those with as many bytes and does nothing else. All frames of the session come over the socket
// in their order; those between two that pull an order arrive without a pause. The exchange stands on a thread of its
// own and stamps both ends: its write returns when the bytes are in our socket, and it asks its own socket again and
// again for the cancel.
namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t warm_up = 250;
constexpr std::size_t measured_frames = 2'500;
constexpr int patience_ms = 5'000;
constexpr auto pause = std::chrono::microseconds(100);  // before a frame that is measured: caches cool down as they do

std::string_view text_of(const LoadedRecord& record) { return {record.payload.data(), record.size}; }

// Frames up to the next one that pulls an order, which is the last; records between that came another way are played
// from memory.
struct Stretch {
  std::size_t first = 0;
  std::size_t pulling = 0;
};

std::vector<Stretch> stretches_of(const Thresholds& thresholds) {
  std::vector<Stretch> stretches;
  std::size_t first = 0;
  for (const auto& [pulling, threshold] : thresholds) {
    stretches.push_back({first, pulling});
    first = pulling + 1;
  }
  return stretches;
}

// A request as exchanges take it over a WebSocket.
void write_cancel(std::string& text, OrderId order) {
  text.clear();
  fmt::format_to(
      std::back_inserter(text),
      R"({{"id":"{0}","method":"order.cancel","params":{{"symbol":"BTCUSDT","origClientOrderId":"cb-{0}"}}}})",
      static_cast<std::uint64_t>(order));
}

// Gives a stretch at a time, and waits for what comes back on the second connection.
class Exchange {
 public:
  Exchange(sys::BareListener& listener, const std::vector<LoadedRecord>& records)
      : records_(records), thread_([this, &listener] { run(listener); }) {}
  ~Exchange() {
    ended_.store(true, std::memory_order_relaxed);
    begin({});
    thread_.join();
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // What comes before the frame that pulls is written at once, that frame after go().
  void begin(const Stretch& stretch) {
    stretch_ = stretch;
    begun_.fetch_add(1, std::memory_order_release);
  }
  void go() { gone_.store(begun_.load(std::memory_order_relaxed), std::memory_order_release); }
  // Whether the last stretch was answered.
  [[nodiscard]] bool answered() const {
    return answered_.load(std::memory_order_acquire) == begun_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }
  // Microseconds, once it has ended or is answered.
  [[nodiscard]] std::vector<double>& times() { return times_; }

 private:
  void run(sys::BareListener& listener) {
    const auto feed = listener.accept();
    const auto orders = feed ? listener.accept() : sys::Outcome<std::unique_ptr<sys::BareWebSocket>>(sys::fault(""));
    std::uint64_t next = 1;
    for (; feed && orders && serve(**feed, **orders, next); ++next) answered_.store(next, std::memory_order_release);
    failed_.store(true, std::memory_order_release);
  }

  // False where it ends.
  bool serve(sys::BareWebSocket& feed, sys::BareWebSocket& orders, std::uint64_t next) {
    while (begun_.load(std::memory_order_acquire) < next) {
    }
    for (std::size_t i = stretch_.first; i < stretch_.pulling; ++i)
      if (records_[i].timed && !feed.write(text_of(records_[i]))) return false;
    while (gone_.load(std::memory_order_acquire) < next)
      if (ended_.load(std::memory_order_relaxed)) return false;
    for (const auto end = Clock::now() + pause; Clock::now() < end;) {
    }
    if (!feed.write(text_of(records_[stretch_.pulling]))) return false;
    const Clock::time_point in_the_socket = Clock::now();
    if (!orders.wait_readable(true, patience_ms)) return false;
    const Clock::time_point back = Clock::now();
    times_.push_back(std::chrono::duration<double, std::micro>(back - in_the_socket).count());
    return orders.read().has_value();
  }

  const std::vector<LoadedRecord>& records_;
  Stretch stretch_;
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> gone_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> failed_{false};
  std::vector<double> times_;
  std::thread thread_;
};

// The product's end: the loop, two of its WebSockets, an engine with an order at rest that the frame pulls.
class Desk {
 public:
  Desk(Exchange& exchange, const std::vector<LoadedRecord>& records, FeedId feed, const CancelFrames& frames)
      : exchange_(exchange),
        records_(records),
        frames_(frames),
        stretches_(stretches_of(frames.thresholds)),
        player_(records, feed, options_for(warm_up + measured_frames)) {}

  // Errors: connections that do not come to be, or end.
  sys::Status run(std::uint16_t port, std::shared_ptr<sys::TlsContext> tls, bool spin) {
    sys::WebSocketOptions options;
    options.url = fmt::format("wss://localhost:{}/", port);
    options.dial = sys::Endpoint{"127.0.0.1", port};
    options.tls = std::move(tls);
    feed_.desk = orders_.desk = this;
    feed_.socket = std::make_unique<sys::WebSocket>(loop_, options, feed_);
    options_ = options;
    loop_.run(spin);
    return status_;
  }

 private:
  struct Connection final : sys::WebSocketListener {
    void on_open(sys::Moment) override { desk->on_open(*this); }
    void on_message(sys::Moment, std::string_view bytes, bool) override { desk->on_message(bytes); }
    void on_pong(sys::Moment, std::string_view) override {}
    void on_closed(sys::Moment, const sys::Closed& closed) override { desk->end(sys::fault(closed.text)); }
    Desk* desk = nullptr;
    std::unique_ptr<sys::WebSocket> socket;
  };

  // The exchange takes the connection of the feed first.
  void on_open(const Connection& connection) {
    if (&connection == &orders_) return begin();
    orders_.socket = std::make_unique<sys::WebSocket>(loop_, options_, orders_);
  }

  void on_message(std::string_view bytes) {
    if (at_ < stretches_[stretch_].pulling) {
      player_.refresh(records_[at_]);
      player_.play(records_[at_++], bytes);
      return play_to_next();
    }
    player_.play(records_[at_++], bytes);
    write_cancel(text_, player_.effects().cancels.empty() ? OrderId(0) : player_.effects().cancels.front().order);
    orders_.socket->send(text_);
    loop_.post([this] { finish(); });
  }

  void begin() {
    if (stretch_ == 0) {
      at_ = 0;
      player_.start_over();
    }
    exchange_.begin(stretches_[stretch_]);
    play_to_next();
  }
  // Plays what does not come over the socket. Before the frame that pulls, the order is placed.
  void play_to_next() {
    for (; !records_[at_].timed; ++at_) player_.play(records_[at_]);
    if (at_ < stretches_[stretch_].pulling) return;
    player_.refresh(records_[at_]);
    player_.give(order_at(frames_.listing, ++order_, frames_.thresholds.at(at_)));
    player_.give(report_of(order_, OrderReport::Kind::acknowledged));
    exchange_.go();
  }
  // Waits until the cancel has come there.
  void finish() {
    while (!exchange_.answered())
      if (exchange_.failed()) return end(sys::fault("the exchange's end failed"));
    player_.give(report_of(order_, OrderReport::Kind::cancelled));
    if (order_ == warm_up + measured_frames) return end({});
    stretch_ = (stretch_ + 1) % stretches_.size();
    begin();
  }
  void end(sys::Status status) {
    status_ = std::move(status);
    loop_.stop();
  }

  Exchange& exchange_;
  const std::vector<LoadedRecord>& records_;
  const CancelFrames& frames_;
  const std::vector<Stretch> stretches_;
  FeedPlayer player_;
  sys::Loop loop_;
  sys::WebSocketOptions options_;
  Connection feed_;
  Connection orders_;
  std::string text_;
  std::size_t at_ = 0;  // the next record
  std::size_t stretch_ = 0;
  std::uint64_t order_ = 0;
  sys::Status status_;
};

// A bare Beast's end, with the same frames.
sys::Status echo(Exchange& exchange, std::uint16_t port, sys::TlsContext& tls, bool spin,
                 const std::vector<LoadedRecord>& records, const Thresholds& thresholds) {
  const auto feed = sys::BareWebSocket::connect(port, tls);
  if (!feed) return sys::fault(feed.error());
  const auto orders = sys::BareWebSocket::connect(port, tls);
  if (!orders) return sys::fault(orders.error());
  std::string answer;
  write_cancel(answer, OrderId(warm_up + measured_frames));
  const std::vector<Stretch> stretches = stretches_of(thresholds);
  for (std::size_t n = 0; n < warm_up + measured_frames; ++n) {
    const Stretch& stretch = stretches[n % stretches.size()];
    exchange.begin(stretch);
    for (std::size_t i = stretch.first; i < stretch.pulling; ++i)
      if (records[i].timed && !(*feed)->read()) return sys::fault("a frame is missing");
    exchange.go();
    if (!(*feed)->wait_readable(spin, patience_ms)) return sys::fault("no frame came");
    if (const auto bytes = (*feed)->read(); !bytes) return sys::fault(bytes.error());
    if (auto written = (*orders)->write(answer); !written) return written;
    while (!exchange.answered())
      if (exchange.failed()) return sys::fault("the exchange's end failed");
  }
  return {};
}

struct Ends {
  std::shared_ptr<sys::TlsContext> server;
  std::shared_ptr<sys::TlsContext> client;
};

sys::Outcome<Ends> ends() {
  const Wall now = sys::wall_now();
  const auto authority = sys::CertificateAuthority::make(now);
  if (!authority) return sys::fault(authority.error());
  const auto issued = authority->issue({"localhost"}, now, now + seconds(86'400));
  if (!issued) return sys::fault(issued.error());
  auto server = sys::TlsContext::server(issued->certificate_pem, issued->key_pem);
  auto client = sys::TlsContext::client_trusting(authority->certificate_pem());
  if (!server || !client) return sys::fault("TLS");
  return Ends{std::move(*server), std::move(*client)};
}

// Microseconds of each measured frame. `play` is one of the two clients.
template <class Play>
sys::Outcome<std::vector<double>> measure(const Ends& ends, const std::vector<LoadedRecord>& records, Play play) {
  const auto listener = sys::BareListener::listen(*ends.server);
  if (!listener) return sys::fault(listener.error());
  Exchange exchange(**listener, records);
  if (const sys::Status played = play(exchange, (*listener)->port()); !played) return sys::fault(played.error());
  std::vector<double>& times = exchange.times();
  return std::vector<double>(times.begin() + warm_up, times.end());
}

}  // namespace

BenchPart bench_socket_to_cancel(const std::vector<LoadedRecord>& all, FeedId feed) {
  BenchPart part{.name = "socket_to_cancel", .json = nullptr, .text = {}};
  if (std::thread::hardware_concurrency() < 2) {
    part.text = "socket to cancel: needs two cores\n";
    return part;
  }
  const std::vector<LoadedRecord> records = records_of(all, feed);
  const auto frames = find_cancel_frames(records, feed);
  const auto both = ends();
  if (!frames || !both) return part;
  part.text = fmt::format("socket to cancel, TLS on loopback, {} frames of {}: readable here to cancel there\n",
                          measured_frames, venue::feed(feed).name);
  part.json = nlohmann::ordered_json::object();
  for (const bool spin : {true, false}) {
    auto ours = measure(*both, records, [&](Exchange& exchange, std::uint16_t port) {
      Desk desk(exchange, records, feed, *frames);
      return desk.run(port, both->client, spin);
    });
    auto bare = measure(*both, records, [&](Exchange& exchange, std::uint16_t port) {
      return echo(exchange, port, *both->client, spin, records, frames->thresholds);
    });
    if (!ours || !bare) {
      part.text += fmt::format("  failed: {}\n", ours ? bare.error() : ours.error());
      continue;
    }
    const nlohmann::ordered_json figures = {{"p50_us", quantile(*ours, 500)},
                                            {"p99_us", quantile(*ours, 990)},
                                            {"p999_us", quantile(*ours, 999)},
                                            {"echo_p50_us", quantile(*bare, 500)},
                                            {"echo_p99_us", quantile(*bare, 990)},
                                            {"echo_p999_us", quantile(*bare, 999)},
                                            {"ratio_p50", quantile(*ours, 500) / quantile(*bare, 500)},
                                            {"ratio_p99", quantile(*ours, 990) / quantile(*bare, 990)}};
    part.text += fmt::format(
        "  {}: p50 {:.1f}  p99 {:.1f} us; a bare Beast echo p50 {:.1f}  p99 {:.1f} us: {:.2f}x and {:.2f}x\n",
        spin ? "busy-polling" : "sleeping", quantile(*ours, 500), quantile(*ours, 990), quantile(*bare, 500),
        quantile(*bare, 990), quantile(*ours, 500) / quantile(*bare, 500), quantile(*ours, 990) / quantile(*bare, 990));
    if (spin) part.json.update(figures);
    else part.json["sleeping"] = figures;
  }
  return part;
}

}  // namespace crossbook::app
