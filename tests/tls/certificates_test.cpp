#include "truckee/tls/certificates.hpp"

#include "test_folder.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/tls/check.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

using namespace truckee;
using namespace truckee::tls;

namespace {

constexpr std::int64_t day = 86'400;
constexpr std::int64_t year = 365 * day;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

ssl::certificate_ptr certificate_in(const std::filesystem::path& path) {
  auto all = ssl::read_certificates(*read_small_file(path, 1 << 20));
  return all.size() == 1 ? std::move(all.front()) : nullptr;
}

void put(const std::filesystem::path& path, const std::string& text) {
  ASSERT_TRUE(write_private_file(path, as_bytes(text), existing_file::replace));
}

class certificates : public testing::Test {
protected:
  test::folder folder;
  std::filesystem::path dir = folder / "new/certs";

  made_certificates made(const std::vector<std::string>& names, std::int64_t now = unix_now()) {
    auto out = make_certificates(dir, names, now);
    if (!out)
      throw std::runtime_error(to_string(out.error()));
    return *out;
  }

  static void expect_refused(const result<void>& got, const std::vector<std::string>& words) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::configuration);
    for (const auto& word : words)
      EXPECT_NE(got.error().detail.find(word), std::string::npos)
          << word << " is not in: " << got.error().detail;
  }
};

} // namespace

TEST_F(certificates, made_files_pass_the_check) {
  const auto m = made({"client", "alpha.example", "192.0.2.7", "::1"});
  EXPECT_TRUE(m.ca_is_new);
  ASSERT_EQ(m.nodes.size(), 4U);
  for (const auto& node : m.nodes) {
    const auto good = check_node_files({m.ca, node.certificate, node.key});
    EXPECT_TRUE(good) << to_string(good.error());
    const auto later = check_node_files({m.ca, node.certificate, node.key}, unix_now() + 10 * year - 2 * day);
    EXPECT_TRUE(later) << "valid for ten years: " << to_string(later.error());
  }
}

TEST_F(certificates, are_private_to_their_owner) {
  const auto m = made({"alpha"});
  EXPECT_EQ(mode_of(dir), 0700U);
  for (const auto& path : {dir / "ca.pem", dir / "ca.key", m.nodes[0].certificate, m.nodes[0].key})
    EXPECT_EQ(mode_of(path), 0600U) << path;
}

TEST_F(certificates, carry_their_name_as_host_or_address) {
  const auto m = made({"alpha.example", "192.0.2.7"});
  const auto host = certificate_in(m.nodes[0].certificate);
  const auto numeric = certificate_in(m.nodes[1].certificate);
  ASSERT_TRUE(host && numeric);
  EXPECT_EQ(X509_check_host(host.get(), "alpha.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(host.get(), "beta.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(numeric.get(), "192.0.2.7", 0), 1);
  EXPECT_EQ(X509_get_version(host.get()), X509_VERSION_3);
  EXPECT_EQ(X509_check_ca(host.get()), 0) << "a node must not sign others";
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(host.get()), X509_get0_serialNumber(numeric.get())), 0);
}

TEST_F(certificates, a_ca_that_is_there_signs_more_names) {
  const auto first = made({"alpha"});
  const auto second = made({"beta"});
  EXPECT_FALSE(second.ca_is_new);
  EXPECT_TRUE(check_node_files({first.ca, second.nodes[0].certificate, second.nodes[0].key}));
  const auto late = made({"gamma"}, unix_now() + 9 * year);
  const auto gamma = certificate_in(late.nodes[0].certificate);
  const auto ca = certificate_in(first.ca);
  EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(gamma.get()), X509_get0_notAfter(ca.get())), 0)
      << "no certificate outlives its CA";
  const auto too_late = make_certificates(dir, {"delta"}, unix_now() + 11 * year);
  ASSERT_FALSE(too_late);
  EXPECT_NE(too_late.error().detail.find("expired"), std::string::npos);
}

TEST_F(certificates, nothing_is_overwritten) {
  const auto m = made({"alpha"});
  const auto before = *read_small_file(m.nodes[0].key, 1 << 20);
  const auto again = make_certificates(dir, {"beta", "alpha"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::refused);
  EXPECT_NE(again.error().detail.find("alpha.pem"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir / "beta.pem")) << "all or nothing";
  EXPECT_TRUE(equal(before, *read_small_file(m.nodes[0].key, 1 << 20)));
}

TEST_F(certificates, bad_names_are_refused_before_anything_is_made) {
  const std::vector<std::vector<std::string>> wrong{{},           {""},       {"ca"},
                                                    {"../alpha"}, {"a b"},    {".hidden"},
                                                    {"-x"},       {"a", "a"}, {std::string(65, 'a')},
                                                    {"a\nb"},     {"a,b"}};
  for (const auto& names : wrong) {
    const auto got = make_certificates(dir, names);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::usage);
  }
  EXPECT_FALSE(std::filesystem::exists(dir));
}

TEST_F(certificates, an_open_folder_or_a_broken_ca_is_refused) {
  std::filesystem::create_directories(dir);
  std::filesystem::permissions(dir, std::filesystem::perms{0755});
  const auto open = make_certificates(dir, {"alpha"});
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().detail.find("chmod 700"), std::string::npos) << open.error().detail;
  std::filesystem::permissions(dir, std::filesystem::perms{0700});
  made({"alpha"});
  std::filesystem::remove(dir / "ca.key");
  const auto half = make_certificates(dir, {"beta"});
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().code, errc::corrupt);
  std::filesystem::copy(dir / "alpha.key", dir / "ca.key");
  EXPECT_NE(make_certificates(dir, {"beta"}).error().detail.find("not the certificate's"), std::string::npos);
}

TEST_F(certificates, the_check_names_the_file_that_is_wrong) {
  const auto m = made({"alpha", "beta"});
  const auto& certificate = m.nodes[0].certificate;
  const auto& key = m.nodes[0].key;
  expect_refused(check_node_files({{}, certificate, key}), {"no CA is given", "truckee certs"});
  expect_refused(check_node_files({m.ca, {}, key}), {"no certificate is given"});
  expect_refused(check_node_files({m.ca, certificate, {}}), {"no key is given"});
  expect_refused(check_node_files({dir / "none", certificate, key}), {"the CA", "none", "truckee certs"});
  expect_refused(check_node_files({m.ca, certificate, dir}), {"the key", "directory"});
  expect_refused(check_node_files({key, certificate, key}), {"alpha.key", "is not the CA in PEM"});
  expect_refused(check_node_files({m.ca, certificate, certificate}), {"alpha.pem", "is not a private key"});
  expect_refused(check_node_files({m.ca, certificate, m.nodes[1].key}), {"beta.key", "is not the key of"});
  expect_refused(check_node_files({certificate, m.nodes[1].certificate, m.nodes[1].key}),
                 {"is not signed by the CA"});
  std::filesystem::permissions(key, std::filesystem::perms{0640});
  expect_refused(check_node_files({m.ca, certificate, key}), {"other users", "chmod 600"});
}

TEST_F(certificates, the_check_sees_foreign_and_expired_ones) {
  const auto m = made({"alpha"});
  const auto other = make_certificates(folder / "other", {"alpha"});
  ASSERT_TRUE(other);
  expect_refused(check_node_files({other->ca, m.nodes[0].certificate, m.nodes[0].key}),
                 {"alpha.pem", "is not signed by the CA"});
  expect_refused(check_node_files({m.ca, m.nodes[0].certificate, m.nodes[0].key}, unix_now() + 11 * year),
                 {"has expired"});
  expect_refused(check_node_files({m.ca, m.nodes[0].certificate, m.nodes[0].key}, unix_now() - 2 * day),
                 {"not valid yet", "clock"});
}

TEST_F(certificates, the_check_refuses_a_key_with_a_passphrase) {
  const auto m = made({"alpha"});
  auto problem = ssl::key_problem::none;
  const auto key = ssl::read_key(*read_small_file(m.nodes[0].key, 1 << 20), problem);
  ASSERT_TRUE(key);
  const ssl::bio_ptr out{BIO_new(BIO_s_mem())};
  std::string passphrase = "swordfish";
  ASSERT_EQ(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(),
                                     reinterpret_cast<unsigned char*>(passphrase.data()),
                                     static_cast<int>(passphrase.size()), nullptr, nullptr),
            1);
  put(dir / "locked.key", std::string{as_text(ssl::content_of(out.get()))});
  expect_refused(check_node_files({m.ca, m.nodes[0].certificate, dir / "locked.key"}),
                 {"locked.key", "encrypted"});
}

TEST_F(certificates, a_damaged_file_is_refused_at_every_cut) {
  const auto m = made({"alpha"});
  const std::string whole{as_text(*read_small_file(m.nodes[0].certificate, 1 << 20))};
  // The last character but one is the end of the last dash line.
  for (std::size_t cut = 0; cut + 2 < whole.size(); cut += 7) {
    put(dir / "cut.pem", whole.substr(0, cut));
    EXPECT_FALSE(check_node_files({m.ca, dir / "cut.pem", m.nodes[0].key})) << "cut at " << cut;
    EXPECT_FALSE(check_node_files({dir / "cut.pem", m.nodes[0].certificate, m.nodes[0].key}))
        << "cut at " << cut;
  }
}

TEST_F(certificates, a_server_needs_no_ca_but_may_have_one_for_callers) {
  const auto m = made({"alpha", "beta"});
  const auto& certificate = m.nodes[0].certificate;
  const auto& key = m.nodes[0].key;
  EXPECT_TRUE(check_server_files({certificate, key, {}}));
  EXPECT_TRUE(check_server_files({certificate, key, m.ca}));
  expect_refused(check_server_files({{}, key, {}}), {"no certificate is given"});
  expect_refused(check_server_files({certificate, {}, {}}), {"no key is given"});
  expect_refused(check_server_files({certificate, m.nodes[1].key, {}}), {"beta.key", "is not the key of"});
  expect_refused(check_server_files({certificate, key, dir / "none"}), {"the CA of clients", "none"});
  expect_refused(check_server_files({certificate, key, {}}, unix_now() + 11 * year),
                 {"alpha.pem", "has expired"});
  expect_refused(check_server_files({certificate, key, {}}, unix_now() - 2 * day),
                 {"not valid yet", "clock"});
  expect_refused(check_server_files({m.ca, dir / "ca.key", {}}), {"ca.pem", "is not for a server"});
}

TEST(private_key, is_its_owners_or_comes_from_root) {
  constexpr unsigned me = 1000, other = 1001, root = 0;
  EXPECT_TRUE(is_private(0600, me, me));
  EXPECT_TRUE(is_private(0400, root, me));
  EXPECT_TRUE(is_private(0440, root, me)) << "a credential, or the group ssl-cert";
  EXPECT_TRUE(is_private(0640, root, me));
  EXPECT_TRUE(is_private(0600, root, root));
  EXPECT_FALSE(is_private(0640, me, me)) << "my group is not root's choice";
  EXPECT_FALSE(is_private(0640, root, root));
  EXPECT_FALSE(is_private(0440, other, me));
  EXPECT_FALSE(is_private(0660, root, me));
  EXPECT_FALSE(is_private(0444, root, me));
  EXPECT_FALSE(is_private(0604, me, me));
}

TEST_F(certificates, say_who_they_are_and_what_for) {
  const auto now = unix_now();
  const auto m = *make_certificates(dir, {"Alpha.example"}, now, role::server);
  const auto who = identity_of(certificate_in(m.nodes[0].certificate).get());
  EXPECT_EQ(who.common_name, "Alpha.example");
  EXPECT_EQ(who.made_for, role::server);
  EXPECT_EQ(who.not_before, now - 3600);
  EXPECT_GT(who.not_after, now + 9 * year);
  EXPECT_TRUE(who.is_named("alpha.EXAMPLE"));
  EXPECT_FALSE(who.is_named("example"));
  const std::vector<role> servers{role::server};
  const std::vector<role> askers{role::client, role::gateway};
  EXPECT_TRUE(who.is_for(servers));
  EXPECT_FALSE(who.is_for(askers));
  EXPECT_TRUE(who.is_for({}));
  EXPECT_TRUE(check_node_files({m.ca, m.nodes[0].certificate, m.nodes[0].key}));
}

TEST_F(certificates, of_before_are_for_anything_and_each_has_a_key_of_its_own) {
  const auto m = made({"one", "192.0.2.7", "2001:DB8::1"});
  const auto one = identity_of(certificate_in(m.nodes[0].certificate).get());
  const auto two = identity_of(certificate_in(m.nodes[1].certificate).get());
  const std::vector<role> servers{role::server};
  EXPECT_EQ(one.made_for, role::any);
  EXPECT_TRUE(one.is_for(servers));
  EXPECT_NE(one.key, two.key);
  EXPECT_TRUE(two.is_named("192.0.2.7"));
  EXPECT_TRUE(identity_of(certificate_in(m.nodes[2].certificate).get()).is_named("2001:db8:0::1"));
}
