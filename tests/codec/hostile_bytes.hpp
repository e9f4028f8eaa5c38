#pragma once

#include "codec/codec_test_support.hpp"

#include <functional>
#include <gtest/gtest.h>

/// What a server may do to a share, drawn; for the hostile tests of every format.
namespace truckee::test {

using mutation = std::function<void(bytes&, random_source&)>;

inline void flip(bytes& share, random_source& random) {
  if (!share.empty())
    share[random.below(share.size())] ^= static_cast<std::byte>(1 + random.below(255));
}

/// Any value at one of the first `size` bytes.
inline mutation flip_in_first(std::size_t size) {
  return [size](bytes& share, random_source& random) {
    if (share.size() >= size)
      share[random.below(size)] = static_cast<std::byte>(random.below(256));
  };
}

inline void cut(bytes& share, random_source& random) {
  share.resize(random.below(share.size() + 1));
}

inline void extend(bytes& share, random_source& random) {
  share.resize(share.size() + random.below(300), static_cast<std::byte>(random.below(256)));
}

/// Another place for an offset: near, far, or beyond everything.
inline std::uint64_t other_place(std::size_t size, random_source& random) {
  const std::array<std::uint64_t, 8> values{0,          106,        random.below(size + 2), size,
                                            UINT32_MAX, UINT64_MAX, UINT64_MAX - size,      1ULL << 63};
  return values[random.below(values.size())];
}

inline mutation take_part_of(const std::vector<bytes>& others) {
  return [&others](bytes& share, random_source& random) {
    const auto& other = others[random.below(others.size())];
    const auto begin = random.below(other.size());
    const auto length = random.below(other.size() - begin) + 1;
    const auto to = std::min<std::size_t>(begin, share.size());
    share.resize(std::max<std::size_t>(share.size(), to + length));
    std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(begin), length,
                share.begin() + static_cast<std::ptrdiff_t>(to));
  };
}

/// Changes the originals `rounds` times in one to three ways: what a reader (`read_all`) then takes must be one of them, by
/// what `same` says of a mutant and an original.
inline void expect_mutants_refused(const std::vector<bytes>& originals, const std::vector<mutation>& ways,
                                   std::uint64_t rounds, const std::function<bool(byte_view)>& read_all,
                                   const std::function<bool(byte_view, byte_view)>& same) {
  const auto is_original = [&](byte_view mutated) {
    return std::any_of(originals.begin(), originals.end(),
                       [&](const bytes& original) { return same(mutated, original); });
  };
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    seeded_random random(seed);
    auto share = originals[random.below(originals.size())];
    for (auto times = 1 + random.below(3); times > 0; --times)
      ways[random.below(ways.size())](share, random);
    // Exactly as many bytes as there are: one read further is a sanitizer's error.
    const std::unique_ptr<std::byte[]> exact(new std::byte[share.size()]);
    std::copy(share.begin(), share.end(), exact.get());
    const byte_view view(exact.get(), share.size());
    if (!read_all(view))
      ++refused;
    else
      ASSERT_TRUE(is_original(view)) << "seed " << seed << ": a changed share passed";
  }
  EXPECT_GT(refused, rounds / 4);
}

} // namespace truckee::test
