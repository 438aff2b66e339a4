// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "crossbook/sys/wire.hpp"

// A Wire with one queue of bytes towards the client, which can be muted, and with reading that can be paused. The
// server's side only. Private to this room.
namespace crossbook::sys {

class Tap {
 public:
  using executor_type = Wire::executor_type;
  using ReadDone = std::move_only_function<void(const ErrorCode&, std::size_t)>;

  explicit Tap(TcpSocket socket) : state_(std::make_shared<State>(std::move(socket))) {}

  [[nodiscard]] executor_type get_executor() { return state_->wire.get_executor(); }
  [[nodiscard]] Wire& wire() { return state_->wire; }

  void put(std::string_view bytes) {
    if (state_->muted) return;
    state_->queued.append(bytes);
    write(state_);
  }
  [[nodiscard]] std::size_t unsent_bytes() const { return state_->queued.size() + state_->writing.size(); }
  // Calls once all that was put so far is with the kernel; not at all where the connection breaks before.
  void when_sent(std::function<void()> call) {
    state_->when_sent = std::move(call);
    write(state_);
  }
  // The TCP connection goes once all that was put so far is with the kernel.
  void close_when_sent() {
    when_sent([weak = std::weak_ptr(state_)] {
      if (const auto state = weak.lock()) state->wire.close();
    });
  }
  void mute(bool muted) { state_->muted = muted; }
  void pause(bool paused) {
    state_->paused = paused;
    if (!paused && state_->parked) boost::asio::post(get_executor(), std::exchange(state_->parked, nullptr));
  }
  void close() {
    state_->when_sent = nullptr;
    state_->wire.close();
    if (state_->parked) boost::asio::post(get_executor(), std::exchange(state_->parked, nullptr));
  }

  // What is read while reading is paused is handed on afterwards; nothing more is read meanwhile.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    state_->wire.async_read_some(buffers, [state = state_, handler = std::forward<Handler>(handler)](
                                              const ErrorCode& error, std::size_t bytes) mutable {
      if (!state->paused || error) return std::move(handler)(error, bytes);
      state->parked = [handler = std::move(handler), error, bytes]() mutable { std::move(handler)(error, bytes); };
    });
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    const std::string bytes(boost::asio::buffers_begin(buffers), boost::asio::buffers_end(buffers));
    put(bytes);
    boost::asio::post(get_executor(), [handler = std::forward<Handler>(handler), size = bytes.size()]() mutable {
      std::move(handler)(ErrorCode(), size);
    });
  }

 private:
  struct State {
    explicit State(TcpSocket socket) : wire(std::move(socket)) {}
    Wire wire;
    std::string queued;
    std::string writing;  // empty: no write is under way
    std::function<void()> when_sent;
    std::move_only_function<void()> parked;
    bool muted = false;
    bool paused = false;
  };

  static void write(const std::shared_ptr<State>& state) {
    if (!state->writing.empty()) return;
    if (state->queued.empty()) {
      if (state->when_sent) std::exchange(state->when_sent, nullptr)();
      return;
    }
    std::swap(state->writing, state->queued);
    boost::asio::async_write(state->wire, boost::asio::buffer(state->writing),
                             [state](const ErrorCode& error, std::size_t) {
                               state->writing.clear();
                               if (!error) return write(state);
                               state->when_sent = nullptr;
                             });
  }

  std::shared_ptr<State> state_;
};

inline void teardown(boost::beast::role_type, Tap& tap, ErrorCode& error) {
  error = {};
  tap.close();
}
// The close frame that answers the client's is still in the queue.
template <class Handler>
void async_teardown(boost::beast::role_type, Tap& tap, Handler&& handler) {
  tap.close_when_sent();
  boost::asio::post(tap.get_executor(),
                    [handler = std::forward<Handler>(handler)]() mutable { std::move(handler)(ErrorCode()); });
}
inline void beast_close_socket(Tap& tap) { tap.close(); }

}  // namespace crossbook::sys
