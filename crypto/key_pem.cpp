#include "truckee/crypto/openssl_keys.hpp"
#include "truckee/crypto/rsa.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace truckee::crypto {

namespace {

using memory_stream = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using pkcs8_info = std::unique_ptr<PKCS8_PRIV_KEY_INFO, freed_by<PKCS8_PRIV_KEY_INFO_free>>;

/// One "-----BEGIN LABEL-----" to its end. What OpenSSL decoded is wiped with it.
class pem_block {
public:
  /// The next one; nothing where there is none, or it is broken (then `broken` is set).
  static std::optional<pem_block> next(BIO& from, bool& broken) {
    pem_block out;
    const unsigned flags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
    if (PEM_read_bio_ex(&from, &out.label_, &out.header_, &out.data_, &out.size_, flags) == 1)
      return out;
    broken = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    return std::nullopt;
  }
  pem_block(pem_block&& from) noexcept
    : label_(std::exchange(from.label_, nullptr)), header_(std::exchange(from.header_, nullptr)),
      data_(std::exchange(from.data_, nullptr)), size_(std::exchange(from.size_, 0)) {}
  pem_block& operator=(pem_block&&) = delete;
  ~pem_block() {
    const auto let_go = [](auto* part, std::size_t size) { OPENSSL_secure_clear_free(part, size); };
    let_go(label_, 0);
    let_go(header_, 0);
    let_go(data_, static_cast<std::size_t>(size_));
  }

  std::string_view label() const { return label_; }
  bool is_private_key() const { return label().ends_with("PRIVATE KEY"); }
  bool is_encrypted() const {
    return label() == "ENCRYPTED PRIVATE KEY" ||
           std::string_view(header_).find("ENCRYPTED") != std::string_view::npos;
  }
  const unsigned char* data() const { return data_; }
  long size() const { return size_; }

private:
  pem_block() = default;
  char* label_ = nullptr;
  char* header_ = nullptr;
  unsigned char* data_ = nullptr;
  long size_ = 0;
};

tl::unexpected<error> no_key(std::string why) {
  return fail(errc::malformed, std::move(why) + "; expected one RSA private key of 2048 bits in PEM, not "
                                                "encrypted: \"-----BEGIN RSA PRIVATE KEY-----\" (PKCS#1) or "
                                                "\"-----BEGIN PRIVATE KEY-----\" (PKCS#8)");
}

/// Why this block is no key that anybody could take.
std::string fault_of(const pem_block& block) {
  if (block.is_encrypted())
    return "the private key is encrypted; write it without its passphrase first (`openssl pkey -in FILE "
           "-out NEW`, after umask 077)";
  if (block.label() == "OPENSSH PRIVATE KEY")
    return "the private key is in OpenSSH's own form; `ssh-keygen -p -m PEM -f FILE` rewrites it as PEM";
  if (block.label() != "RSA PRIVATE KEY" && block.label() != "PRIVATE KEY")
    return "the private key is not an RSA key";
  return {};
}

key_handle key_in(const pem_block& block) {
  const auto* at = block.data();
  const auto* end = at + block.size();
  key_handle out;
  if (block.label() == "RSA PRIVATE KEY") {
    out.reset(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, block.size()));
  } else {
    const pkcs8_info info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, block.size()));
    out.reset(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  }
  ERR_clear_error();
  return at == end ? std::move(out) : nullptr;
}

} // namespace

result<private_key> private_key::from_pem(std::string_view text) {
  if (text.size() > pem_bytes_max)
    return no_key("it is longer than any private key");
  const memory_stream stream(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); // no copy
  if (!stream)
    return fail(errc::internal, "OpenSSL has no memory to read a key");
  std::optional<pem_block> found;
  bool broken = false;
  bool has_public_key = false;
  while (auto block = pem_block::next(*stream, broken)) {
    has_public_key = has_public_key || block->label().ends_with("PUBLIC KEY");
    if (!block->is_private_key())
      continue; // a certificate beside its key, say
    if (found)
      return no_key("there is more than one private key");
    found.emplace(std::move(*block));
  }
  if (broken)
    return no_key("it is PEM, but a part of it is cut off or damaged");
  if (!found)
    return no_key(has_public_key
                      ? "there is only a public key: with that alone a file can be neither made nor written"
                      : "there is no PEM private key");
  if (auto fault = fault_of(*found); !fault.empty())
    return no_key(std::move(fault));
  const auto key = key_in(*found);
  if (!key)
    return no_key("the private key is PEM, and no DER of a private key is in it");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return no_key("the private key is not an RSA key");
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits != 2048)
    return no_key("the private key has " + std::to_string(bits) + " bits");
  return from_openssl(*key);
}

} // namespace truckee::crypto
