#include "test_support.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/crypto/rsa.hpp"

#include <gtest/gtest.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

using namespace truckee;
using namespace truckee::crypto;

namespace {

struct free_key {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using openssl_key = std::unique_ptr<EVP_PKEY, free_key>;

/// What `write` put into a stream.
template <class Write>
std::string written_by(Write write) {
  BIO* stream = BIO_new(BIO_s_mem());
  write(stream);
  char* at = nullptr;
  const auto size = BIO_get_mem_data(stream, &at);
  std::string out(at, static_cast<std::size_t>(size));
  BIO_free(stream);
  return out;
}

std::string pkcs1_of(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  return written_by([&](BIO* to) {
    PEM_write_bio_PrivateKey_traditional(to, key, cipher, nullptr, 0, nullptr,
                                         cipher ? const_cast<char*>("word") : nullptr);
  });
}
std::string pkcs8_of(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  return written_by([&](BIO* to) {
    PEM_write_bio_PKCS8PrivateKey(to, key, cipher, nullptr, 0, nullptr,
                                  cipher ? const_cast<char*>("word") : nullptr);
  });
}
std::string spki_of(EVP_PKEY* key) {
  return written_by([&](BIO* to) { PEM_write_bio_PUBKEY(to, key); });
}

/// The first key of the vectors, as OpenSSL holds it.
const bytes& some_der() {
  static const bytes der = test::read_file(test::vector_path("keys/key0.pkcs8.der"));
  return der;
}
openssl_key some_key() {
  const auto* at = reinterpret_cast<const unsigned char*>(some_der().data());
  return openssl_key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(some_der().size())));
}

std::string refusal_of(std::string_view pem) {
  const auto key = private_key::from_pem(pem);
  if (key)
    return "taken";
  EXPECT_EQ(key.error().code, errc::malformed) << key.error().detail;
  EXPECT_NE(key.error().detail.find("expected one RSA private key of 2048 bits in PEM"), std::string::npos)
      << key.error().detail;
  return key.error().detail;
}
void expect_refused(std::string_view pem, std::string_view why) {
  const auto said = refusal_of(pem);
  EXPECT_NE(said.find(why), std::string::npos) << said;
}

std::string cap_of(const private_key& key, file_format format) {
  const file_keys keys(key);
  return to_text(file_cap(write_cap{format, keys.write, keys.fingerprint}));
}

void check_known(const std::filesystem::path& file) {
  std::ifstream in(file);
  const auto known = nlohmann::json::parse(in)["vectors"];
  ASSERT_GE(known.size(), 20U);
  for (const auto& each : known) {
    const auto key = private_key::from_pem(each["private_key_pem"].get<std::string>());
    ASSERT_TRUE(key) << to_string(key.error());
    const auto format = each["format"] == "sdmf" ? file_format::sdmf : file_format::mdmf;
    EXPECT_EQ(cap_of(*key, format), each["write_cap"].get<std::string>());
  }
}

} // namespace

TEST(key_pem, the_keys_that_tahoe_lafs_knows_give_its_capabilities) {
  check_known(test::vector_path("known-caps.json"));
  const auto all = std::filesystem::path(TRUCKEE_VECTORS) / "known-caps.json";
  if (*TRUCKEE_VECTORS != '\0' && std::filesystem::exists(all))
    check_known(all);
}

TEST(key_pem, pkcs1_and_pkcs8_are_the_same_key_with_the_same_bytes) {
  const auto key = some_key();
  for (const auto& text : {pkcs1_of(key.get()), pkcs8_of(key.get())}) {
    const auto read = private_key::from_pem(text);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(to_bytes(read->der()), some_der());
  }
  EXPECT_EQ(pkcs1_of(key.get()).find("BEGIN RSA PRIVATE KEY"), 5U);
  EXPECT_EQ(pkcs8_of(key.get()).find("BEGIN PRIVATE KEY"), 5U);
}

TEST(key_pem, what_stands_around_a_key_is_passed_over) {
  const auto key = some_key();
  const auto text = "a note\n" + spki_of(key.get()) + "\n" + pkcs8_of(key.get()) + "\nand more\n";
  EXPECT_TRUE(private_key::from_pem(text));
}

TEST(key_pem, line_ends_of_other_systems_are_read) {
  std::string text;
  for (const char c : pkcs1_of(some_key().get()))
    text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_TRUE(private_key::from_pem(text));
}

TEST(key_pem, an_encrypted_key_is_refused_as_such_in_either_form) {
  const auto key = some_key();
  expect_refused(pkcs1_of(key.get(), EVP_aes_128_cbc()), "is encrypted");
  expect_refused(pkcs8_of(key.get(), EVP_aes_128_cbc()), "is encrypted");
}

TEST(key_pem, a_public_key_alone_is_refused_as_such) {
  expect_refused(spki_of(some_key().get()), "only a public key");
}

TEST(key_pem, other_sizes_are_refused_by_their_size) {
  const openssl_key small(EVP_RSA_gen(1024));
  const openssl_key large(EVP_RSA_gen(3072));
  expect_refused(pkcs1_of(small.get()), "has 1024 bits");
  expect_refused(pkcs8_of(large.get()), "has 3072 bits");
}

TEST(key_pem, other_kinds_of_keys_are_refused) {
  const openssl_key curve(EVP_EC_gen("P-256"));
  expect_refused(pkcs1_of(curve.get()), "not an RSA key");
  expect_refused(pkcs8_of(curve.get()), "not an RSA key");
  const openssl_key edwards(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  expect_refused(pkcs8_of(edwards.get()), "not an RSA key");
  expect_refused("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
                 "OpenSSH's own form");
}

TEST(key_pem, two_private_keys_are_one_too_many) {
  const auto key = some_key();
  expect_refused(pkcs1_of(key.get()) + pkcs8_of(key.get()), "more than one private key");
}

TEST(key_pem, what_is_not_pem_is_refused) {
  expect_refused("", "no PEM private key");
  expect_refused("Snow on the ridge.\n", "no PEM private key");
  expect_refused(as_text(some_der()), "no PEM private key");
  expect_refused(std::string(pem_bytes_max + 1, '\n'), "longer than any private key");
}

TEST(key_pem, a_cut_or_changed_key_is_never_taken_for_another) {
  const auto whole = pkcs8_of(some_key().get());
  for (std::size_t size = 0; size + 27 < whole.size(); size += 13) // the last 26 are its END line
    EXPECT_NE(refusal_of(whole.substr(0, size)), "taken") << size;
  test::seeded_random random(1);
  for (int i = 0; i < 300; ++i) {
    auto bad = whole;
    bad[30 + random.below(bad.size() - 60)] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.below(26)];
    const auto read = private_key::from_pem(bad);
    if (!read)
      continue;
    // Some numbers do not count, as the first signature shows.
    EXPECT_TRUE(read->public_half().verify(as_bytes("x"), read->sign(as_bytes("x"), {}).value().view()));
  }
}

TEST(key_pem, no_refusal_shows_the_key) {
  const auto whole = pkcs8_of(some_key().get());
  const auto inside = whole.substr(100, 20);
  for (const auto& text :
       {whole + whole, whole.substr(0, 900),
        "-----BEGIN PRIVATE KEY-----\n" + whole.substr(28, 640) + "\n-----END PRIVATE KEY-----\n"})
    EXPECT_EQ(refusal_of(text).find(inside), std::string::npos);
}
