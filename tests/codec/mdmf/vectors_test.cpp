#include "codec/recorded.hpp"
#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/crypto/capability.hpp"

using namespace truckee;
using namespace truckee::codec;

namespace {

using nlohmann::json;

const json& mdmf_vectors() {
  static const json all = test::read_json("mdmf.json")["vectors"];
  return all;
}

bytes mdmf_content(const json& vector, std::size_t number) {
  return test::content_of("mdmf", vector, vector["steps"][number], number);
}

/// What encoding a step with the recorded salts gives.
encoded_file encode_recorded(const json& vector, std::size_t number) {
  test::scripted_random random(test::drawn_for(vector["steps"][number], test::hex(vector["pss_salt"])));
  worker_pool workers(0);
  erasure_codes codes;
  const auto keys = test::keys_of(vector["key"]);
  const auto content = mdmf_content(vector, number);
  auto made = mdmf::encode({content, test::shape_of(vector), sequence_number{number + 1}, keys},
                           {random, workers, codes});
  if (!made)
    throw std::runtime_error(to_string(made.error()));
  return std::move(*made);
}

void check_mdmf_fields(const json& parsed, const share_view& share) {
  const auto& layout = share.layout;
  EXPECT_EQ(share.header().sequence.value, parsed["seqnum"].get<std::uint64_t>());
  EXPECT_EQ(to_hex(share.header().root_hash.view()), parsed["root_hash"].get<std::string>());
  EXPECT_EQ(share.header().segment_size, parsed["segsize"].get<std::uint64_t>());
  EXPECT_EQ(share.header().data_length, parsed["datalen"].get<std::uint64_t>());
  const auto& offsets = parsed["offsets"];
  EXPECT_EQ(layout.encrypted_private_key.offset, offsets["enc_privkey"].get<std::uint64_t>());
  EXPECT_EQ(layout.share_hash_chain.offset, offsets["share_hash_chain"].get<std::uint64_t>());
  EXPECT_EQ(layout.signature.offset, offsets["signature"].get<std::uint64_t>());
  EXPECT_EQ(layout.public_key.offset, offsets["verification_key"].get<std::uint64_t>());
  EXPECT_EQ(layout.public_key.end(), offsets["verification_key_end"].get<std::uint64_t>());
  EXPECT_EQ(layout.share_data.offset, offsets["share_data"].get<std::uint64_t>());
  EXPECT_EQ(layout.block_hash_tree.offset, offsets["block_hash_tree"].get<std::uint64_t>());
  EXPECT_EQ(layout.length(), offsets["EOF"].get<std::uint64_t>());
  EXPECT_EQ(to_hex(share.public_key), parsed["pubkey"].get<std::string>());
  EXPECT_EQ(to_hex(share.signature), parsed["signature"].get<std::string>());
  EXPECT_EQ(to_hex(share.share_hash_chain), parsed["share_hash_chain"].get<std::string>());
  EXPECT_EQ(to_hex(share.block_hash_tree), parsed["block_hash_tree"].get<std::string>());
  EXPECT_EQ(test::sha256_of(share.share_data), parsed["share_data_sha256"].get<std::string>());
  EXPECT_EQ(to_hex(share.encrypted_private_key), parsed["encprivkey"].get<std::string>());
}

/// One recorded share that can be read from a file: parse, verify, compare its fields.
void check_mdmf_file(const json& vector, const json& recorded, const crypto::file_keys& keys) {
  const auto name = recorded["file"].get<std::string>();
  const auto raw = test::read_file(test::vector_path(name));
  ASSERT_EQ(test::sha256_of(raw), recorded["sha256"].get<std::string>());
  const auto share = mdmf::parse_share(raw);
  ASSERT_TRUE(share) << name << ": " << to_string(share.error());
  EXPECT_EQ(share->header().shape, test::shape_of(vector));
  const share_number number{recorded["shnum"].get<std::uint8_t>()};
  const auto verified = mdmf::verify_share(*share, number, keys.fingerprint);
  EXPECT_TRUE(verified) << name << ": " << to_string(verified.error());
  const auto key = decrypt_private_key(share->encrypted_private_key, keys.write);
  ASSERT_TRUE(key) << name << ": " << to_string(key.error());
  EXPECT_EQ(to_bytes(key->der()), to_bytes(keys.signing.der()));
  if (recorded.contains("parsed"))
    check_mdmf_fields(recorded["parsed"], *share);
}

} // namespace

TEST(mdmf_vectors, every_share_of_every_step_is_equal_to_the_last_byte) {
  std::size_t shares = 0;
  for (const auto& vector : mdmf_vectors())
    for (std::size_t number = 0; number < vector["steps"].size(); ++number) {
      const auto& step = vector["steps"][number];
      SCOPED_TRACE(vector["name"].get<std::string>() + " " + step["step"].get<std::string>());
      const auto made = encode_recorded(vector, number);
      ASSERT_EQ(made.shares.size(), step["shares"].size());
      for (const auto& recorded : step["shares"]) {
        const auto& ours = made.shares[recorded["shnum"].get<std::size_t>()];
        EXPECT_EQ(ours.size(), recorded["len"].get<std::size_t>());
        ASSERT_EQ(test::sha256_of(ours.view()), recorded["sha256"].get<std::string>())
            << "share " << recorded["shnum"];
        ++shares;
      }
    }
  EXPECT_EQ(shares, 73U) << "the vectors hold this many shares";
}

TEST(mdmf_vectors, real_shares_parse_and_verify) {
  std::size_t files = 0;
  for (const auto& vector : mdmf_vectors()) {
    const auto keys = test::keys_of(vector["key"]);
    for (const auto& step : vector["steps"])
      for (const auto& recorded : step["shares"])
        if (test::have_vector(recorded["file"])) {
          check_mdmf_file(vector, recorded, keys);
          ++files;
        }
  }
  EXPECT_GE(files, 17U);
}

TEST(mdmf_vectors, the_full_set_is_complete_where_it_is) {
  if (std::filesystem::path(TRUCKEE_VECTORS).empty())
    GTEST_SKIP() << "no larger set of vectors is given (TRUCKEE_VECTORS)";
  for (const auto& vector : mdmf_vectors())
    for (const auto& step : vector["steps"])
      for (const auto& recorded : step["shares"])
        EXPECT_TRUE(test::have_vector(recorded["file"])) << recorded["file"];
}

TEST(mdmf_vectors, content_comes_back_from_the_last_k_real_shares) {
  std::size_t decoded = 0;
  for (const auto& vector : mdmf_vectors()) {
    const auto cap = crypto::parse_capability(vector["ro"].get<std::string>());
    ASSERT_TRUE(cap);
    const auto key = crypto::to_read_cap(cap->file)->key;
    for (std::size_t number = 0; number < vector["steps"].size(); ++number) {
      std::vector<bytes> files;
      std::vector<numbered_block> blocks;
      std::optional<share_header> header;
      for (const auto& recorded : vector["steps"][number]["shares"]) {
        if (!test::have_vector(recorded["file"]) ||
            recorded["shnum"].get<int>() < vector["n"].get<int>() - vector["k"].get<int>())
          continue;
        files.push_back(test::read_file(test::vector_path(recorded["file"])));
        const auto share = mdmf::parse_share(files.back());
        ASSERT_TRUE(share);
        header = share->header();
        blocks.push_back({{recorded["shnum"].get<std::uint8_t>()}, share->share_data});
      }
      if (!header)
        continue;
      erasure_codes codes;
      const auto text = mdmf::decode(*header, key, mdmf::all_segments(*header), blocks, codes);
      ASSERT_TRUE(text) << to_string(text.error());
      EXPECT_EQ(to_bytes(text->view()), mdmf_content(vector, number)) << vector["name"];
      ++decoded;
    }
  }
  EXPECT_GE(decoded, 5U);
}
