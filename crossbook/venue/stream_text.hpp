// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the writers of requests and the readers of answers have in common. Private to this room.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crossbook/venue/json.hpp"
#include "crossbook/venue/streams.hpp"

namespace crossbook::venue {

// The text as a JSON string.
void append_quoted(std::string& out, std::string_view text);
void append_integer(std::string& out, std::int64_t number);
void append_lower(std::string& out, std::string_view text);
// The text in an address: everything but letters, digits and -._~ percent-encoded.
void append_escaped(std::string& out, std::string_view text);
// ["a","b"]
void append_list(std::string& out, std::span<const std::string_view> texts);

// A field's text, digits or number; empty, nothing or 0 where it is absent, null or of another type.
[[nodiscard]] std::string_view text_in(ondemand::object& object, std::string_view key);
[[nodiscard]] std::int64_t integer_in(ondemand::object& object, std::string_view key);  // sent bare or in quotes
[[nodiscard]] std::optional<bool> flag_in(ondemand::object& object, std::string_view key);
[[nodiscard]] std::optional<ondemand::object> object_in(ondemand::object& object, std::string_view key);

// The frame's root where it is an object.
[[nodiscard]] std::optional<ondemand::object> root_of(Parser& parser, std::string_view bytes,
                                                      ondemand::document& document);

}  // namespace crossbook::venue
