#include "codec/recorded.hpp"
#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/crypto/capability.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

using nlohmann::json;

using test::sha256_of;
using test::shape_of;

bytes content_of(const json& vector, const json& step, std::size_t number) {
  return test::content_of("sdmf", vector, step, number);
}

bool has_random_signature(const json& vector) {
  return vector["name"].get<std::string>().ends_with("-realsig");
}

/// What encoding a step with the recorded salts gives.
encoded_file encode_step(const json& vector, const json& step, byte_view content, std::uint64_t sequence) {
  const auto pss =
      has_random_signature(vector) ? bytes(crypto::pss_salt::size) : test::hex(vector["pss_salt"]);
  test::scripted_random random(test::drawn_for(step, pss));
  worker_pool workers(0);
  erasure_codes codes;
  const auto keys = test::keys_of(vector["key"]);
  auto made =
      sdmf::encode({content, shape_of(vector), sequence_number{sequence}, keys}, {random, workers, codes});
  if (!made)
    throw std::runtime_error(to_string(made.error()));
  return std::move(*made);
}

/// Writes `share` over `old` as a server does: a longer old share keeps its tail.
bytes written_over(bytes old, byte_view share) {
  old.resize(std::max(old.size(), share.size()));
  std::copy(share.begin(), share.end(), old.begin());
  return old;
}

bytes without_signature(byte_view share, const byte_range& signature) {
  auto out = to_bytes(share);
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(signature.offset), signature.length, std::byte{0});
  return out;
}

const json& vectors() {
  static const json all = test::read_json("sdmf.json")["vectors"];
  return all;
}

void check_fields(const json& parsed, const share_view& share) {
  EXPECT_EQ(share.header().sequence.value, parsed["seqnum"].get<std::uint64_t>());
  EXPECT_EQ(to_hex(share.header().root_hash.view()), parsed["root_hash"].get<std::string>());
  EXPECT_EQ(to_hex(share.header().salt.view()), parsed["iv"].get<std::string>());
  EXPECT_EQ(share.header().segment_size, parsed["segsize"].get<std::uint64_t>());
  EXPECT_EQ(share.header().data_length, parsed["datalen"].get<std::uint64_t>());
  EXPECT_EQ(share.layout.signature.offset, parsed["offsets"]["signature"].get<std::uint64_t>());
  EXPECT_EQ(share.layout.length(), parsed["offsets"]["EOF"].get<std::uint64_t>());
  EXPECT_EQ(to_hex(share.public_key), parsed["pubkey"].get<std::string>());
  EXPECT_EQ(to_hex(share.signature), parsed["signature"].get<std::string>());
  EXPECT_EQ(to_hex(share.share_hash_chain), parsed["share_hash_chain"].get<std::string>());
  EXPECT_EQ(to_hex(share.block_hash_tree), parsed["block_hash_tree"].get<std::string>());
  EXPECT_EQ(sha256_of(share.share_data), parsed["share_data_sha256"].get<std::string>());
  EXPECT_EQ(to_hex(share.encrypted_private_key), parsed["encprivkey"].get<std::string>());
}

/// One recorded share that can be read from a file: parse, verify, compare its fields.
void check_file(const json& vector, const json& recorded, const crypto::file_keys& keys) {
  const auto name = recorded["file"].get<std::string>();
  const auto raw = test::read_file(test::vector_path(name));
  ASSERT_EQ(sha256_of(raw), recorded["sha256"].get<std::string>());
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share) << name << ": " << to_string(share.error());
  EXPECT_EQ(share->header().shape, shape_of(vector));
  const share_number number{recorded["shnum"].get<std::uint8_t>()};
  const auto verified = sdmf::verify_share(*share, number, keys.fingerprint);
  EXPECT_TRUE(verified) << name << ": " << to_string(verified.error());
  const auto key = decrypt_private_key(share->encrypted_private_key, keys.write);
  ASSERT_TRUE(key) << name << ": " << to_string(key.error());
  EXPECT_EQ(to_bytes(key->der()), to_bytes(keys.signing.der()));
  if (recorded.contains("parsed"))
    check_fields(recorded["parsed"], *share);
}

} // namespace

TEST(sdmf_vectors, every_share_of_every_step_is_equal_to_the_last_byte) {
  std::size_t shares = 0;
  for (const auto& vector : vectors()) {
    if (has_random_signature(vector))
      continue;
    std::map<std::size_t, bytes> on_disk;
    std::uint64_t sequence = 0;
    for (const auto& step : vector["steps"]) {
      SCOPED_TRACE(vector["name"].get<std::string>() + " " + step["step"].get<std::string>());
      const auto content = content_of(vector, step, sequence);
      const auto made = encode_step(vector, step, content, ++sequence);
      ASSERT_EQ(made.shares.size(), step["shares"].size());
      for (const auto& recorded : step["shares"]) {
        const auto number = recorded["shnum"].get<std::size_t>();
        auto& stored = on_disk[number];
        stored = written_over(stored, made.shares[number].view());
        EXPECT_EQ(stored.size(), recorded["len"].get<std::size_t>());
        ASSERT_EQ(sha256_of(stored), recorded["sha256"].get<std::string>()) << "share " << number;
        ++shares;
      }
    }
  }
  EXPECT_EQ(shares, 490U) << "the vectors hold this many shares with a fixed PSS salt";
}

TEST(sdmf_vectors, a_random_signature_verifies_and_all_else_is_equal) {
  std::size_t shares = 0;
  for (const auto& vector : vectors()) {
    if (!has_random_signature(vector))
      continue;
    const auto& step = vector["steps"][0];
    const auto made = encode_step(vector, step, content_of(vector, step, 0), 1);
    for (const auto& recorded : step["shares"]) {
      const auto real = test::read_file(test::vector_path(recorded["file"]));
      const auto share = sdmf::parse_share(real);
      ASSERT_TRUE(share) << to_string(share.error());
      const auto key = crypto::public_key::from_der(share->public_key);
      ASSERT_TRUE(key);
      EXPECT_TRUE(verify_signature(*key, share->signed_prefix, share->signature));
      const auto& ours = made.shares[recorded["shnum"].get<std::size_t>()];
      EXPECT_NE(to_bytes(ours.view()), real) << "its signature is another one";
      EXPECT_EQ(without_signature(ours.view(), share->layout.signature),
                without_signature(real, share->layout.signature));
      ++shares;
    }
  }
  EXPECT_GT(shares, 0U);
}

TEST(sdmf_vectors, a_version_s_shares_are_made_again_to_the_last_byte_signature_and_all) {
  const auto raw = test::vector_share("k3n10s1000-realsig/seq1/sh4");
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share);
  const existing_version version{share->header(), *crypto::signature::from(share->signature)};
  const auto content = test::read_file(test::vector_path("sdmf/k3n10s1000-realsig/seq1/content.bin"));
  test::scripted_random nothing({});
  worker_pool workers(0);
  erasure_codes codes;
  const codec_context context{nothing, workers, codes};
  const auto encode_again = [&](byte_view what, const existing_version& of) {
    encode_request request{what, {1, 1}, sequence_number{99}, test::some_keys()};
    request.again = &of;
    return sdmf::encode(request, context);
  };
  const auto made = encode_again(content, version);
  ASSERT_TRUE(made) << to_string(made.error());
  ASSERT_EQ(made->shares.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(to_bytes(made->shares[i].view()),
              test::vector_share("k3n10s1000-realsig/seq1/sh" + std::to_string(i)));

  auto other = content;
  other[10] ^= std::byte{1};
  EXPECT_EQ(encode_again(other, version).error().code, errc::corrupt);
  other.pop_back();
  EXPECT_EQ(encode_again(other, version).error().code, errc::corrupt);
  auto forged = version;
  forged.signature.data[5] ^= std::byte{1};
  EXPECT_EQ(encode_again(content, forged).error().code, errc::corrupt);
}

TEST(sdmf_vectors, real_shares_parse_and_verify) {
  std::size_t files = 0;
  for (const auto& vector : vectors()) {
    const auto keys = test::keys_of(vector["key"]);
    for (const auto& step : vector["steps"])
      for (const auto& recorded : step["shares"])
        if (test::have_vector(recorded["file"])) {
          check_file(vector, recorded, keys);
          ++files;
        }
  }
  EXPECT_GE(files, 80U);
}

TEST(sdmf_vectors, the_full_set_is_complete_where_it_is) {
  if (std::filesystem::path(TRUCKEE_VECTORS).empty())
    GTEST_SKIP() << "no larger set of vectors is given (TRUCKEE_VECTORS)";
  for (const auto& vector : vectors())
    for (const auto& step : vector["steps"])
      for (const auto& recorded : step["shares"])
        EXPECT_TRUE(test::have_vector(recorded["file"])) << recorded["file"];
}

TEST(sdmf_vectors, content_comes_back_from_the_last_k_real_shares) {
  std::size_t decoded = 0;
  for (const auto& vector : vectors()) {
    std::size_t number = 0;
    const auto cap = crypto::parse_capability(vector["ro"].get<std::string>());
    ASSERT_TRUE(cap);
    const auto key = crypto::to_read_cap(cap->file)->key;
    for (const auto& step : vector["steps"]) {
      const auto content = content_of(vector, step, number++);
      std::vector<bytes> files;
      std::vector<numbered_block> blocks;
      std::optional<share_header> header;
      for (const auto& recorded : step["shares"]) {
        if (!test::have_vector(recorded["file"]) ||
            recorded["shnum"].get<int>() < vector["n"].get<int>() - vector["k"].get<int>())
          continue;
        files.push_back(test::read_file(test::vector_path(recorded["file"])));
        const auto share = sdmf::parse_share(files.back());
        ASSERT_TRUE(share);
        header = share->header();
        blocks.push_back({{recorded["shnum"].get<std::uint8_t>()}, share->share_data});
      }
      if (!header)
        continue;
      erasure_codes codes;
      const auto text = sdmf::decode(*header, key, blocks, codes);
      ASSERT_TRUE(text) << to_string(text.error());
      EXPECT_EQ(to_bytes(text->view()), content) << vector["name"];
      ++decoded;
    }
  }
  EXPECT_GE(decoded, 9U);
}
