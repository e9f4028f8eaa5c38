#include "codec/codec_test_support.hpp"

#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <malloc.h>
#include <new>

using namespace truckee;
using namespace truckee::codec;

// This test program counts every byte its C++ code holds, by replacing the global allocation functions.
namespace {

std::atomic<std::size_t> held{0};
std::atomic<std::size_t> held_max{0};

void* count(void* memory) {
  if (memory == nullptr)
    throw std::bad_alloc();
  const auto now = held += malloc_usable_size(memory);
  auto most = held_max.load();
  while (now > most && !held_max.compare_exchange_weak(most, now))
    continue;
  return memory;
}

void uncount(void* memory) {
  if (memory != nullptr)
    held -= malloc_usable_size(memory);
  std::free(memory);
}

} // namespace

void* operator new(std::size_t size) {
  return count(std::malloc(size == 0 ? 1 : size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return count(std::aligned_alloc(step, (size + step) / step * step));
}
void operator delete(void* memory) noexcept {
  uncount(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  uncount(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  uncount(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  uncount(memory);
}

namespace {

/// Most bytes held at once above what was held before, per byte of content.
double peak_ratio(std::size_t size) {
  test::codec_world world(1, 2);
  const bytes content(size, std::byte{7});
  static_cast<void>(test::some_keys());
  const auto before = held.load();
  held_max = before;
  const auto file = world.encode(content, {3, 10});
  EXPECT_EQ(file.shares.size(), 10U);
  return static_cast<double>(held_max - before) / static_cast<double>(size);
}

} // namespace

TEST(encode_memory, the_counter_counts) {
  const auto before = held.load();
  const bytes some(1000000);
  EXPECT_GE(held - before, 1000000U);
}

TEST(encode_memory, sixteen_mebibytes_take_less_than_3_6_times_their_size) {
  const auto ratio = peak_ratio(16 << 20);
  EXPECT_LT(ratio, 3.6);
  EXPECT_GT(ratio, 3.3) << "the shares themselves have 10/3 of it: less means the counter missed them";
}
