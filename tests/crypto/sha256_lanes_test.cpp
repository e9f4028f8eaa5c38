#include "truckee/crypto/sha256_lanes.hpp"

#include "truckee/crypto/tagged_hash.hpp"

#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <random>

using namespace truckee;
using namespace truckee::crypto;

namespace {

bytes noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  bytes out(size);
  for (auto& b : out)
    b = static_cast<std::byte>(engine());
  return out;
}

/// By OpenSSL's oldest interface, which has nothing in common with ours.
hash256 openssl_sha256d(byte_view prefix, byte_view value) {
  bytes message = to_bytes(prefix);
  message.insert(message.end(), value.begin(), value.end());
  hash256 inner;
  hash256 out;
  SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(),
         reinterpret_cast<unsigned char*>(inner.data.data()));
  SHA256(reinterpret_cast<const unsigned char*>(inner.data.data()), hash256::size,
         reinterpret_cast<unsigned char*>(out.data.data()));
  return out;
}

void expect_as_openssl(std::size_t prefix_size, std::size_t size) {
  const auto prefix = noise(prefix_size, 1'000 + prefix_size);
  std::vector<bytes> messages;
  std::vector<byte_view> values;
  for (std::size_t i = 0; i < lanes_max; ++i)
    messages.push_back(noise(size, 10 * size + i));
  for (const auto& message : messages)
    values.emplace_back(message);
  for (std::size_t count = 2; count <= lanes_max; ++count) {
    std::vector<hash256> got(count);
    sha256d_side_by_side(prefix, std::span(values).first(count), got);
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(to_hex(got[i].view()), to_hex(openssl_sha256d(prefix, values[i]).view()))
          << "prefix " << prefix_size << ", size " << size << ", lane " << i << " of " << count;
  }
}

} // namespace

TEST(sha256_lanes, give_what_openssl_gives_for_every_length_of_a_few_blocks) {
  if (!lanes_possible())
    GTEST_SKIP() << "this processor has no SHA instructions";
  for (const std::size_t prefix : {0U, 1U, 33U, 55U, 56U, 63U, 64U})
    for (std::size_t size = 0; size <= 300; ++size)
      expect_as_openssl(prefix, size);
}

TEST(sha256_lanes, give_what_openssl_gives_for_long_messages) {
  if (!lanes_possible())
    GTEST_SKIP() << "this processor has no SHA instructions";
  for (const std::size_t size : {4'095U, 4'096U, 20'000U, 21'846U, 65'536U, 349'526U, 1'000'003U})
    expect_as_openssl(33, size);
}

TEST(sha256_lanes, are_one_to_three_and_more_than_one_only_where_possible) {
  EXPECT_GE(lanes(), 1U);
  EXPECT_LE(lanes(), lanes_max);
  EXPECT_TRUE(lanes() == 1 || lanes_possible());
  RecordProperty("lanes", static_cast<int>(lanes()));
}

TEST(sha256_lanes, any_number_of_values_of_any_lengths_gets_the_tagged_hash_of_each) {
  std::mt19937_64 engine(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<bytes> messages;
    std::vector<byte_view> values;
    std::size_t size = engine() % 300;
    for (auto left = engine() % 12; left > 0; --left) {
      if (engine() % 4 == 0)
        size = engine() % 300;
      messages.push_back(noise(size, engine()));
    }
    for (const auto& message : messages)
      values.emplace_back(message);
    for (const std::string& tag : {std::string("a tag"), std::string(100, 't')}) {
      std::vector<hash256> got(values.size());
      tagged_hashes(tag, values, got);
      for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(got[i], tagged_hash(tag, values[i])) << i;
    }
  }
}
