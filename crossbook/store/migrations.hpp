// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace crossbook::store {

// The text of migrations/*.sql in order: number n, counted from 1, makes schema version n out of n - 1. Lives for ever.
[[nodiscard]] std::span<const char* const> migrations();

}  // namespace crossbook::store
