#include "truckee/crypto/sha256_lanes.hpp"

#include "truckee/base/assert.hpp"
#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace truckee::crypto {

namespace {

constexpr std::size_t block_size = 64;

/// As much as a value has of one length with the values before it, at most `most`.
std::size_t alike(std::span<const byte_view> values, std::size_t most) {
  std::size_t count = 1;
  while (count < std::min(most, values.size()) && values[count].size() == values[0].size())
    ++count;
  return count;
}

} // namespace

#if defined(__x86_64__)

namespace {

#define TRUCKEE_SHA [[gnu::target("sha,sse4.1")]]
#define TRUCKEE_SHA_INLINE [[gnu::target("sha,sse4.1"), gnu::always_inline]] inline

alignas(16) constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The state a to h as the instructions want it, in two registers: a b e f, and c d g h, the first in the highest place.
struct lane {
  __m128i abef;
  __m128i cdgh;
};

/// What is on its way through one block.
struct work {
  lane state;
  __m128i message[4];
};

TRUCKEE_SHA lane initial() {
  return {_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
          _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
}

/// Rounds 4 * I to 4 * I + 3 of one block, and the part of the message schedule that belongs beside them.
template <int I>
TRUCKEE_SHA_INLINE void four_rounds(work& at, const std::byte* block) {
  auto& now = at.message[I % 4];
  auto& next = at.message[(I + 1) % 4];
  auto& last = at.message[(I + 3) % 4];
  if constexpr (I < 4) {
    const auto big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + I), big_endian);
  }
  auto words =
      _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(round_constants.data()) + I));
  at.state.cdgh = _mm_sha256rnds2_epu32(at.state.cdgh, at.state.abef, words);
  if constexpr (I >= 3 && I < 15)
    next = _mm_sha256msg2_epu32(_mm_add_epi32(next, _mm_alignr_epi8(now, last, 4)), now);
  words = _mm_shuffle_epi32(words, 0x0e);
  at.state.abef = _mm_sha256rnds2_epu32(at.state.abef, at.state.cdgh, words);
  if constexpr (I >= 1 && I < 13)
    last = _mm_sha256msg1_epu32(last, now);
}

/// Whole blocks of N messages. The lanes are variables and no array, or they would not stay in registers.
template <int I, std::size_t N>
TRUCKEE_SHA_INLINE void rounds(work& a, work& b, work& c, const std::byte* const (&at)[lanes_max]) {
  four_rounds<I>(a, at[0]);
  four_rounds<I>(b, at[1]);
  if constexpr (N > 2)
    four_rounds<I>(c, at[2]);
  if constexpr (I < 15)
    rounds<I + 1, N>(a, b, c, at);
}

TRUCKEE_SHA_INLINE void add(lane& to, const lane& what) {
  to.abef = _mm_add_epi32(to.abef, what.abef);
  to.cdgh = _mm_add_epi32(to.cdgh, what.cdgh);
}

template <std::size_t N>
TRUCKEE_SHA void compress(lane (&state)[N], const std::byte* const (&messages)[N], std::size_t blocks) {
  const std::byte* at[lanes_max]{messages[0], messages[1], messages[N - 1]};
  auto first = state[0];
  auto second = state[1];
  auto third = state[N - 1];
  for (; blocks > 0; --blocks) {
    work a{first, {}};
    work b{second, {}};
    work c{third, {}};
    rounds<0, N>(a, b, c, at);
    add(first, a.state);
    add(second, b.state);
    add(third, c.state);
    at[0] += block_size;
    at[1] += block_size;
    at[2] += block_size;
  }
  state[0] = first;
  state[1] = second;
  if constexpr (N > 2)
    state[2] = third;
}

TRUCKEE_SHA hash256 digest(const lane& from) {
  alignas(16) std::array<std::uint32_t, 4> abef;
  alignas(16) std::array<std::uint32_t, 4> cdgh;
  _mm_store_si128(reinterpret_cast<__m128i*>(abef.data()), from.abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(cdgh.data()), from.cdgh);
  const std::array<std::uint32_t, 8> words{abef[3], abef[2], cdgh[3], cdgh[2],
                                           abef[1], abef[0], cdgh[1], cdgh[0]};
  hash256 out;
  for (std::size_t i = 0; i < words.size(); ++i)
    store_be(out.view().subspan(4 * i, 4), words[i]);
  return out;
}

/// The end of a message in whole blocks: its last bytes, a one, zeros and its length.
struct tail {
  std::array<std::byte, 4 * block_size> data{};
  std::size_t blocks = 0;

  void fill(byte_view first, byte_view second, std::size_t message_size) {
    data = {};
    auto* end = std::copy(first.begin(), first.end(), data.begin());
    end = std::copy(second.begin(), second.end(), end);
    *end = std::byte{0x80};
    blocks = (first.size() + second.size() + 8) / block_size + 1;
    store_be(mutable_byte_view(data).subspan(blocks * block_size - 8, 8), std::uint64_t{message_size} * 8);
  }
};

template <std::size_t N>
TRUCKEE_SHA void sha256d_lanes(byte_view prefix, std::span<const byte_view> values, std::span<hash256> out) {
  lane state[N];
  std::fill(state, state + N, initial());
  const auto size = values[0].size();
  const std::byte* at[N];
  std::size_t taken = 0;       // of each value
  byte_view unhashed = prefix; // what of the prefix belongs to the tail
  tail ends[N];
  if (!prefix.empty() && prefix.size() + size >= block_size) {
    taken = block_size - prefix.size();
    for (std::size_t i = 0; i < N; ++i) {
      auto* end = std::copy(prefix.begin(), prefix.end(), ends[i].data.begin());
      std::copy_n(values[i].begin(), taken, end);
      at[i] = ends[i].data.data();
    }
    compress(state, at, 1);
    unhashed = {};
  }
  if (unhashed.empty()) {
    const auto whole = (size - taken) / block_size;
    for (std::size_t i = 0; i < N; ++i)
      at[i] = values[i].data() + taken;
    compress(state, at, whole);
    taken += whole * block_size;
  }
  for (std::size_t i = 0; i < N; ++i) {
    ends[i].fill(unhashed, values[i].subspan(taken), prefix.size() + size);
    at[i] = ends[i].data.data();
  }
  compress(state, at, ends[0].blocks);
  for (std::size_t i = 0; i < N; ++i) {
    ends[i].fill(digest(state[i]).view(), {}, hash256::size);
    state[i] = initial();
  }
  compress(state, at, 1);
  for (std::size_t i = 0; i < N; ++i)
    out[i] = digest(state[i]);
}

#undef TRUCKEE_SHA
#undef TRUCKEE_SHA_INLINE

struct processor {
  bool sha = false;
  bool avx = false;
};

processor ask_processor() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0)
    return {};
  constexpr unsigned ssse3 = 1U << 9;
  constexpr unsigned sse4_1 = 1U << 19;
  constexpr unsigned system_saves_avx = 1U << 27;
  constexpr unsigned avx = 1U << 28;
  processor out;
  out.avx = (c & avx) != 0 && (c & system_saves_avx) != 0;
  const bool sse = (c & ssse3) != 0 && (c & sse4_1) != 0;
  constexpr unsigned sha = 1U << 29;
  out.sha = sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha) != 0;
  return out;
}

const processor& this_processor() {
  static const auto found = ask_processor();
  return found;
}

} // namespace

bool lanes_possible() {
  return this_processor().sha;
}

void sha256d_side_by_side(byte_view prefix, std::span<const byte_view> values, std::span<hash256> out) {
  TRUCKEE_ASSERT(prefix.size() <= block_size && (values.size() == 2 || values.size() == 3) &&
                     lanes_possible(),
                 "two or three messages, and a prefix of one block");
  // Upper halves that somebody left in AVX registers make the SHA instructions many times slower.
  if (this_processor().avx)
    asm volatile("vzeroupper" ::: "memory");
  if (values.size() == 2)
    sha256d_lanes<2>(prefix, values, out);
  else
    sha256d_lanes<3>(prefix, values, out);
}

#else

bool lanes_possible() {
  return false;
}

void sha256d_side_by_side(byte_view, std::span<const byte_view>, std::span<hash256>) {
  TRUCKEE_ASSERT(false, "this processor has no lanes");
}

#endif

namespace {

using clock = std::chrono::steady_clock;

/// The tag as it stands before a value that is hashed with it.
std::string netstring(std::string_view tag) {
  return std::to_string(tag.size()) + ":" + std::string(tag) + ",";
}

/// Time a message, and whether the hashes are OpenSSL's.
std::size_t best_lanes() {
  if (!lanes_possible())
    return 1;
  constexpr std::string_view tag = "truckee";
  constexpr std::size_t size = 16'000;
  constexpr int tries = 5;
  std::array<bytes, lanes_max> messages;
  std::array<byte_view, lanes_max> values;
  std::array<hash256, lanes_max> expected;
  for (std::size_t i = 0; i < lanes_max; ++i) {
    messages[i] = bytes(size, static_cast<std::byte>(i + 1));
    values[i] = messages[i];
    expected[i] = tagged_hash(tag, values[i]);
  }
  // The shortest of a few: a thread may be interrupted at any time.
  const auto time_of = [&](std::size_t count, const auto& hash) {
    auto best = clock::duration::max();
    for (int i = 0; i < tries; ++i) {
      const auto start = clock::now();
      hash();
      best = std::min(best, clock::now() - start);
    }
    return static_cast<double>(best.count()) / static_cast<double>(count);
  };
  // Worth it only where it is clearly faster.
  auto best = 0.85 * time_of(1, [&] { (void)tagged_hash(tag, values[0]); });
  std::size_t out = 1;
  const auto prefix = netstring(tag);
  for (std::size_t count = 2; count <= lanes_max; ++count) {
    std::array<hash256, lanes_max> got;
    const auto took = time_of(count, [&] {
      sha256d_side_by_side(as_bytes(prefix), std::span(values).first(count), std::span(got).first(count));
    });
    if (!std::equal(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(count), expected.begin()))
      return 1;
    if (took < best) {
      best = took;
      out = count;
    }
  }
  return out;
}

} // namespace

std::size_t lanes() {
  static const auto chosen = best_lanes();
  return chosen;
}

void tagged_hashes(std::string_view tag, std::span<const byte_view> values, std::span<hash256> out) {
  const auto prefix = netstring(tag);
  const auto width = prefix.size() <= block_size ? lanes() : 1;
  while (!values.empty()) {
    const auto count = alike(values, width);
    if (count == 1)
      out[0] = tagged_hash(tag, values[0]);
    else
      sha256d_side_by_side(as_bytes(prefix), values.first(count), out);
    values = values.subspan(count);
    out = out.subspan(count);
  }
}

} // namespace truckee::crypto
