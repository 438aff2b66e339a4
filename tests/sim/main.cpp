// SPDX-License-Identifier: Apache-2.0
//
// engine_sim [--first N] [--count N] [--seed N] [--transcript] [--digest]
//   plays the days of these seeds (1 to 512 unless told otherwise); exit 1 at the first that breaks a promise.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crossbook/sys/sha256.hpp"
#include "simulation.hpp"
#include "transcript.hpp"

using namespace crossbook;

namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t count = 512;
  bool transcript = false;
  bool digest = false;
};

bool read(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] { return ++i < argc ? std::strtoull(argv[i], nullptr, 10) : 0; };
    if (word == "--first") arguments.first = value();
    else if (word == "--count") arguments.count = value();
    else if (word == "--transcript") arguments.transcript = true;
    else if (word == "--digest") arguments.digest = true;
    else if (word == "--seed") {
      arguments.first = value();
      arguments.count = 1;
    } else {
      return false;
    }
  }
  return arguments.count > 0;
}

// What the days were made of: so that nobody believes in a promise that was never put to the test.
struct Sum {
  std::uint64_t inputs = 0;
  std::uint64_t orders = 0;
  std::uint64_t cancels = 0;
  std::uint64_t fills = 0;
  std::uint64_t effects = 0;
  std::array<std::uint64_t, 32> reasons{};
  sys::Sha256 sha;

  void add(const sim::Outcome& outcome) {
    inputs += outcome.inputs;
    orders += outcome.orders;
    cancels += outcome.cancels;
    fills += outcome.fills;
    effects += outcome.effects;
    for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] += outcome.reasons[i];
    sha.update(outcome.digest);
  }
};

void print(const Arguments& arguments, const Sum& sum) {
  std::printf("seeds %llu to %llu: %llu inputs, %llu orders, %llu cancels, %llu fills, %llu effects\n",
              static_cast<unsigned long long>(arguments.first),
              static_cast<unsigned long long>(arguments.first + arguments.count - 1),
              static_cast<unsigned long long>(sum.inputs), static_cast<unsigned long long>(sum.orders),
              static_cast<unsigned long long>(sum.cancels), static_cast<unsigned long long>(sum.fills),
              static_cast<unsigned long long>(sum.effects));
  std::printf("first cancels by reason:");
  for (std::size_t i = 0; i < sum.reasons.size(); ++i)
    if (sum.reasons[i] > 0)
      std::printf(" %s %llu", to_string(static_cast<OrderReason>(i)), static_cast<unsigned long long>(sum.reasons[i]));
  std::printf("\ndigest of all effects: %s\n", sum.sha.hex().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!read(argc, argv, arguments)) {
    std::fputs("engine_sim [--first N] [--count N] [--seed N] [--transcript] [--digest]\n", stderr);
    return 2;
  }
  Sum sum;
  sim::Transcript transcript;
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.count; ++seed) {
    sim::Simulation day(seed, arguments.transcript ? &transcript : nullptr);
    const sim::Outcome outcome = day.run();
    if (!outcome.broken.empty()) {
      std::printf("seed %llu, input %llu: %s\nrepeat it with: %s --seed %llu --transcript\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(outcome.inputs),
                  outcome.broken.c_str(), argv[0], static_cast<unsigned long long>(seed));
      return 1;
    }
    if (arguments.digest) std::printf("%llu %s\n", static_cast<unsigned long long>(seed), outcome.digest.c_str());
    sum.add(outcome);
  }
  print(arguments, sum);
  return 0;
}
