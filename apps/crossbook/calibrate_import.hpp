// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"
#include "crossbook/cost/fees.hpp"

namespace crossbook::app {

struct ImportOptions {
  std::string file;
  std::string store;
  bool skip_bad = false;
  bool json = false;
  Role role = Role::taker;  // of fills that do not say
};

// Reads the file into the store; prints what came of it.
[[nodiscard]] Exit import_fills(const ImportOptions& options);

}  // namespace crossbook::app
