// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "crossbook/venue/venue.hpp"

namespace crossbook::venue {

// All feeds that crossbook speaks; a FeedId is a position here. The order is fixed for one version only.
[[nodiscard]] std::span<const Feed* const> feeds();
[[nodiscard]] const Feed& feed(FeedId id);
[[nodiscard]] std::optional<FeedId> find_feed(std::string_view name);
// Whether a feed is of an exchange of this name.
[[nodiscard]] bool is_venue(std::string_view name);

}  // namespace crossbook::venue
