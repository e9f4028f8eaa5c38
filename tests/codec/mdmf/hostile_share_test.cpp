#include "codec/hostile_bytes.hpp"
#include "truckee/codec/mdmf/decode.hpp"

using namespace truckee;
using namespace truckee::codec;

namespace {

const std::vector<bytes>& honest_shares() {
  static const auto all = [] {
    std::vector<bytes> out{test::mdmf_vector_share("k3n10s1000/seq1/sh3")};
    test::codec_world world(7);
    for (const std::size_t size : {0U, 140'000U})
      out.push_back(to_bytes(world.encode_mdmf(bytes(size, std::byte{5}), {3, 10}).shares[3].view()));
    return out;
  }();
  return all;
}

/// Everything a reader does with bytes from a server. True if all of it passed.
bool read_all_of(byte_view raw) {
  const auto head = mdmf::parse_share_head(raw.first(std::min<std::size_t>(raw.size(), 4000)));
  if (head) {
    for (const auto part :
         {share_field::public_key, share_field::signature, share_field::share_hash_chain,
          share_field::block_hash_tree, share_field::share_data, share_field::encrypted_private_key})
      EXPECT_NE(head->part(part).has_value(), head->missing(part).has_value());
  }
  const auto share = mdmf::parse_share(raw);
  if (!share) {
    EXPECT_FALSE(share.error().detail.empty());
    return false;
  }
  EXPECT_TRUE(head) << "a whole share has a head";
  EXPECT_LE(share->layout.length(), raw.size());
  EXPECT_TRUE(mdmf::salts_of(share->header(), mdmf::all_segments(share->header()), share->share_data));
  const auto key = decrypt_private_key(share->encrypted_private_key, test::some_keys().write);
  const auto verified = mdmf::verify_share(*share, {3}, test::some_keys().fingerprint);
  return verified && key;
}

/// One offset becomes another place, near, far, or another part's.
void splice_any_offset(bytes& share, random_source& random) {
  if (share.size() < mdmf::header_size)
    return;
  const auto place = mutable_byte_view(share).subspan(59 + 8 * random.below(8), 8);
  store_be(place, test::other_place(share.size(), random));
}

/// The same but for the bytes between keys and data, which mean nothing.
bool same_mdmf_share(byte_view mutated, byte_view original) {
  const auto layout = mdmf::parse_layout(original).value();
  const auto keys = layout.public_key.end();
  const auto data = layout.share_data.offset;
  return mutated.size() >= layout.length() && equal(mutated.first(keys), original.first(keys)) &&
         equal(mutated.subspan(data, layout.length() - data), original.subspan(data, layout.length() - data));
}

} // namespace

TEST(hostile_mdmf_share, the_originals_pass) {
  for (const auto& share : honest_shares())
    EXPECT_TRUE(read_all_of(share));
}

TEST(hostile_mdmf_share, a_mutated_share_is_the_original_or_a_typed_error) {
  test::expect_mutants_refused(honest_shares(),
                               {test::flip, test::flip_in_first(mdmf::header_size), test::cut, test::extend,
                                splice_any_offset, test::take_part_of(honest_shares())},
                               3000, read_all_of, same_mdmf_share);
}

TEST(hostile_mdmf_share, noise_of_any_length_is_a_typed_error) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    test::seeded_random random(seed);
    auto noise = test::random_bytes(random.below(400), random);
    if (!noise.empty())
      noise[0] = static_cast<std::byte>(random.below(2));
    ASSERT_FALSE(read_all_of(noise)) << "seed " << seed;
  }
}

TEST(hostile_mdmf_share, every_single_byte_matters_but_for_the_gap) {
  const auto& original = honest_shares()[0];
  const auto layout = mdmf::parse_layout(original).value();
  for (std::size_t at = 0; at < original.size(); ++at) {
    const bool in_gap = at >= layout.public_key.end() && at < layout.share_data.offset;
    auto share = original;
    share[at] ^= std::byte{0x10};
    ASSERT_EQ(read_all_of(share), in_gap) << "byte " << at;
  }
}
