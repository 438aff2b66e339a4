// SPDX-License-Identifier: Apache-2.0
#include "doctor_machine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/file.hpp"

namespace crossbook::app {
namespace {

constexpr std::uint64_t files_enough = 4096;
constexpr std::uint64_t room_enough = std::uint64_t{2} << 30;
constexpr Nanos sync_slow = milliseconds(100);

Finding examine_clock() {
  timex state{};
  const int kind = adjtimex(&state);
  const double error_ms = static_cast<double>(state.maxerror) / 1'000;
  if (kind == -1) return {Verdict::warn, "clock", "the kernel does not tell whether it is synchronised"};
  if (kind == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
    return {Verdict::warn, "clock",
            "the kernel does not know it to be synchronised; run chrony or systemd-timesyncd (in a container: on the "
            "host)"};
  if (error_ms > 100)
    return {Verdict::warn, "clock",
            fmt::format("synchronised, but perhaps {:.0f} ms off; use nearer time servers", error_ms)};
  return {Verdict::ok, "clock", fmt::format("synchronised, at most {:.1f} ms off", error_ms)};
}

Finding examine_limits() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < files_enough)
    return {Verdict::warn, "open files",
            fmt::format("at most {}; raise it to {}: ulimit -n {}, or LimitNOFILE= in the unit", limit.rlim_cur,
                        files_enough, files_enough)};
  return {Verdict::ok, "open files", fmt::format("at most {}", limit.rlim_cur)};
}

Finding examine_processors() {
  const unsigned count = std::thread::hardware_concurrency();
  if (count < 2)
    return {Verdict::warn, "processors", fmt::format("{}: the shard shares it with the writer of the recorder", count)};
  return {Verdict::ok, "processors", fmt::format("{}", count)};
}

Finding examine_room(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error)
    return {Verdict::fail, "disk", fmt::format("{}: {}; name a folder that is there", folder, error.message())};
  const double gib = static_cast<double>(space.available) / static_cast<double>(std::uint64_t{1} << 30);
  if (space.available < room_enough)
    return {Verdict::warn, "disk",
            fmt::format("{:.1f} GiB free below {}; a day of one busy venue takes about 1", gib, folder)};
  return {Verdict::ok, "disk", fmt::format("{:.1f} GiB free below {}", gib, folder)};
}

// The slowest of some small writes, each followed until it is on the disk.
Finding examine_sync(const std::string& folder) {
  const std::string path = fmt::format("{}/.crossbook-doctor-{}", folder, getpid());
  const auto sink = sys::create_file(path);
  if (!sink)
    return {Verdict::fail, "disk writes", fmt::format("{}; choose a folder that can be written to", sink.error())};
  Nanos slowest;
  sys::Status done;
  for (int i = 0; i < 10 && done; ++i) {
    const Steady before = sys::steady_now();
    done = (*sink)->write(std::string(4096, 'x'));
    if (done) done = (*sink)->sync();
    slowest = std::max(slowest, sys::steady_now() - before);
  }
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!done) return {Verdict::fail, "disk writes", done.error()};
  const double ms = static_cast<double>(slowest.count()) / 1e6;
  if (slowest > sync_slow)
    return {Verdict::warn, "disk writes", fmt::format("{:.0f} ms until 4 KiB are safe; every order waits so long", ms)};
  return {Verdict::ok, "disk writes", fmt::format("{:.1f} ms until 4 KiB are safe, at worst of ten", ms)};
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warn: return "warn";
    case Verdict::fail: return "FAIL";
  }
  return "?";
}

std::vector<Finding> examine_machine(const std::string& folder) {
  return {examine_clock(), examine_limits(), examine_processors(), examine_room(folder), examine_sync(folder)};
}

}  // namespace crossbook::app
