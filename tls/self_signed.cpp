#include "truckee/tls/self_signed.hpp"

#include "truckee/tls/openssl_handles.hpp"
#include "truckee/tls/tub_id.hpp"

#include <openssl/rsa.h>

namespace truckee::tls {

using namespace ssl;

namespace {

constexpr int rsa_bits = 2048;
// Nobody looks, but a browser that is tried may.
constexpr long self_signed_since = -86'400;
constexpr long self_signed_for = 36'500L * 86'400;

bool sign(X509* x, EVP_PKEY* key) {
  const auto* name = reinterpret_cast<const unsigned char*>("newpb_thingy");
  auto* subject = X509_get_subject_name(x);
  return X509_set_version(x, X509_VERSION_1) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(x), self_signed_since) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(x), self_signed_for) != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1 &&
         X509_sign(x, key, EVP_sha256()) != 0;
}

} // namespace

result<self_signed> make_self_signed() {
  const key_ptr key{EVP_RSA_gen(rsa_bits)};
  const certificate_ptr certificate{X509_new()};
  if (!key || !certificate || !sign(certificate.get(), key.get()))
    return fail(errc::internal, "OpenSSL cannot make a key and a certificate: " + last_error());
  const auto secret = write_key(key.get());
  if (!secret)
    return fail(errc::internal, "OpenSSL cannot write a key: " + last_error());
  const auto id = tub_id_of(certificate.get());
  if (!id)
    return fail(errc::internal, "OpenSSL makes no SHA-1 of a certificate: " + last_error());
  self_signed out{{}, identity_of(certificate.get()).key, *id};
  const auto text = as_text(content_of(secret.get()));
  const auto open = write_certificate(certificate.get());
  out.pem.reserve(text.size() + open.size());
  out.pem.append(text).append(open);
  return out;
}

result<self_signed> read_self_signed(byte_view pem) {
  auto problem = key_problem::none;
  const auto key = read_key(pem, problem);
  const auto certificates = read_certificates(pem);
  if (!key || certificates.size() != 1 ||
      X509_check_private_key(certificates.front().get(), key.get()) != 1) {
    last_error(); // and clears OpenSSL's queue
    return fail(errc::configuration, problem == key_problem::encrypted
                                         ? "the key is encrypted; expected one without passphrase"
                                         : "expected one key and its certificate, in PEM");
  }
  const auto* x = certificates.front().get();
  const auto id = tub_id_of(x);
  if (!id)
    return fail(errc::internal, "OpenSSL makes no SHA-1 of a certificate: " + last_error());
  return self_signed{secret_text(as_text(pem)), identity_of(x).key, *id};
}

} // namespace truckee::tls
