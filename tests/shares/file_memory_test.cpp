#include "truckee/shares/file_memory.hpp"

#include "codec/codec_test_support.hpp"
#include "truckee/codec/sdmf/share.hpp"
#include "truckee/shares/sighting.hpp"

#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace truckee::shares;
using namespace truckee::test;

namespace {

bytes flipped(byte_view from, std::size_t at) {
  auto out = to_bytes(from);
  out.at(at) ^= std::byte{1};
  return out;
}

class shares_memory : public ::testing::Test {
protected:
  shares_memory() : file_(world_.encode(bytes(100, std::byte{'s'}), {3, 10})) {
    access_ = access_to({crypto::file_format::sdmf, keys_.write, keys_.fingerprint});
    access_.memory = std::make_shared<file_memory>();
  }
  codec::share_view share(std::size_t number = 4) const {
    return *codec::sdmf::parse_share(file_.shares.at(number).view());
  }
  file_memory& memory() { return *access_.memory; }

  /// What was signed with this key.
  static crypto::signature signed_by(const crypto::private_key& key, byte_view message) {
    return *key.sign(message, crypto::pss_salt{});
  }

  const crypto::file_keys& keys_ = some_keys();
  codec_world world_;
  codec::encoded_file file_;
  file_access access_;
};

} // namespace

TEST_F(shares_memory, one_live_key_serves_all_who_prove_the_same_bytes) {
  const auto first = memory().private_key(keys_.fingerprint, share().encrypted_private_key, keys_.write);
  const auto second = memory().private_key(keys_.fingerprint, share(5).encrypted_private_key, keys_.write);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->der().data(), second->der().data()) << "the same key, not another one of the same bytes";
  const auto half = memory().public_key(share().public_key, keys_.fingerprint);
  EXPECT_EQ(half->der().data(), memory().public_key(share(5).public_key, keys_.fingerprint)->der().data());
}

TEST_F(shares_memory, believes_no_byte_that_differs_from_what_is_known) {
  const auto here = share();
  const auto key = memory().public_key(here.public_key, keys_.fingerprint);
  ASSERT_TRUE(key);
  ASSERT_TRUE(memory().verify_signature(keys_.fingerprint, *key, here.signed_prefix, here.signature));
  ASSERT_TRUE(memory().private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write));

  for (std::size_t at = 0; at < here.public_key.size(); at += 20)
    EXPECT_FALSE(memory().public_key(flipped(here.public_key, at), keys_.fingerprint)) << at;
  for (std::size_t at = 0; at < here.signed_prefix.size(); ++at)
    EXPECT_FALSE(
        memory().verify_signature(keys_.fingerprint, *key, flipped(here.signed_prefix, at), here.signature))
        << at;
  for (std::size_t at = 0; at < here.signature.size(); at += 15)
    EXPECT_FALSE(
        memory().verify_signature(keys_.fingerprint, *key, here.signed_prefix, flipped(here.signature, at)))
        << at;
  for (std::size_t at = 0; at < here.encrypted_private_key.size(); at += 100)
    EXPECT_FALSE(
        memory().private_key(keys_.fingerprint, flipped(here.encrypted_private_key, at), keys_.write))
        << at;
  auto other = keys_.write;
  other.data[3] ^= std::byte{1};
  EXPECT_FALSE(memory().private_key(keys_.fingerprint, here.encrypted_private_key, other))
      << "who has the fingerprint does not have the key";
}

TEST_F(shares_memory, what_was_refused_is_refused_again) {
  const auto here = share();
  const auto key = memory().public_key(here.public_key, keys_.fingerprint);
  const auto forged = flipped(here.signature, 9);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(memory().verify_signature(keys_.fingerprint, *key, here.signed_prefix, forged));
}

TEST_F(shares_memory, keeps_few_signatures_of_a_file_and_proves_the_others_again) {
  const auto key = keys_.signing.public_half();
  std::vector<std::pair<bytes, crypto::signature>> all;
  for (std::size_t i = 0; i < 3 * file_memory::signatures_max; ++i) {
    const bytes message(75, static_cast<std::byte>(i));
    all.emplace_back(message, signed_by(keys_.signing, message));
  }
  for (int round = 0; round < 2; ++round)
    for (const auto& [message, signature] : all)
      EXPECT_TRUE(memory().verify_signature(keys_.fingerprint, key, message, signature.view()));
}

TEST_F(shares_memory, gives_a_proved_key_to_whoever_has_the_write_key) {
  EXPECT_FALSE(memory().signing_key(keys_.fingerprint, keys_.write)) << "nothing is proved yet";
  const auto key = memory().private_key(keys_.fingerprint, share().encrypted_private_key, keys_.write);
  ASSERT_TRUE(key);
  const auto kept = memory().signing_key(keys_.fingerprint, keys_.write);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->der().data(), key->der().data());
  auto other = keys_.write;
  other.data[0] ^= std::byte{1};
  EXPECT_FALSE(memory().signing_key(keys_.fingerprint, other));
}

TEST_F(shares_memory, of_no_size_keeps_nothing_and_proves_all_the_same) {
  file_memory none(0);
  const auto here = share();
  const auto first = none.private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write);
  const auto second = none.private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->der().data(), second->der().data());
  EXPECT_TRUE(none.public_key(here.public_key, keys_.fingerprint));
  EXPECT_TRUE(none.verify_signature(keys_.fingerprint, keys_.signing.public_half(), here.signed_prefix,
                                    here.signature));
}

TEST_F(shares_memory, a_file_that_was_not_used_for_longest_goes) {
  file_memory one(1);
  const auto here = share();
  const auto first = one.private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write);
  auto other = keys_.fingerprint;
  other.data[0] ^= std::byte{1};
  const bytes message(75);
  ASSERT_TRUE(one.verify_signature(other, keys_.signing.public_half(), message,
                                   signed_by(keys_.signing, message).view()));
  const auto again = one.private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write);
  EXPECT_NE(first->der().data(), again->der().data());
}

TEST_F(shares_memory, a_sighting_with_it_says_what_one_without_it_says) {
  auto plain = access_;
  plain.memory = nullptr;
  grid::slot_read_answer answer;
  for (std::uint8_t i = 0; i < 10; ++i)
    answer.reads[{i}] = {file_.shares.at(i)};
  answer.reads[{3}] = {shared_bytes(flipped(file_.shares.at(3).view(), 60))}; // its header
  answer.reads[{7}] = {shared_bytes(flipped(file_.shares.at(7).view(), 700))};
  for (int round = 0; round < 2; ++round) {
    const auto with = look_at(access_, answer, first_read_size, true);
    const auto without = look_at(plain, answer, first_read_size, true);
    ASSERT_EQ(with.answer.good.size(), without.answer.good.size());
    ASSERT_EQ(with.answer.bad.size(), without.answer.bad.size());
    for (std::size_t i = 0; i < with.answer.bad.size(); ++i)
      EXPECT_EQ(with.answer.bad[i].reason, without.answer.bad[i].reason);
    EXPECT_TRUE(with.private_key && without.private_key);
    EXPECT_TRUE(equal(with.private_key->der(), without.private_key->der()));
  }
}

TEST_F(shares_memory, may_be_asked_from_many_threads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (std::size_t i = 0; i < 40; ++i) {
        const auto here = share(i % 10);
        const auto key = memory().public_key(here.public_key, keys_.fingerprint);
        EXPECT_TRUE(key &&
                    memory().verify_signature(keys_.fingerprint, *key, here.signed_prefix, here.signature));
        EXPECT_TRUE(memory().private_key(keys_.fingerprint, here.encrypted_private_key, keys_.write));
        EXPECT_FALSE(memory().verify_signature(keys_.fingerprint, *key, here.signed_prefix,
                                               flipped(here.signature, i)));
      }
    });
  for (auto& thread : threads)
    thread.join();
}
