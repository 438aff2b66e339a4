// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "crossbook/api/execution_store.hpp"

namespace crossbook {

enum class Keep : std::uint8_t {
  each,     // record_execution returns once the execution is on disk
  batched,  // it returns at once; an error of the disk shows at the next one, or in flush()
};

// Executions in a file, for FeeLatencyCalibratorOptions::store. The file is the one that `crossbook calibrate` reads.
class KeptExecutions : public ExecutionStore {
 public:
  // Returns once everything is on disk. Throws std::runtime_error that names the file and the way out.
  virtual void flush() = 0;
};

// Opens the file, or makes it. Throws std::runtime_error that names the file and the way out.
//   FeeLatencyCalibrator calibrator({.store = open_executions("crossbook.db")});
[[nodiscard]] std::shared_ptr<KeptExecutions> open_executions(const std::string& path, Keep keep = Keep::each);

}  // namespace crossbook
