#include "truckee/codec/sdmf/share.hpp"

#include "codec/hostile_bytes.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

const std::vector<bytes>& real_shares() {
  static const std::vector<bytes> all{
      test::vector_share("k3n10s1000/seq1/sh3"), test::vector_share("k3n10s0/seq1/sh3"),
      test::vector_share("k3n10s1000-updates/seq3/sh3"), test::vector_share("k3n10s1000-realsig/seq1/sh3")};
  return all;
}

/// Everything a reader does with bytes from a server. True if all of it passed.
bool read_all(byte_view raw) {
  const auto head = sdmf::parse_share_head(raw.first(std::min<std::size_t>(raw.size(), 400)));
  if (head) {
    for (const auto part :
         {share_field::public_key, share_field::signature, share_field::share_hash_chain,
          share_field::block_hash_tree, share_field::share_data, share_field::encrypted_private_key})
      EXPECT_NE(head->part(part).has_value(), head->missing(part).has_value());
  }
  const auto share = sdmf::parse_share(raw);
  if (!share) {
    EXPECT_FALSE(share.error().detail.empty());
    return false;
  }
  EXPECT_TRUE(head) << "a whole share has a head";
  EXPECT_LE(share->layout.length(), raw.size());
  const auto key = decrypt_private_key(share->encrypted_private_key, test::some_keys().write);
  const auto verified = sdmf::verify_share(*share, {3}, test::some_keys().fingerprint);
  return verified && key;
}

/// The bytes of the original that its own offset table covers.
bool same_share(byte_view mutated, byte_view original) {
  const auto size = sdmf::parse_layout(original)->length();
  return mutated.size() >= size && equal(mutated.first(size), original.first(size));
}

/// One offset becomes another place, near, far, or another part's.
void splice_offset(bytes& share, random_source& random) {
  if (share.size() < sdmf::header_size)
    return;
  const auto which = random.below(6);
  const auto at = which < 4 ? 75 + 4 * which : 91 + 8 * (which - 4);
  const auto place = mutable_byte_view(share).subspan(at);
  const auto value = test::other_place(share.size(), random);
  if (which < 4)
    store_be(place.first(4), static_cast<std::uint32_t>(value));
  else
    store_be(place.first(8), value);
}

} // namespace

TEST(hostile_share, the_originals_pass) {
  for (const auto& share : real_shares())
    EXPECT_TRUE(read_all(share));
}

TEST(hostile_share, a_mutated_share_is_the_original_or_a_typed_error) {
  test::expect_mutants_refused(real_shares(),
                               {test::flip, test::flip_in_first(sdmf::header_size), test::cut, test::extend,
                                splice_offset, test::take_part_of(real_shares())},
                               4000, read_all, same_share);
}

TEST(hostile_share, noise_of_any_length_is_a_typed_error) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    test::seeded_random random(seed);
    auto noise = test::random_bytes(random.below(400), random);
    if (!noise.empty())
      noise[0] = static_cast<std::byte>(random.below(2));
    ASSERT_FALSE(read_all(noise)) << "seed " << seed;
  }
}

TEST(hostile_share, every_single_byte_matters_but_for_none) {
  const auto& original = real_shares()[0];
  for (std::size_t at = 0; at < original.size(); ++at) {
    auto share = original;
    share[at] ^= std::byte{0x10};
    ASSERT_FALSE(read_all(share)) << "byte " << at << " was changed and nobody noticed";
  }
}
