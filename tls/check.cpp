#include "truckee/tls/check.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee::tls {

namespace {

using namespace ssl;
namespace fs = std::filesystem;

constexpr const char* make_new = "`truckee certs DIR NAME` makes a CA and certificates";

tl::unexpected<error> bad(const fs::path& file, const std::string& why) {
  return fail(errc::configuration, "TLS: " + file.string() + ": " + why);
}

result<bytes> read(const char* role, const fs::path& file) {
  if (file.empty())
    return fail(errc::configuration, std::string{"TLS: no "} + role + " is given. " + make_new);
  auto content = read_small_file(file, pem_bytes_max);
  if (!content)
    return fail(errc::configuration,
                "TLS: the " + std::string{role} + " " + content.error().detail +
                    (content.error().code == errc::not_found ? std::string{". "} + make_new : ""));
  return content;
}

result<std::vector<certificate_ptr>> certificates_of(const char* role, const fs::path& file) {
  const auto pem = read(role, file);
  if (!pem)
    return tl::unexpected<error>(pem.error());
  auto out = read_certificates(*pem);
  if (out.empty())
    return bad(file, std::string{"is not the "} + role + " in PEM (-----BEGIN CERTIFICATE-----)");
  return out;
}

result<key_ptr> private_key_of(const fs::path& file) {
  auto pem = read("key", file);
  if (!pem)
    return tl::unexpected<error>(pem.error());
  auto problem = key_problem::none;
  auto out = read_key(*pem, problem);
  wipe(*pem);
  if (problem == key_problem::encrypted)
    return bad(file,
               "is encrypted, and nobody can be asked for its passphrase; decrypt it with `openssl pkey`");
  if (!out)
    return bad(file, "is not a private key in PEM (-----BEGIN PRIVATE KEY-----)");
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || !is_private(info.st_mode, info.st_uid, ::geteuid()))
    return bad(file, "other users may read this key; run: chmod 600 " + file.string());
  return out;
}

std::string advice(int problem) {
  switch (problem) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return std::string{"has expired. "} + make_new;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "is not valid yet; is this machine's clock right?";
  case X509_V_ERR_INVALID_PURPOSE:
    return "is not for both sides of TLS (extended key usage serverAuth and clientAuth)";
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return "is not signed by the CA; all nodes' certificates come from one CA";
  default:
    return X509_verify_cert_error_string(problem);
  }
}

/// 0, or OpenSSL's code for why the chain does not hold. `purpose`: an X509_PURPOSE.
int verify(const std::vector<certificate_ptr>& chain, X509_STORE* trusted, int purpose, std::int64_t now,
           bool& at_leaf) {
  const std::unique_ptr<STACK_OF(X509), freed_by<[](STACK_OF(X509) * s) { sk_X509_free(s); }>> others{
      sk_X509_new_null()};
  for (std::size_t i = 1; i < chain.size(); ++i)
    sk_X509_push(others.get(), chain[i].get());
  const std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> context{X509_STORE_CTX_new()};
  if (!context || X509_STORE_CTX_init(context.get(), trusted, chain.front().get(), others.get()) != 1 ||
      X509_STORE_CTX_set_purpose(context.get(), purpose) != 1)
    return X509_V_ERR_OUT_OF_MEM;
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(now));
  if (X509_verify_cert(context.get()) == 1)
    return 0;
  at_leaf = X509_STORE_CTX_get_error_depth(context.get()) == 0;
  const int problem = X509_STORE_CTX_get_error(context.get());
  return problem == 0 ? X509_V_ERR_UNSPECIFIED : problem;
}

/// The certificate and its chain, once its key is seen to fit.
result<std::vector<certificate_ptr>> identity_of(const fs::path& certificate, const fs::path& key) {
  auto chain = certificates_of("certificate", certificate);
  if (!chain)
    return chain;
  const auto own_key = private_key_of(key);
  if (!own_key)
    return tl::unexpected<error>(own_key.error());
  if (X509_check_private_key(chain->front().get(), own_key->get()) != 1) {
    last_error();
    return bad(key, "is not the key of the certificate " + certificate.string());
  }
  return chain;
}

} // namespace

bool is_private(unsigned mode, unsigned owner, unsigned self) {
  const bool given_by_root = owner == 0 && self != 0;
  return (mode & (given_by_root ? 0037U : 0077U)) == 0;
}

result<void> check_node_files(const node_files& files, std::int64_t now) {
  const auto trusted = certificates_of("CA", files.ca);
  if (!trusted)
    return tl::unexpected<error>(trusted.error());
  const auto chain = identity_of(files.certificate, files.key);
  if (!chain)
    return tl::unexpected<error>(chain.error());
  const std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>> store{X509_STORE_new()};
  for (const auto& each : *trusted)
    if (!store || X509_STORE_add_cert(store.get(), each.get()) != 1)
      return bad(files.ca, "OpenSSL does not take it: " + last_error());
  for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    bool at_leaf = true;
    if (const int problem = verify(*chain, store.get(), purpose, now, at_leaf)) {
      last_error();
      return bad(at_leaf ? files.certificate : files.ca, advice(problem));
    }
  }
  return {};
}

result<void> check_server_files(const server_files& files, std::int64_t now) {
  const auto chain = identity_of(files.certificate, files.key);
  if (!chain)
    return tl::unexpected<error>(chain.error());
  auto* leaf = chain->front().get();
  auto at = static_cast<std::time_t>(now);
  if (X509_cmp_time(X509_get0_notAfter(leaf), &at) < 0)
    return bad(files.certificate, advice(X509_V_ERR_CERT_HAS_EXPIRED));
  if (X509_cmp_time(X509_get0_notBefore(leaf), &at) > 0)
    return bad(files.certificate, advice(X509_V_ERR_CERT_NOT_YET_VALID));
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
    return bad(files.certificate, "is not for a server (extended key usage serverAuth)");
  if (files.client_ca.empty())
    return {};
  const auto callers = certificates_of("CA of clients", files.client_ca);
  return callers ? result<void>{} : tl::unexpected<error>(callers.error());
}

} // namespace truckee::tls
