#include "truckee/crypto/rsa.hpp"

#include "test_support.hpp"
#include "truckee/crypto/pss.hpp"
#include "truckee/crypto/rsa_integers.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <thread>

using namespace truckee;
using namespace truckee::crypto;

namespace {

bytes key_file(const std::string& name) {
  return test::read_file(test::vector_path("keys/" + name));
}

private_key some_key() {
  return *private_key::from_der(key_file("key0.pkcs8.der"));
}

/// A key of OpenSSL's own making, as PKCS#8 and as SubjectPublicKeyInfo.
struct foreign_key {
  bytes pkcs8;
  bytes spki;
};

foreign_key make_foreign(std::size_t bits, std::uint64_t exponent) {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  std::array<OSSL_PARAM, 3> params{OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
                                   OSSL_PARAM_construct_uint64(OSSL_PKEY_PARAM_RSA_E, &exponent),
                                   OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_params(context.get(), params.data()) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1)
    throw std::runtime_error("OpenSSL made no key");
  foreign_key out;
  auto* info = EVP_PKEY2PKCS8(key);
  unsigned char* der = nullptr;
  auto length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  out.pkcs8 = to_bytes(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  PKCS8_PRIV_KEY_INFO_free(info);
  der = nullptr;
  length = i2d_PUBKEY(key, &der);
  out.spki = to_bytes(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  EVP_PKEY_free(key);
  return out;
}

std::string fault_of(const result<private_key>& key) {
  return key ? "taken" : key.error().detail;
}
std::string fault_of(const result<public_key>& key) {
  return key ? "taken" : key.error().detail;
}

} // namespace

TEST(rsa, keys_of_the_vectors_are_read_and_keep_their_bytes) {
  for (const char* name : {"key0", "key1", "key2"}) {
    const auto der = key_file(std::string(name) + ".pkcs8.der");
    const auto spki = key_file(std::string(name) + ".spki.der");
    const auto key = private_key::from_der(der);
    ASSERT_TRUE(key) << to_string(key.error());
    EXPECT_EQ(to_bytes(key->der()), der);
    EXPECT_EQ(to_bytes(key->public_half().der()), spki) << "the public half's one DER form";
    const auto half = public_key::from_der(spki);
    ASSERT_TRUE(half) << to_string(half.error());
    EXPECT_EQ(to_bytes(half->der()), spki);
  }
}

TEST(rsa, a_fixed_salt_gives_the_recorded_signature) {
  const auto vectors = test::read_json("rsa_aes.json")["pss_vectors"];
  ASSERT_EQ(vectors.size(), 4U);
  const auto key = some_key();
  for (const auto& v : vectors) {
    const auto message = test::hex(v["message"]);
    const auto salt = *pss_salt::from(test::hex(v["salt"]));
    EXPECT_EQ(to_hex(pss_encode(message, salt)), v["em"].get<std::string>());
    const auto signed_bytes = key.sign(message, salt);
    ASSERT_TRUE(signed_bytes) << to_string(signed_bytes.error());
    EXPECT_EQ(to_hex(signed_bytes->view()), v["signature"].get<std::string>());
    EXPECT_TRUE(key.public_half().verify(message, signed_bytes->view()));
    EXPECT_TRUE(key.public_half().verify(message, test::hex(v["a_random_real_signature"])));
  }
}

TEST(rsa, another_message_signature_key_or_length_does_not_verify) {
  const auto key = some_key();
  const auto good = *key.sign(as_bytes("message"), pss_salt{});
  EXPECT_TRUE(key.public_half().verify(as_bytes("message"), good.view()));
  EXPECT_FALSE(key.public_half().verify(as_bytes("massage"), good.view()));
  for (const std::size_t at : {0U, 100U, 255U}) {
    auto bad = good;
    bad.data[at] ^= std::byte{1};
    EXPECT_FALSE(key.public_half().verify(as_bytes("message"), bad.view())) << "byte " << at;
  }
  EXPECT_FALSE(key.public_half().verify(as_bytes("message"), good.view().first(255)));
  EXPECT_FALSE(key.public_half().verify(as_bytes("message"), {}));
  const auto other = *public_key::from_der(key_file("key1.spki.der"));
  EXPECT_FALSE(other.verify(as_bytes("message"), good.view()));
}

TEST(rsa, keys_with_exponent_17_sign_and_have_292_bytes) {
  const auto old = make_foreign(2048, 17);
  EXPECT_EQ(old.spki.size(), 292U);
  const auto key = private_key::from_der(old.pkcs8);
  ASSERT_TRUE(key) << to_string(key.error());
  EXPECT_EQ(to_bytes(key->public_half().der()), old.spki);
  const auto signed_bytes = key->sign(as_bytes("old"), pss_salt{});
  ASSERT_TRUE(signed_bytes);
  const auto half = public_key::from_der(old.spki);
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->verify(as_bytes("old"), signed_bytes->view()));
}

TEST(rsa, a_generated_key_is_one_we_read_and_differs_each_time) {
  const auto one = private_key::generate();
  const auto two = private_key::generate();
  ASSERT_TRUE(one && two);
  EXPECT_NE(to_bytes(one->der()), to_bytes(two->der()));
  EXPECT_EQ(one->public_half().der().size(), 294U);
  const auto signed_bytes = one->sign(as_bytes("new"), pss_salt{});
  ASSERT_TRUE(signed_bytes);
  EXPECT_TRUE(one->public_half().verify(as_bytes("new"), signed_bytes->view()));
}

TEST(rsa, other_sizes_and_exponents_are_refused_by_name) {
  const auto small = make_foreign(1024, 65537);
  EXPECT_NE(fault_of(private_key::from_der(small.pkcs8)).find("2048 bits"), std::string::npos);
  EXPECT_NE(fault_of(public_key::from_der(small.spki)).find("2048 bits"), std::string::npos);
  const auto odd = make_foreign(2048, 257);
  EXPECT_NE(fault_of(private_key::from_der(odd.pkcs8)).find("65537 or 17"), std::string::npos);
  EXPECT_NE(fault_of(public_key::from_der(odd.spki)).find("65537 or 17"), std::string::npos);
}

TEST(rsa, primes_that_do_not_make_the_modulus_are_refused) {
  auto der = key_file("key0.pkcs8.der");
  // The second prime follows the first: both have a header of 02 81 81 00.
  const auto header = test::hex("02818100");
  const auto first = std::search(der.begin(), der.end(), header.begin(), header.end());
  ASSERT_NE(first, der.end());
  *(first + 100) ^= std::byte{2};
  EXPECT_NE(fault_of(private_key::from_der(der)).find("primes"), std::string::npos);
}

TEST(rsa, cut_longer_or_flipped_der_gives_a_key_or_an_error_never_more) {
  const auto pkcs8 = key_file("key0.pkcs8.der");
  const auto spki = key_file("key0.spki.der");
  for (std::size_t size = 0; size < pkcs8.size(); ++size) {
    const bytes cut(pkcs8.begin(), pkcs8.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(private_key::from_der(cut)) << size;
  }
  auto longer = pkcs8;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(private_key::from_der(longer));
  test::seeded_random random(1);
  for (int i = 0; i < 2000; ++i) {
    auto bad = i % 2 == 0 ? pkcs8 : spki;
    bad[random.below(bad.size())] ^= static_cast<std::byte>(1 + random.below(255));
    if (i % 2 == 0)
      static_cast<void>(private_key::from_der(bad));
    else
      static_cast<void>(public_key::from_der(bad));
  }
}

TEST(rsa, one_key_signs_in_several_threads) {
  const auto key = some_key();
  const auto expected = *key.sign(as_bytes("shared"), pss_salt{});
  std::array<int, 3> wrong{};
  {
    std::vector<std::jthread> threads;
    for (auto& count : wrong)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i)
          count += key.sign(as_bytes("shared"), pss_salt{}) == expected ? 0 : 1;
      });
  }
  EXPECT_EQ(wrong, (std::array<int, 3>{}));
}

TEST(rsa, a_key_whose_other_numbers_are_false_signs_nothing) {
  auto false_key = key_file("key0.pkcs8.der");
  const auto integers = *read_pkcs8(false_key);
  for (auto member :
       {&rsa_integers::private_exponent, &rsa_integers::exponent_1, &rsa_integers::exponent_2}) {
    const auto at = (integers.*member).data() - false_key.data();
    false_key[static_cast<std::size_t>(at) + (integers.*member).size() / 2] ^= std::byte{0x10};
  }
  const auto read = private_key::from_der(false_key);
  ASSERT_TRUE(read) << "its primes make its modulus";
  const auto made = read->sign(as_bytes("a message"), {});
  ASSERT_FALSE(made) << "verifies: " << read->public_half().verify(as_bytes("a message"), made->view());
  EXPECT_EQ(made.error().code, errc::malformed);
}

TEST(rsa, the_salt_of_a_signature_comes_back_to_whoever_has_the_public_key) {
  const auto key = some_key();
  const auto& half = key.public_half();
  const auto message = test::hex("7369676e6564");
  pss_salt salt;
  for (std::size_t i = 0; i < salt.data.size(); ++i)
    salt.data[i] = static_cast<std::byte>(i * 7 + 1);
  const auto made = key.sign(message, salt).value();
  EXPECT_EQ(half.salt_of(message, made.view()), salt);
  EXPECT_FALSE(half.salt_of(test::hex("00"), made.view()));
  for (const std::size_t at : {0U, 100U, 255U}) {
    auto broken = made;
    broken.data[at] ^= std::byte{1};
    EXPECT_FALSE(half.salt_of(message, broken.view())) << at;
  }
  EXPECT_FALSE(half.salt_of(message, made.view().first(255)));
  EXPECT_FALSE(half.salt_of(message, {}));
}

TEST(pss, only_its_own_encodings_have_a_salt) {
  const auto message = test::hex("7369676e6564");
  pss_salt salt;
  salt.data[31] = std::byte{9};
  auto encoded = pss_encode(message, salt);
  EXPECT_EQ(pss_salt_of(message, encoded), salt);
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    auto other = encoded;
    other[at] ^= std::byte{0x40};
    EXPECT_FALSE(pss_salt_of(message, other)) << at;
  }
}
