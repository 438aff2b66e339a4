// SPDX-License-Identifier: Apache-2.0
#include "playback.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace crossbook::app {

std::optional<double> parse_speed(const std::string& text) {
  if (text == "max") return {};
  double factor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), factor);
  const bool whole = error == std::errc() && end + 1 == text.data() + text.size() && *end == 'x';
  return whole ? factor : 0;
}

CLI::Validator is_speed() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const auto factor = parse_speed(text);
        const bool fine = !factor || (*factor > 0 && *factor <= 1e6);
        return fine ? "" : fmt::format("{} is not a speed such as 1x, 10x or max", text);
      },
      "SPEED");
}

Playback::Playback(Source& source, shard::Player& player, PlaybackOptions options)
    : source_(source), player_(player), options_(std::move(options)) {}

std::chrono::nanoseconds Playback::elapsed() const { return Clock::now() - begin_; }

bool Playback::step(std::optional<Wall> until) {
  played_ = false;
  if (ended_) return false;
  if (pending_ == nullptr) pending_ = source_.next();
  // What cannot be kept must not be risked: the session ends.
  const bool healthy = options_.loop == nullptr || options_.loop->healthy();
  if (!healthy || pending_ == nullptr || (until && pending_->t > *until)) {
    ended_ = true;
    if (progress_shown_) fmt::print(stderr, "\r\x1b[K");
    return false;
  }
  if (options_.speed && !due()) {
    tick();
    return true;
  }
  if (options_.loop != nullptr) options_.loop->play(*pending_, pending_->connection, pending_->at);
  else player_.play(*pending_, pending_->connection, pending_->at);
  last_t_ = std::max(last_t_, pending_->t);
  last_at_ = pending_->at;
  pending_ = nullptr;
  played_ = true;
  if (!options_.speed && (++steps_ & 1023) == 0) show_progress();
  return true;
}

// Whether the pending record's time has come; waits for it, wait_max at most.
bool Playback::due() {
  if (!begin_t_) begin_t_ = pending_->t;
  const auto after = std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>((pending_->t - *begin_t_).count()) / *options_.speed));
  const Clock::time_point now = Clock::now();
  const Clock::time_point at = begin_ + after;
  if (at <= now) return true;
  std::this_thread::sleep_until(std::min(at, now + wait_max));
  return at <= now + wait_max;
}

// Session time passes while no record is due, so that what falls silent is noticed.
void Playback::tick() {
  if (!begin_t_) return;
  const auto passed = Nanos(static_cast<std::int64_t>(static_cast<double>(elapsed().count()) * options_.speed.value()));
  const Wall wall = std::min(*begin_t_ + passed, pending_->t);
  if (wall <= last_t_) return;
  last_at_ = std::min(last_at_ + (wall - last_t_), pending_->at);
  last_t_ = wall;
  if (options_.loop != nullptr) options_.loop->tick(last_at_, wall);
  else player_.tick(last_at_, wall);
}

void Playback::show_progress() {
  const Clock::time_point now = Clock::now();
  if (now - progress_at_ < std::chrono::milliseconds(200) || isatty(STDERR_FILENO) == 0) return;
  progress_at_ = now;
  progress_shown_ = true;
  const auto progress = source_.progress();
  const double share = progress.value_or(0);
  fmt::print(stderr, "\r\x1b[K{}: {:3.0f} %  {} frames, {:.0f} a second", options_.label, share * 100, player_.frames(),
             static_cast<double>(player_.frames()) / std::max(1e-9, static_cast<double>(elapsed().count()) / 1e9));
}

}  // namespace crossbook::app
