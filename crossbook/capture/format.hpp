// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crossbook/core/units.hpp"

// A recorded session: one JSON object per line. The grammar, with a worked example, is docs/capture_format.md.
namespace crossbook::capture {

// What a line records. The names are on disk; add, never change.
enum class Direction : std::uint8_t {
  open,       // a socket opened
  out,        // we sent a message
  in,         // a message was received
  http,       // the body of a REST answer
  norm,       // a book or a trade that the recorder had already decoded; the payload is the whole line
  close,      // a socket closed; a payload says what is missing before the next line of the connection
  tick,       // time passed, nothing came, and a timer of the engine had something to do
  alive,      // a ping or a pong of the WebSocket itself
  behind,     // what is read from here on has waited for longer than the limit: more comes than is read
  caught_up,  // it no longer has
};
inline constexpr std::array<std::string_view, 10> direction_names = {"open",  "out",  "in",    "http",   "norm",
                                                                     "close", "tick", "alive", "behind", "caught_up"};

// Whether a line of this kind is nothing without its payload.
[[nodiscard]] constexpr bool needs_payload(Direction dir) {
  return dir == Direction::in || dir == Direction::out || dir == Direction::http;
}

[[nodiscard]] constexpr std::string_view to_string(Direction direction) {
  return direction_names[static_cast<std::size_t>(direction)];
}

[[nodiscard]] constexpr std::optional<Direction> direction_named(std::string_view name) {
  for (std::size_t i = 0; i < direction_names.size(); ++i)
    if (direction_names[i] == name) return static_cast<Direction>(i);
  return {};
}

// One line, decoded. What a reader gives out lives until that reader's next record.
struct Record {
  Wall t;                        // receive time by the recorder's clock
  std::optional<Steady> t_mono;  // the same moment on its steady clock, where recorded
  std::string_view feed;         // `venue` of the line: the protocol, "kraken-v1"
  std::string_view conn;         // frames of one conn are in arrival order
  Direction dir = Direction::in;
  std::string_view url;  // empty where the line has none
  // The exact bytes of the exchange or of ours; for `norm` the whole line. From a reader, core's frame_padding bytes
  // behind it are readable.
  std::string_view payload;
  std::uint32_t file = 0;  // position among the session's files
  std::uint64_t line = 0;  // counts from 1; 0 where it was never on disk
};

// A longer line is an error: the longest known frame, a Coinbase snapshot, makes a line of 6 MB.
inline constexpr std::size_t line_bytes_max = std::size_t{16} << 20;

}  // namespace crossbook::capture
