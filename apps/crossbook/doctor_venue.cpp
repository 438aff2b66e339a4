// SPDX-License-Identifier: Apache-2.0
#include "doctor_venue.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <memory>
#include <optional>

#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

constexpr Nanos patience = seconds(15);
constexpr Nanos offset_max = seconds(1);

// "Mon, 23 Nov 2026 13:48:04 GMT" (RFC 9110, 5.6.7).
std::optional<Wall> parse_date(std::string_view text) {
  std::tm utc{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (rest == nullptr || *rest != '\0') return {};
  return Wall(static_cast<std::int64_t>(timegm(&utc)) * 1'000'000'000);
}

double ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

// The Date header has whole seconds, so that our clock minus theirs lies in an interval of a second and the way there
// and back: after - (date + 1 s) .. after - date, and before likewise.
Finding judge_offset(const std::string& name, Wall sent, Wall received, Wall date) {
  const Nanos least = sent - (date + seconds(1));
  const Nanos most = received - date;
  const std::string text =
      fmt::format("ours is {:+.1f} to {:+.1f} s beside theirs", static_cast<double>(least.count()) / 1e9,
                  static_cast<double>(most.count()) / 1e9);
  if (least > offset_max || most < -offset_max)
    return {Verdict::fail, name + " clock", text + "; set this machine's clock, or signed requests will be refused"};
  return {Verdict::ok, name + " clock", text};
}

// One feed: a REST answer, and a WebSocket that opens and answers a ping.
class Visit final : public sys::WebSocketListener {
 public:
  Visit(sys::Loop& loop, sys::HttpClient& http, const shard::LiveFeed& feed)
      : name_(venue::feed(feed.feed).name), row_(*venue::find_streams(name_)), began_(sys::now()) {
    ask(http, feed);
    if (!row_.token_path.empty()) {  // its address comes by REST
      stream_done_ = true;
      return;
    }
    std::string url(venue::feed(feed.feed).url);
    if (row_.append_streams != nullptr && row_.url_streams_max > 0) {
      const std::array first{venue::StreamName{feed.raw_symbols.front(), venue::StreamKind::trades, 0}};
      row_.append_streams(url, first);
    }
    socket_ = std::make_unique<sys::WebSocket>(
        loop, sys::WebSocketOptions{.url = url, .dial = feed.dial, .tls = feed.tls, .open_within = patience}, *this);
  }

  [[nodiscard]] bool done() const { return rest_done_ && stream_done_; }
  [[nodiscard]] std::vector<Finding>& findings() { return findings_; }

  void give_up() {
    if (!rest_done_) findings_.push_back({Verdict::fail, name_ + " rest", "no answer"});
    if (!stream_done_) findings_.push_back({Verdict::warn, name_ + " stream", "open, but no answer to a ping"});
  }

  void on_open(sys::Moment moment) override {
    opened_ = moment.at;
    socket_->ping("crossbook");
  }
  void on_message(sys::Moment, std::string_view, bool) override {}
  void on_pong(sys::Moment moment, std::string_view) override {
    if (stream_done_) return;
    findings_.push_back({Verdict::ok, name_ + " stream",
                         fmt::format("open after {:.0f} ms, ping answered after {:.1f} ms", ms(opened_ - began_.at),
                                     ms(moment.at - opened_))});
    stream_done_ = true;
  }
  void on_closed(sys::Moment, const sys::Closed& closed) override {
    if (!stream_done_) findings_.push_back({Verdict::fail, name_ + " stream", closed.text});
    stream_done_ = true;
  }

 private:
  void ask(sys::HttpClient& http, const shard::LiveFeed& feed) {
    sys::HttpCall call;
    call.url = std::string(row_.rest) + std::string(row_.instruments.path);
    if (row_.instruments.each) call.url += feed.raw_symbols.front() + std::string(row_.instruments.tail);
    call.dial = feed.dial;
    call.tls = feed.tls;
    call.within = patience;
    const std::string url = call.url;
    http.call(std::move(call), [this, url](sys::Moment moment, const sys::Outcome<sys::HttpReply>& reply) {
      rest_done_ = true;
      if (!reply) return findings_.push_back({Verdict::fail, name_ + " rest", reply.error()});
      if (reply->status == 200) {
        findings_.push_back(
            {Verdict::ok, name_ + " rest", fmt::format("answered after {:.0f} ms", ms(moment.at - began_.at))});
      } else {
        const bool blocked = reply->status == 403 || reply->status == 451;
        findings_.push_back({Verdict::fail, name_ + " rest",
                             fmt::format("{} answered {}{}", url, reply->status,
                                         blocked ? "; the venue does not serve this country or address" : "")});
      }
      if (const auto date = sys::find_header(reply->headers, "Date"))
        if (const auto theirs = parse_date(*date))
          findings_.push_back(judge_offset(name_, began_.wall, moment.wall, *theirs));
    });
  }

  std::string name_;
  const venue::StreamDialect& row_;
  sys::Moment began_;
  Steady opened_;
  bool rest_done_ = false;
  bool stream_done_ = false;
  std::vector<Finding> findings_;
  std::unique_ptr<sys::WebSocket> socket_;
};

}  // namespace

std::vector<Finding> examine_venues(const shard::LiveOptions& options) {
  sys::Loop loop;
  std::vector<std::unique_ptr<Visit>> visits;
  sys::HttpClient http(loop);
  for (const shard::LiveFeed& feed : options.feeds) visits.push_back(std::make_unique<Visit>(loop, http, feed));
  const auto all_done = [&] { return std::ranges::all_of(visits, [](const auto& visit) { return visit->done(); }); };
  const bool whole = loop.run_until(all_done, Nanos(patience.count() * 2));
  std::vector<Finding> findings;
  for (const auto& visit : visits) {
    if (!whole && !visit->done()) visit->give_up();
    for (Finding& finding : visit->findings()) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace crossbook::app
