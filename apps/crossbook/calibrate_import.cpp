// SPDX-License-Identifier: Apache-2.0
#include "calibrate_import.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "crossbook/store/calibrations.hpp"
#include "crossbook/store/fill_file.hpp"
#include "crossbook/store/store.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::app {
namespace {

constexpr std::size_t bad_printed_max = 20;
constexpr int bar_width = 40;

// A bar on the terminal's error stream; nothing elsewhere.
class Bar {
 public:
  explicit Bar(std::string label) : label_(std::move(label)), shown_(isatty(STDERR_FILENO) == 1) {}
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;
  ~Bar() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  void show(double share) {
    const int percent = static_cast<int>(share * 100.0);
    if (!shown_ || percent == percent_) return;
    percent_ = percent;
    const int full = std::clamp(percent * bar_width / 100, 0, bar_width);
    fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:>3} %", label_, "", full, "", bar_width - full, percent);
    std::fflush(stderr);
  }

 private:
  std::string label_;
  bool shown_;
  int percent_ = -1;
};

std::optional<std::string> unified_symbol(std::string_view raw) {
  for (const char separator : {'/', '-', '_'}) {
    if (raw.find(separator) == std::string_view::npos) continue;
    const auto pair = venue::split_at(raw, separator);
    return pair ? std::optional(venue::unified(*pair)) : std::nullopt;
  }
  const auto pair = venue::split_joined(raw);
  return pair ? std::optional(venue::unified(*pair)) : std::nullopt;
}

void print_bad(const std::string& file, const std::vector<store::BadRow>& bad) {
  for (std::size_t i = 0; i < std::min(bad.size(), bad_printed_max); ++i)
    fmt::print(stderr, "crossbook: {}:{}: {}\n", file, bad[i].line, bad[i].what);
  if (bad.size() > bad_printed_max)
    fmt::print(stderr, "crossbook: {}: and {} more bad rows\n", file, bad.size() - bad_printed_max);
}

Exit failed(const std::string& sentence, Exit exit) {
  fmt::print(stderr, "crossbook: {}\n", sentence);
  return exit;
}

// Hands over all rows, and returns once they are on disk and the calibrations with them.
sys::Status record_all(store::FillFile& file, store::Store& store) {
  Bar bar("recording");
  std::size_t done = 0;
  const auto recorded = file.each([&](store::Fill&& fill) -> sys::Status {
    if (auto ticket = store.record(std::move(fill)); !ticket) return sys::fault(ticket.error());
    if (++done % 4'096 == 0) bar.show(static_cast<double>(done) / static_cast<double>(file.rows()));
    return {};
  });
  if (!recorded) return recorded;
  if (auto status = store.flush(); !status) return status;
  auto calibrations = store::read_calibrations(store, {});
  if (!calibrations) return sys::fault(calibrations.error());
  return store::keep_calibrations(store, *calibrations);
}

void print_result(const ImportOptions& options, const store::FillFile& file, const store::Counts& counts) {
  if (counts.clashes > 0)
    fmt::print(stderr,
               "crossbook: {}: {} rows were left out as known by (exchange, trade_id), but that trade is of another "
               "symbol; where an exchange counts trades per symbol, write SYMBOL:ID as trade_id\n",
               options.file, counts.clashes);
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json({{"file", options.file},
                                               {"store", options.store},
                                               {"format", file.format().name},
                                               {"rows", file.rows() + file.bad().size()},
                                               {"imported", counts.kept},
                                               {"known", counts.known},
                                               {"clashes", counts.clashes},
                                               {"bad", file.bad().size()}})
                           .dump(1));
    return;
  }
  fmt::print("{}: {}; {} executions imported, {} known already, {} bad rows skipped\n", options.file,
             file.format().name, counts.kept, counts.known, file.bad().size());
  if (!file.format().says_role)
    fmt::print("this kind of file does not say who made the price: such fills count as {} (--role {})\n",
               to_string(options.role), options.role == Role::taker ? "maker counts them as maker" : "taker as taker");
}

}  // namespace

Exit import_fills(const ImportOptions& options) {
  auto text = sys::read_file(options.file);
  if (!text) return failed(text.error(), Exit::usage);
  auto file = [&] {
    Bar bar("reading");
    return store::FillFile::read(options.file, std::move(*text),
                                 {.unified_symbol = unified_symbol, .role = options.role},
                                 [&](double share) { bar.show(share); });
  }();
  if (!file) return failed(file.error(), Exit::usage);
  print_bad(options.file, file->bad());
  if (!file->bad().empty() && !options.skip_bad)
    return failed(fmt::format("{}: {} bad rows, so nothing was imported; --skip-bad imports the other {}", options.file,
                              file->bad().size(), file->rows()),
                  Exit::usage);
  auto store = store::open_store(options.store);
  if (!store) return failed(store.error(), Exit::usage);
  if (auto status = record_all(*file, **store); !status) return failed(status.error(), Exit::partial);
  print_result(options, *file, (*store)->counts());
  return Exit::ok;
}

}  // namespace crossbook::app
