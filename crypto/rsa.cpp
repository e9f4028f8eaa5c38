#include "truckee/crypto/rsa.hpp"

#include "truckee/crypto/der.hpp"
#include "truckee/crypto/openssl_keys.hpp"
#include "truckee/crypto/pss.hpp"
#include "truckee/crypto/rsa_integers.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

namespace truckee::crypto {

namespace {

constexpr std::size_t key_bits = 2048;

using big_number = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using scratch_numbers = std::unique_ptr<BN_CTX, freed_by<BN_CTX_free>>;

const unsigned char* raw(byte_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}
unsigned char* raw_out(mutable_byte_view data) {
  return reinterpret_cast<unsigned char*>(data.data());
}

big_number to_number(byte_view magnitude) {
  return big_number(BN_bin2bn(raw(magnitude), static_cast<int>(magnitude.size()), nullptr));
}

tl::unexpected<error> bad_key(std::string_view which, std::string_view what) {
  return fail(errc::malformed, std::string(which) + " key: " + std::string(what));
}

struct named_integer {
  const char* name;
  byte_view value;
};

/// Hands integers to OpenSSL: 30 times faster than its own DER decoders. The copies it reads from are wiped.
key_handle make_key(std::span<const named_integer> integers, int selection) {
  std::vector<bytes> native(integers.size());
  std::vector<OSSL_PARAM> params;
  bool good = true;
  for (std::size_t i = 0; i < integers.size(); ++i) {
    const auto& [name, value] = integers[i];
    const auto number = to_number(value);
    auto& copy = native[i];
    copy.resize(value.size());
    good = good && number && BN_bn2nativepad(number.get(), raw_out(copy), static_cast<int>(copy.size())) > 0;
    params.push_back(OSSL_PARAM_construct_BN(name, raw_out(copy), copy.size()));
  }
  params.push_back(OSSL_PARAM_construct_end());
  const key_context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  good = good && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
         EVP_PKEY_fromdata(context.get(), &key, selection, params.data()) == 1;
  for (auto& copy : native)
    wipe(copy);
  return key_handle(good ? key : nullptr);
}

/// A private key whose parts contradict each other would sign garbage; the product is the cheap proof.
bool primes_make_modulus(const rsa_integers& key) {
  const scratch_numbers scratch(BN_CTX_new());
  const auto p = to_number(key.prime_1);
  const auto q = to_number(key.prime_2);
  const auto n = to_number(key.modulus);
  const big_number product(BN_new());
  return scratch && p && q && n && product && BN_mul(product.get(), p.get(), q.get(), scratch.get()) == 1 &&
         BN_cmp(product.get(), n.get()) == 0;
}

key_handle make_private(const rsa_integers& key) {
  const std::array<named_integer, 8> named{{
      {OSSL_PKEY_PARAM_RSA_N, key.modulus},
      {OSSL_PKEY_PARAM_RSA_E, key.public_exponent},
      {OSSL_PKEY_PARAM_RSA_D, key.private_exponent},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, key.prime_1},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, key.prime_2},
      {OSSL_PKEY_PARAM_RSA_EXPONENT1, key.exponent_1},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, key.exponent_2},
      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key.coefficient},
  }};
  return make_key(named, EVP_PKEY_KEYPAIR);
}

} // namespace

struct public_key::state {
  bytes der;
  key_handle key;
};

struct private_key::state {
  bytes der;
  key_handle key;
  public_key half;

  state(bytes der_bytes, key_handle handle, public_key half_key)
    : der(std::move(der_bytes)), key(std::move(handle)), half(std::move(half_key)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { wipe(der); }
};

result<public_key> public_key::from_der(byte_view spki) {
  const auto integers = read_spki(spki);
  if (!integers)
    return bad_key("public", "not the DER of an RSA SubjectPublicKeyInfo");
  if (const auto fault = find_fault(*integers); !fault.empty())
    return bad_key("public", fault);
  const std::array<named_integer, 2> named{
      {{OSSL_PKEY_PARAM_RSA_N, integers->modulus}, {OSSL_PKEY_PARAM_RSA_E, integers->public_exponent}}};
  auto key = make_key(named, EVP_PKEY_PUBLIC_KEY);
  if (!key)
    return bad_key("public", "OpenSSL does not accept its integers");
  return public_key(std::make_shared<const state>(state{to_bytes(spki), std::move(key)}));
}

byte_view public_key::der() const {
  return state_->der;
}

bool public_key::verify(byte_view message, byte_view signed_bytes) const {
  if (signed_bytes.size() != signature_size)
    return false;
  const digest_context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_options = nullptr; // owned by the context
  return context &&
         EVP_DigestVerifyInit_ex(context.get(), &key_options, "SHA256", nullptr, nullptr, state_->key.get(),
                                 nullptr) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(key_options, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(key_options, static_cast<int>(pss_salt::size)) == 1 &&
         EVP_DigestVerify(context.get(), raw(signed_bytes), signed_bytes.size(), raw(message),
                          message.size()) == 1;
}

std::optional<pss_salt> public_key::salt_of(byte_view message, byte_view signed_bytes) const {
  const key_context context(EVP_PKEY_CTX_new_from_pkey(nullptr, state_->key.get(), nullptr));
  std::array<std::byte, signature_size> encoded{};
  std::size_t length = encoded.size();
  if (signed_bytes.size() != signature_size || !context || EVP_PKEY_verify_recover_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1 ||
      EVP_PKEY_verify_recover(context.get(), raw_out(encoded), &length, raw(signed_bytes),
                              signed_bytes.size()) != 1 ||
      length != encoded.size())
    return std::nullopt;
  return pss_salt_of(message, encoded);
}

result<private_key> private_key::from_der(byte_view pkcs8) {
  const auto integers = read_pkcs8(pkcs8);
  if (!integers)
    return bad_key("private", "not the DER of an RSA PKCS#8 PrivateKeyInfo");
  if (const auto fault = find_fault(*integers); !fault.empty())
    return bad_key("private", fault);
  if (!primes_make_modulus(*integers))
    return bad_key("private", "its primes do not make its modulus");
  auto half = public_key::from_der(der::write_rsa_public_key(integers->modulus, integers->public_exponent));
  if (!half)
    return tl::unexpected(half.error());
  auto key = make_private(*integers);
  if (!key)
    return bad_key("private", "OpenSSL does not accept its integers");
  return private_key(std::make_shared<const state>(to_bytes(pkcs8), std::move(key), std::move(*half)));
}

result<private_key> private_key::generate() {
  const key_handle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", key_bits));
  if (!key)
    return fail(errc::internal, "OpenSSL could not make an RSA key");
  return from_openssl(*key);
}

result<private_key> from_openssl(const EVP_PKEY& key) {
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, freed_by<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(&key));
  unsigned char* encoded = nullptr;
  const int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &encoded) : -1;
  if (length <= 0)
    return fail(errc::internal, "OpenSSL could not write an RSA key");
  const auto size = static_cast<std::size_t>(length);
  auto out = private_key::from_der(std::as_bytes(std::span(encoded, size)));
  OPENSSL_clear_free(encoded, size);
  // The first signature prepares what all others use: a key is often made long before it is needed. And false numbers
  // behind the primes show.
  if (out)
    if (const auto tried = out->sign({}, {}); !tried)
      return tl::unexpected(tried.error());
  return out;
}

byte_view private_key::der() const {
  return state_->der;
}
const public_key& private_key::public_half() const {
  return state_->half;
}

result<signature> private_key::sign(byte_view message, const pss_salt& salt) const {
  const auto padded = pss_encode(message, salt);
  const key_context context(EVP_PKEY_CTX_new_from_pkey(nullptr, state_->key.get(), nullptr));
  signature out;
  std::size_t length = signature_size;
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1 ||
      EVP_PKEY_sign(context.get(), raw_out(out.view()), &length, raw(padded), padded.size()) != 1 ||
      length != signature_size)
    return fail(errc::internal, "OpenSSL could not sign with this key");
  // The numbers behind the primes are not looked at when a key is read: false ones make false signatures.
  if (!state_->half.verify(message, out.view()))
    return fail(errc::malformed, "private key: its public half refuses what it signs");
  return out;
}

file_keys::file_keys(private_key from)
  : signing(std::move(from)), write(derive_write_key(signing.der())), read(derive_read_key(write)),
    slot(derive_storage_index(read)), fingerprint(derive_fingerprint(signing.public_half().der())) {}

} // namespace truckee::crypto
