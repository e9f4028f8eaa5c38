#pragma once

#include "test_folder.hpp"
#include "truckee/tls/certificates.hpp"
#include "truckee/tls/node_files.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <fstream>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>

namespace truckee::test {

/// What a certificate of a test's own says.
struct wanted_certificate {
  std::string name = "alpha";
  std::string alternative = "DNS:alpha"; ///< empty: none
  std::string unit = {};                 ///< organizational unit; empty: none
  std::int64_t from = -60;               ///< seconds from now
  std::int64_t until = 3600;
};

/// A folder with a CA, which signs whatever a test asks for.
class authority {
public:
  authority() : made_(*tls::make_certificates(folder_ / "ca", {"first"})) {}

  tls::node_files first() const { return {made_.ca, made_.nodes[0].certificate, made_.nodes[0].key}; }

  tls::node_files issue(const wanted_certificate& what) {
    namespace ssl = tls::ssl;
    const auto stem = "n" + std::to_string(++count_);
    tls::node_files out{made_.ca, folder_ / (stem + ".pem"), folder_ / (stem + ".key")};
    write(what, out);
    return out;
  }

  /// In place of the files that are there.
  void write(const wanted_certificate& what, const tls::node_files& to) {
    namespace ssl = tls::ssl;
    auto problem = ssl::key_problem::none;
    const auto ca = std::move(ssl::read_certificates(as_bytes(text_of(made_.ca))).front());
    const auto ca_key = ssl::read_key(as_bytes(text_of(folder_ / "ca" / "ca.key")), problem);
    const ssl::key_ptr key{EVP_EC_gen("P-256")};
    const ssl::certificate_ptr made{X509_new()};
    auto* x = made.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++count_);
    const auto now = tls::unix_now();
    ASN1_TIME_set(X509_getm_notBefore(x), now + what.from);
    ASN1_TIME_set(X509_getm_notAfter(x), now + what.until);
    entry(x, "CN", what.name);
    if (!what.unit.empty())
      entry(x, "OU", what.unit);
    X509_set_issuer_name(x, X509_get_subject_name(ca.get()));
    X509_set_pubkey(x, key.get());
    X509V3_CTX context;
    X509V3_set_ctx(&context, ca.get(), x, nullptr, nullptr, 0);
    extension(x, context, NID_ext_key_usage, "serverAuth,clientAuth");
    if (!what.alternative.empty())
      extension(x, context, NID_subject_alt_name, what.alternative);
    if (X509_sign(x, ca_key.get(), EVP_sha256()) == 0)
      throw std::runtime_error("cannot sign");
    const auto pem = ssl::write_key(key.get());
    put(to.key, std::string(as_text(ssl::content_of(pem.get()))));
    put(to.certificate, ssl::write_certificate(x));
  }

  const folder& at() const { return folder_; }

private:
  static void entry(X509* x, const char* what, const std::string& value) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), what, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
  }
  static void extension(X509* x, X509V3_CTX& context, int what, const std::string& value) {
    auto* made = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    X509_add_ext(x, made, -1);
    X509_EXTENSION_free(made);
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::trunc) << text;
    ::chmod(file.c_str(), 0600);
  }

  folder folder_;
  tls::made_certificates made_;
  int count_ = 0;
};

} // namespace truckee::test
