// SPDX-License-Identifier: Apache-2.0
#include "summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace crossbook::app {
namespace {

constexpr std::size_t errors_printed_max = 10;

double to_seconds(Nanos nanos) { return static_cast<double>(nanos.count()) / 1e9; }

std::string bps(const std::optional<std::int64_t>& micro_bps) {
  return micro_bps ? fmt::format("{:.3f}", static_cast<double>(*micro_bps) / 1e6) : "-";
}

void print_rates(const shard::Player& player, const shard::ReplayReport& report, std::chrono::nanoseconds elapsed) {
  const double seconds = static_cast<double>(elapsed.count()) / 1e9;
  const Nanos span = player.first_t() ? player.last_t() - *player.first_t() : Nanos();
  fmt::print("\n{} frames over {:.1f} s of session time, played in {:.2f} s ({:.0f} frames a second)\n", report.frames,
             to_seconds(span), seconds, static_cast<double>(report.frames) / std::max(seconds, 1e-9));
}

void print_feeds(const shard::ReplayReport& report) {
  fmt::print("\n{:<20} {:>8} {:>8} {:>9} {:>6}  {}\n", "feed", "frames", "unknown", "malformed", "gaps", "books");
  for (const auto& [feed, counters] : report.venues) {
    std::map<std::string, int> states;
    std::uint64_t gaps = counters.connection_gaps;
    std::uint64_t checksums = 0;
    std::uint64_t failed = 0;
    if (const auto books = report.books.find(feed); books != report.books.end()) {
      for (const auto& [symbol, book] : books->second) {
        gaps += book.counters.gaps;
        checksums += book.counters.checksum_ok + book.counters.checksum_failed;
        failed += book.counters.checksum_failed;
        ++states[fmt::format("{} ({})", to_string(book.state), to_string(book.verified))];
      }
    }
    std::string books;
    for (const auto& [state, count] : states) books += fmt::format("{}{} {}", books.empty() ? "" : ", ", count, state);
    if (checksums > 0) books += fmt::format("; {} of {} checksums right", checksums - failed, checksums);
    fmt::print("{:<20} {:>8} {:>8} {:>9} {:>6}  {}\n", feed, counters.frames, counters.unknown, counters.malformed,
               gaps, books);
  }
}

void print_group(const shard::Player& player, GroupId id, const shard::ConsolidatedReport& report) {
  const engine::Group& group = player.engine().group(id);
  const shard::SpreadClock spread = player.spread(id);
  fmt::print("\n{}: {} venues, mean consolidated spread {} bps over {:.1f} s, {} changes of the best price", group.name,
             group.members.size(), bps(spread.mean_micro_bps()), to_seconds(spread.measured()), report.nbbo_changes);
  if (report.changes_leaving_crossed > 0) fmt::print(", crossed for {:.3f} s", to_seconds(report.crossed_time));
  fmt::print("\n  {:<20} {:>12} {:>12} {:>16}  {}\n", "venue", "at best bid", "at best ask", "own spread, bps", "now");
  const double whole = std::max(1e-9, to_seconds(spread.measured()));
  for (const shard::MemberShare& share : player.shares(id)) {
    const auto excluded = report.excluded.find(share.name);
    fmt::print("  {:<20} {:>10.1f} % {:>10.1f} % {:>16}  {}\n", share.name, 100 * to_seconds(share.at_best_bid) / whole,
               100 * to_seconds(share.at_best_ask) / whole, bps(share.spread.mean_micro_bps()),
               excluded == report.excluded.end() ? "contributes" : fmt::format("out: {}", to_string(excluded->second)));
  }
}

void print_errors(const shard::ReplayReport& report) {
  if (report.errors.empty()) return;
  fmt::print("\n{} errors\n", report.errors.size());
  for (std::size_t i = 0; i < std::min(errors_printed_max, report.errors.size()); ++i) {
    const shard::ReplayError& error = report.errors[i];
    fmt::print("  {}:{}: {} {}: {}\n", error.file, error.line, error.feed, error.symbol.value_or(""), error.reason);
  }
  if (report.errors.size() > errors_printed_max)
    fmt::print("  and {} more; --json lists them all\n", report.errors.size() - errors_printed_max);
}

}  // namespace

void print_summary(const shard::Player& player, const shard::ReplayReport& report, std::chrono::nanoseconds elapsed) {
  print_rates(player, report, elapsed);
  print_feeds(report);
  for (std::size_t g = 0; g < player.engine().groups(); ++g) {
    const auto id = GroupId(g);
    const auto found = report.consolidated.find(player.engine().group(id).name);
    if (found != report.consolidated.end() && player.engine().group(id).members.size() > 1)
      print_group(player, id, found->second);
  }
  print_errors(report);
}

}  // namespace crossbook::app
