// SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <filesystem>
#include <utility>

#include "crossbook/capture/recorder.hpp"

namespace crossbook::app {
namespace {

class CaptureSource final : public Source {
 public:
  explicit CaptureSource(capture::Session session) : session_(std::move(session)) {}
  const capture::Arrival* next() override { return session_.next(); }
  std::optional<double> progress() const override {
    const auto total = session_.bytes_total();
    if (total == 0) return {};
    return static_cast<double>(session_.bytes_consumed()) / static_cast<double>(total);
  }
  std::vector<capture::ReadError> errors() const override { return session_.errors(); }
  bool cut() const override { return session_.cut(); }

 private:
  capture::Session session_;
};

}  // namespace

sys::Outcome<std::unique_ptr<Source>> open_captures(const std::vector<std::string>& files) {
  // A folder is a recording: its files continue each other.
  if (files.size() == 1 && std::filesystem::is_directory(files[0])) {
    const auto recorded = capture::recorded_files(files[0]);
    if (!recorded) return std::unexpected(recorded.error());
    auto chain = capture::Session::open_chain(*recorded);
    if (!chain) return std::unexpected(chain.error());
    return std::make_unique<CaptureSource>(std::move(*chain));
  }
  auto session = capture::Session::open(files);
  if (!session) return std::unexpected(session.error());
  return std::make_unique<CaptureSource>(std::move(*session));
}

}  // namespace crossbook::app
