// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crossbook/shard/paper_script.hpp"
#include "crossbook/sys/outcome.hpp"

namespace crossbook::app {

// Reads a script of orders (docs/paper_trading.md lists its keys).
// Errors: every mistake of the file at once, a line each, with its place: no such file, not TOML, an unknown key, a
// value of the wrong kind or out of range, neither or both of size and notional.
[[nodiscard]] sys::Outcome<shard::PaperScript> read_paper_script(const std::string& path);

}  // namespace crossbook::app
