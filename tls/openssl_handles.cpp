#include "truckee/tls/openssl_handles.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace truckee::tls::ssl {

namespace {

bio_ptr reading(byte_view text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Called when a key is encrypted; there is nobody to ask.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

} // namespace

std::vector<certificate_ptr> read_certificates(byte_view pem) {
  std::vector<certificate_ptr> out;
  const auto in = reading(pem);
  if (!in)
    return out;
  while (auto* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr))
    out.emplace_back(next);
  // The end of the text is an error to OpenSSL too; any other means that a certificate was broken.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    out.clear();
  ERR_clear_error();
  return out;
}

std::string write_certificate(X509* certificate) {
  const bio_ptr out{BIO_new(BIO_s_mem())};
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1)
    return {};
  return std::string{as_text(content_of(out.get()))};
}

key_ptr read_key(byte_view pem, key_problem& problem) {
  problem = key_problem::none;
  bool encrypted = false;
  const auto in = reading(pem);
  key_ptr out{in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, &encrypted) : nullptr};
  ERR_clear_error();
  if (!out)
    problem = encrypted ? key_problem::encrypted : key_problem::unreadable;
  return out;
}

bio_ptr write_key(EVP_PKEY* key) {
  bio_ptr out{BIO_new(BIO_s_secmem())};
  if (!out || PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return nullptr;
  return out;
}

byte_view content_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return as_bytes({data, static_cast<std::size_t>(size)});
}

std::string last_error() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string out{reason ? reason : "no reason given"};
  ERR_clear_error();
  return out;
}

} // namespace truckee::tls::ssl
