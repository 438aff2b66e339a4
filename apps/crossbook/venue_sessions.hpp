// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

// How crossbook speaks to each feed, as rows of texts: venue/streams.hpp for people.
namespace crossbook::app {

// The facts of a feed's sessions; null where no live session is spoken.
[[nodiscard]] nlohmann::ordered_json session_json(std::string_view feed);
// docs/venues/sessions.md is this output.
void print_session_markdown();
void print_session_table();

}  // namespace crossbook::app
