// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"

// Everything that can happen to an engine. Time comes in with the input and from nowhere else.
namespace crossbook {

// A message received on a connection. The bytes are followed by at least frame_padding readable bytes (simdjson reads
// ahead); they live until Engine::on returns.
inline constexpr std::size_t frame_padding = 64;
struct Frame {
  ConnectionId connection{};
  std::string_view bytes;
};

// The body of a REST answer; `url` tells what was asked. Padded like a Frame.
struct HttpBody {
  FeedId feed{};
  std::string_view url;
  std::string_view bytes;
};

// A message that we sent: a codec may learn from it what was subscribed (depth, channels). Padded like a Frame.
struct Sent {
  ConnectionId connection{};
  std::string_view bytes;
};

// A socket opened or closed. Opening resets the books that it carried before.
struct SessionState {
  ConnectionId connection{};
  FeedId feed{};
  bool open = true;
  std::string_view url;
};

// A sign of life of a connection that is no message: a ping or a pong of the WebSocket itself.
struct Alive {
  ConnectionId connection{};
};

// From here on what is read of a connection is too old to be a price, because more arrives than is read; or no longer.
// Its messages are still the stream, and come in order.
struct Behind {
  ConnectionId connection{};
  bool behind = true;
};

// Time passed and nothing else happened: timers fire.
struct Tick {};

// A user, or a strategy, wants an order at the venue of a listing, and says when it must go.
struct PlaceCommand {
  OrderId order{};
  OrderTerms terms;
  OrderLimits limits;
};

struct CancelCommand {
  OrderId order{};
  OrderReason reason = OrderReason::manual;
};

// Stop: nothing is placed any more, and every live order is cancelled.
struct StopCommand {};

// An order of an earlier process, as the store knows it: it is unknown until the gateway told.
struct RestoredOrder {
  OrderId order{};
  OrderTerms terms;
  OrderLimits limits;
  Wall placed_at;
  Quantity filled;
};

// A match that the `filled` of a restored order counts already: reported again, it counts no second time.
struct RestoredTrade {
  OrderId order{};
  std::uint64_t trade = 0;
};

struct Input {
  Steady at;
  Wall wall;
  std::variant<Tick, Frame, HttpBody, Sent, SessionState, PlaceCommand, CancelCommand, StopCommand, RestoredOrder,
               RestoredTrade, OrderReport, Alive, Behind>
      what;
};

}  // namespace crossbook
