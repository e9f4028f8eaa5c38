#include "truckee/tls/certificates.hpp"

#include "truckee/base/address.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee::tls {

namespace {

using namespace ssl;
namespace fs = std::filesystem;

constexpr std::int64_t day = 86'400;
constexpr std::int64_t valid_seconds = 3650 * day;
constexpr std::int64_t early_seconds = 3600; // peers' clocks may be a little behind
constexpr std::size_t name_chars_max = 64;   // X.509's limit on a common name
constexpr std::size_t names_max = 1000;

struct key_pair {
  key_ptr key;
  certificate_ptr certificate;
};

tl::unexpected<error> openssl_failed(const char* what) {
  return fail(errc::internal, std::string{"OpenSSL cannot "} + what + ": " + last_error());
}

bool is_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  };
  return !name.empty() && name.size() <= name_chars_max && std::all_of(name.begin(), name.end(), allowed) &&
         name.front() != '.' && name.front() != '-' && name != "ca";
}

result<void> check_names(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > names_max)
    return fail(errc::usage,
                "expected 1 to 1000 node names, e.g. truckee certs certs client alpha 192.0.2.7");
  std::set<std::string> seen;
  for (const auto& name : names) {
    if (!is_name(name))
      return fail(errc::usage,
                  "a node's name is a host name, an IP address or a word: 1 to 64 of letters, digits, "
                  "dots, dashes, underscores and colons, beginning with no dot or dash, and not \"ca\"");
    if (!seen.insert(name).second)
      return fail(errc::usage, "the name \"" + name + "\" is given twice");
  }
  return {};
}

result<void> prepare_folder(const fs::path& dir) {
  const auto text = dir.string();
  if (auto above = make_private_folder(dir.parent_path()); !above)
    return above;
  if (::mkdir(text.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(errc::io, text + ": cannot be created: " + std::strerror(errno));
  struct stat info {};
  if (::stat(text.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return fail(errc::refused, text + ": is not a folder");
  if (info.st_uid != ::geteuid())
    return fail(errc::refused, text + ": belongs to another user; keys are kept in a folder of one's own");
  if ((info.st_mode & 0077) != 0)
    return fail(errc::refused,
                text + ": is open to other users; choose a new folder, or run: chmod 700 " + text);
  return {};
}

bool add_extension(X509* to, X509V3_CTX* context, int what, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> extension{
      X509V3_EXT_conf_nid(nullptr, context, what, value.c_str())};
  return extension && X509_add_ext(to, extension.get(), -1) == 1;
}

bool set_serial(X509* to) {
  std::array<unsigned char, 19> raw{}; // 152 random bits; the first byte below 0x80 and not 0
  if (RAND_bytes(raw.data(), static_cast<int>(raw.size())) != 1)
    return false;
  raw[0] = static_cast<unsigned char>((raw[0] & 0x3f) | 0x40);
  const std::unique_ptr<BIGNUM, freed_by<BN_free>> number{
      BN_bin2bn(raw.data(), static_cast<int>(raw.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(to)) != nullptr;
}

bool set_times(X509* to, std::int64_t now, const ASN1_TIME* not_beyond) {
  if (!ASN1_TIME_set(X509_getm_notBefore(to), now - early_seconds) ||
      !ASN1_TIME_set(X509_getm_notAfter(to), now + valid_seconds))
    return false;
  // A certificate that outlives its issuer would only hide when trust ends.
  return !not_beyond || ASN1_TIME_compare(X509_get0_notAfter(to), not_beyond) <= 0 ||
         X509_set1_notAfter(to, not_beyond) == 1;
}

std::string alternative_name(const std::string& name) {
  return (address{name, 0}.is_numeric() ? "IP:" : "DNS:") + name;
}

bool add_unit(X509_NAME* subject, role made_for) {
  if (made_for == role::any)
    return true;
  const auto unit = unit_of(made_for);
  return X509_NAME_add_entry_by_txt(subject, "OU", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(unit.c_str()), -1, -1, 0) == 1;
}

/// A fresh key, certified by `issuer`, or by itself when there is none: then it is a CA.
result<key_pair> make_identity(const std::string& name, const key_pair* issuer, std::int64_t now,
                               role made_for) {
  key_pair out{key_ptr{EVP_EC_gen("P-256")}, certificate_ptr{X509_new()}};
  if (!out.key || !out.certificate)
    return openssl_failed("make a P-256 key");
  auto* x = out.certificate.get();
  auto* issuer_certificate = issuer ? issuer->certificate.get() : x;
  auto* subject = X509_get_subject_name(x);
  const auto* common_name = reinterpret_cast<const unsigned char*>(name.c_str());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer_certificate, x, nullptr, nullptr, 0);
  const bool named = X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
                     set_times(x, now, issuer ? X509_get0_notAfter(issuer_certificate) : nullptr) &&
                     X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
                     add_unit(subject, made_for) &&
                     X509_set_issuer_name(x, X509_get_subject_name(issuer_certificate)) == 1 &&
                     X509_set_pubkey(x, out.key.get()) == 1;
  const auto add = [&](int what, const std::string& value) {
    return add_extension(x, &context, what, value);
  };
  const bool complete = named && add(NID_subject_key_identifier, "hash") &&
                        (issuer ? add(NID_basic_constraints, "critical,CA:FALSE") &&
                                      add(NID_key_usage, "critical,digitalSignature") &&
                                      add(NID_ext_key_usage, "serverAuth,clientAuth") &&
                                      add(NID_subject_alt_name, alternative_name(name)) &&
                                      add(NID_authority_key_identifier, "keyid")
                                : add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                                      add(NID_key_usage, "critical,keyCertSign,cRLSign"));
  if (!complete || X509_sign(x, issuer ? issuer->key.get() : out.key.get(), EVP_sha256()) == 0)
    return openssl_failed("make a certificate");
  return out;
}

/// The key first: a certificate without its key is worse than a key that nobody knows.
result<void> write_identity(const key_pair& what, const fs::path& certificate, const fs::path& key) {
  const auto key_text = write_key(what.key.get());
  const auto certificate_text = write_certificate(what.certificate.get());
  if (!key_text || certificate_text.empty())
    return openssl_failed("write PEM");
  if (auto written = write_private_file(key, content_of(key_text.get()), existing_file::refuse); !written)
    return written;
  auto written = write_private_file(certificate, as_bytes(certificate_text), existing_file::refuse);
  if (!written)
    ::unlink(key.c_str());
  return written;
}

result<key_pair> read_ca(const fs::path& certificate, const fs::path& key, std::int64_t now) {
  const auto unusable = [&](const std::string& why) {
    return fail(errc::corrupt, certificate.string() + " and " + key.string() + ": " + why +
                                   "; choose a new folder, which makes a new CA for all nodes");
  };
  auto certificate_pem = read_small_file(certificate, pem_bytes_max);
  auto key_pem = read_small_file(key, pem_bytes_max);
  if (!certificate_pem || !key_pem)
    return unusable("the CA's certificate and key must both be there and readable (" +
                    (certificate_pem ? key_pem.error() : certificate_pem.error()).detail + ")");
  auto problem = key_problem::none;
  key_pair out{read_key(*key_pem, problem), nullptr};
  wipe(*key_pem);
  auto certificates = read_certificates(*certificate_pem);
  if (!out.key || certificates.size() != 1)
    return unusable("not one certificate and one key without passphrase, in PEM");
  out.certificate = std::move(certificates.front());
  if (X509_check_private_key(out.certificate.get(), out.key.get()) != 1)
    return unusable("the key is not the certificate's");
  if (X509_check_ca(out.certificate.get()) != 1)
    return unusable("the certificate is not a CA's");
  auto when = static_cast<std::time_t>(now);
  if (X509_cmp_time(X509_get0_notAfter(out.certificate.get()), &when) <= 0)
    return unusable("the CA has expired");
  return out;
}

result<key_pair> find_or_make_ca(const fs::path& dir, std::int64_t now, made_certificates& told) {
  std::error_code ignored;
  const auto key = dir / "ca.key";
  told.ca = dir / "ca.pem";
  if (fs::exists(told.ca, ignored) || fs::exists(key, ignored))
    return read_ca(told.ca, key, now);
  auto ca = make_identity("Truckee CA", nullptr, now, role::any);
  if (!ca)
    return ca;
  if (auto written = write_identity(*ca, told.ca, key); !written)
    return tl::unexpected<error>(written.error());
  told.ca_is_new = true;
  return ca;
}

} // namespace

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

result<made_certificates> make_certificates(const fs::path& dir, const std::vector<std::string>& names,
                                            std::int64_t now, role made_for) {
  if (auto good = check_names(names); !good)
    return tl::unexpected<error>(good.error());
  if (auto ready = prepare_folder(dir); !ready)
    return tl::unexpected<error>(ready.error());
  made_certificates out;
  std::error_code ignored;
  for (const auto& name : names) {
    out.nodes.push_back({name, dir / (name + ".pem"), dir / (name + ".key"), {}});
    for (const auto& path : {out.nodes.back().certificate, out.nodes.back().key})
      if (fs::exists(fs::symlink_status(path, ignored)))
        return fail(errc::refused,
                    path.string() + ": exists already and is not overwritten; nothing was made");
  }
  const auto ca = find_or_make_ca(dir, now, out);
  if (!ca)
    return tl::unexpected<error>(ca.error());
  for (auto& node : out.nodes) {
    const auto made = make_identity(node.name, &*ca, now, made_for);
    if (!made)
      return tl::unexpected<error>(made.error());
    if (auto written = write_identity(*made, node.certificate, node.key); !written)
      return tl::unexpected<error>(written.error());
    node.key_pin = identity_of(made->certificate.get()).key;
  }
  return out;
}

} // namespace truckee::tls
