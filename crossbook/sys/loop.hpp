// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "crossbook/core/units.hpp"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): its own name
}

// One thread waits here for sockets, timers and signals, and calls what waits for them. Everything of sys that takes a
// Loop is used on the thread that runs it, but for what says otherwise.
namespace crossbook::sys {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Returns after stop(). Spinning asks the sockets again and again instead of sleeping: a core for a few microseconds.
  void run(bool spin = false);
  // From any thread.
  void stop();
  // Runs until `done` says so, which is asked after each thing that happened, or for `at_most`. The answer is done's.
  bool run_until(const std::function<bool()>& done, Nanos at_most);

  // Calls it on the loop's thread, soon, and never from within. From any thread.
  void post(std::function<void()> call);
  // Instead of their default action, for as long as the loop lives.
  void on_signals(const std::vector<int>& signals, std::function<void(int)> call);

  [[nodiscard]] boost::asio::io_context& context();  // for this room only

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Calls once, at or soon after a time; setting it again replaces the call. Destruction cancels it.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  void at(Steady when, std::function<void()> call);
  void after(Nanos delay, std::function<void()> call);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace crossbook::sys
