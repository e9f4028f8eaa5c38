#include "truckee/crypto/tagged_hash.hpp"

#include "truckee/crypto/algorithms.hpp"

#include <charconv>
#include <memory>
#include <openssl/evp.h>

namespace truckee::crypto {

namespace {

struct free_context {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Fetched once: an implicit fetch would cost more than a short hash. Immutable, and so shared by all
/// threads.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (method == nullptr)
    throw algorithm_failure("SHA-256");
  return method;
}

/// One context a thread, always at its initial state between uses, so that nothing of a secret stays in it.
class hasher {
public:
  hasher() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex2(context_.get(), sha256_method(), nullptr) != 1)
      throw algorithm_failure("SHA-256");
  }

  void add(byte_view part) {
    if (EVP_DigestUpdate(context_.get(), part.data(), part.size()) != 1)
      throw algorithm_failure("SHA-256");
  }

  hash256 finish() {
    hash256 out;
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data.data()), &length) != 1 ||
        length != hash256::size || EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) != 1)
      throw algorithm_failure("SHA-256");
    return out;
  }

  hash256 finish_twice() {
    auto inner = finish();
    add(inner.view());
    wipe(inner.view());
    return finish();
  }

  /// The decimal length and ':' of a netstring; the value and "," follow.
  void add_length(std::size_t length) {
    std::array<char, 24> text;
    auto* end = std::to_chars(text.data(), text.data() + text.size() - 1, length).ptr;
    *end++ = ':';
    add(as_bytes({text.data(), static_cast<std::size_t>(end - text.data())}));
  }

  void add_netstring(byte_view value) {
    add_length(value.size());
    add(value);
    add(as_bytes(","));
  }

private:
  std::unique_ptr<EVP_MD_CTX, free_context> context_;
};

hasher& scratch() {
  thread_local hasher one;
  return one;
}

} // namespace

hash256 sha256(std::initializer_list<byte_view> parts) {
  auto& hash = scratch();
  for (const auto part : parts)
    hash.add(part);
  return hash.finish();
}

hash256 tagged_hash(std::string_view tag, byte_view value) {
  auto& hash = scratch();
  hash.add_netstring(as_bytes(tag));
  hash.add(value);
  return hash.finish_twice();
}

hash256 tagged_pair_hash(std::string_view tag, byte_view a, byte_view b) {
  auto& hash = scratch();
  hash.add_netstring(as_bytes(tag));
  hash.add_netstring(a);
  hash.add_netstring(b);
  return hash.finish_twice();
}

} // namespace truckee::crypto
