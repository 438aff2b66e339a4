// SPDX-License-Identifier: Apache-2.0
#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace crossbook::app {
namespace {
thread_local std::uint64_t count = 0;
}

std::uint64_t allocations() { return count; }

}  // namespace crossbook::app

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CROSSBOOK_SANITIZED
#endif
#endif
#ifndef CROSSBOOK_SANITIZED
void* operator new(std::size_t size) {
  ++crossbook::app::count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
