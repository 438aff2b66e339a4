// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/venue/streams.hpp"

// Requests and answers as short texts.
namespace crossbook::venue {

inline const StreamDialect& row(std::string_view feed) {
  const StreamDialect* const found = find_streams(feed);
  CROSSBOOK_ASSERT(found != nullptr);
  return *found;
}

inline constexpr Wall some_wall(1'611'541'000'312'000'000);

inline std::string requested(std::string_view feed, const std::vector<std::string_view>& symbols, StreamKind kind,
                             std::uint32_t depth, bool subscribe, std::int64_t channel = 0) {
  std::string text;
  row(feed).request(text, {.subscribe = subscribe,
                           .kind = kind,
                           .depth = depth,
                           .id = 1,
                           .channel = channel,
                           .symbols = symbols,
                           .wall = some_wall});
  return text;
}
inline std::string asked(std::string_view feed, const std::vector<std::string_view>& symbols,
                         StreamKind kind = StreamKind::book, std::uint32_t depth = 0) {
  return requested(feed, symbols, kind, depth, true);
}
inline std::string ended(std::string_view feed, const std::vector<std::string_view>& symbols,
                         StreamKind kind = StreamKind::book, std::uint32_t depth = 0, std::int64_t channel = 0) {
  return requested(feed, symbols, kind, depth, false, channel);
}
inline std::string pinged(std::string_view feed) {
  std::string text;
  row(feed).ping(text, 1, some_wall);
  return text;
}
inline std::string snapshot_url(std::string_view feed, std::string_view symbol, std::uint32_t depth = 0) {
  std::string url;
  row(feed).append_snapshot_url(url, symbol, depth);
  return url;
}

inline std::string_view name_of(Answer::Kind kind) {
  constexpr std::string_view names[] = {"none", "greeting", "acknowledged", "ended", "refused", "pong", "reconnect"};
  return names[static_cast<std::size_t>(kind)];
}

// "refused 3: book X/Y: no such pair; reply {..}"
inline std::string answer(std::string_view feed, std::string_view frame) {
  std::string padded(frame);
  padded.resize(frame.size() + frame_padding);
  AnswerReader reader;
  const Answer& read = reader.read(row(feed), std::string_view(padded).substr(0, frame.size()));
  std::string text(name_of(read.kind));
  if (read.kind != Answer::Kind::none && read.kind != Answer::Kind::pong && read.id != 0)
    text += " " + std::to_string(read.id);
  if (read.complete) text += " all";
  std::string_view separator = ": ";
  for (const Answer::Topic& topic : read.topics) {
    text += separator;
    text += topic.kind ? to_string(*topic.kind) : "?";
    text.append(" ").append(topic.symbol);
    separator = ", ";
  }
  if (read.channel != 0) text += ", channel " + std::to_string(read.channel);
  if (read.kind == Answer::Kind::refused) text.append(": ").append(read.text);
  if (!read.reply.empty()) text.append("; reply ").append(read.reply);
  return text;
}

}  // namespace crossbook::venue
