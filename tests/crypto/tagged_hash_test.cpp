#include "truckee/crypto/tagged_hash.hpp"

#include "test_support.hpp"
#include "truckee/crypto/tags.hpp"

#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace truckee::crypto;

TEST(tagged_hash, equals_every_vector) {
  const auto vectors = test::read_json("hashutil.json");
  std::size_t checked = 0;
  for (const auto& v : vectors["generic"]) {
    const auto tag = test::hex(v["tag"]);
    const bool pair = v["fn"] == "tagged_pair_hash";
    const auto got = pair ? tagged_pair_hash(as_text(tag), test::hex(v["val1"]), test::hex(v["val2"]))
                          : tagged_hash(as_text(tag), test::hex(v["val"]));
    const auto size = v["truncate"].is_null() ? hash256::size : v["truncate"].get<std::size_t>();
    EXPECT_EQ(to_hex(got.view().first(size)), v["out"].get<std::string>()) << v.dump();
    ++checked;
  }
  EXPECT_EQ(checked, 50U);
}

TEST(tagged_hash, tags_are_the_recorded_ones) {
  const auto recorded = test::read_json("hashutil.json")["tags"];
  const std::map<std::string, std::string_view> ours{
      {"MUTABLE_WRITEKEY_TAG", tags::write_key},
      {"MUTABLE_READKEY_TAG", tags::read_key},
      {"MUTABLE_STORAGEINDEX_TAG", tags::storage_index},
      {"MUTABLE_PUBKEY_TAG", tags::fingerprint},
      {"MUTABLE_DATAKEY_TAG", tags::data_key},
      {"MUTABLE_WRITE_ENABLER_MASTER_TAG", tags::write_enabler_master},
      {"MUTABLE_WRITE_ENABLER_TAG", tags::write_enabler},
      {"CLIENT_RENEWAL_TAG", tags::client_renewal},
      {"CLIENT_CANCEL_TAG", tags::client_cancel},
      {"FILE_RENEWAL_TAG", tags::file_renewal},
      {"FILE_CANCEL_TAG", tags::file_cancel},
      {"BUCKET_RENEWAL_TAG", tags::bucket_renewal},
      {"BUCKET_CANCEL_TAG", tags::bucket_cancel},
      {"BLOCK_TAG", tags::block},
      {"hashtree_internal", tags::tree_node},
      {"hashtree_empty_leaf", tags::empty_leaf},
  };
  for (const auto& [name, tag] : ours)
    EXPECT_EQ(recorded[name].get<std::string>(), tag) << name;
}

TEST(tagged_hash, sha256_joins_its_parts) {
  EXPECT_EQ(to_hex(sha256({as_bytes("ab"), as_bytes("c")}).view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({}).view()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(tagged_hash, threads_do_not_disturb_each_other) {
  const auto expected = tagged_hash("tag", as_bytes("value"));
  std::array<int, 4> wrong{};
  {
    std::vector<std::jthread> threads;
    for (auto& count : wrong)
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i)
          count += tagged_hash("tag", as_bytes("value")) == expected ? 0 : 1;
      });
  }
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}
