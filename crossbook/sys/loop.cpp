// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <utility>

#include "crossbook/sys/clock.hpp"

namespace asio = boost::asio;

namespace crossbook::sys {
namespace {

std::chrono::steady_clock::time_point time_point(Steady at) {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(at.nanos()));
}

}  // namespace

struct Loop::State {
  // One thread runs it; its own lock stays on, since post() and the name resolver's thread come from outside.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::signal_set signals{context};
  std::function<void(int)> on_signal;

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      on_signal(signal);
      wait_for_signal();
    });
  }
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::run(bool spin) {
  asio::io_context& context = state_->context;
  context.restart();
  if (!spin) {
    context.run();
    return;
  }
  while (!context.stopped()) context.poll();
}

void Loop::stop() { state_->context.stop(); }

bool Loop::run_until(const std::function<bool()>& done, Nanos at_most) {
  asio::io_context& context = state_->context;
  context.restart();
  const auto end = time_point(steady_now() + at_most);
  while (!done()) {
    if (context.run_one_until(end) == 0) return done();
  }
  return true;
}

void Loop::post(std::function<void()> call) { asio::post(state_->context, std::move(call)); }

void Loop::on_signals(const std::vector<int>& signals, std::function<void(int)> call) {
  for (const int signal : signals) state_->signals.add(signal);
  const bool waiting = state_->on_signal != nullptr;
  state_->on_signal = std::move(call);
  if (!waiting) state_->wait_for_signal();
}

asio::io_context& Loop::context() { return state_->context; }

struct Timer::State {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::uint64_t setting = 0;  // a call that was already on its way when it was replaced must not come
  std::function<void()> call;
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop.context())) {}
Timer::~Timer() {
  if (state_) cancel();
}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  if (state_) cancel();
  state_ = std::move(other.state_);
  return *this;
}

void Timer::at(Steady when, std::function<void()> call) {
  State& state = *state_;
  const std::uint64_t setting = ++state.setting;
  state.call = std::move(call);
  state.timer.expires_at(time_point(when));
  state.timer.async_wait([weak = std::weak_ptr(state_), setting](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->setting != setting) return;
    const std::function<void()> due = std::exchange(self->call, nullptr);
    due();
  });
}

void Timer::after(Nanos delay, std::function<void()> call) { at(steady_now() + delay, std::move(call)); }

void Timer::cancel() {
  ++state_->setting;
  state_->call = nullptr;
  state_->timer.cancel();
}

}  // namespace crossbook::sys
