#include "truckee/crypto/aes_ctr.hpp"

#include "truckee/crypto/algorithms.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace truckee::crypto {

namespace {

/// Fetched once, immutable, shared by all threads.
const EVP_CIPHER* aes_method() {
  static const EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  if (method == nullptr)
    throw algorithm_failure("AES-128-CTR");
  return method;
}

/// EVP_EncryptUpdate counts in int; whole blocks keep its fast path.
constexpr std::size_t update_bytes_max = std::size_t{1} << 30;

} // namespace

struct aes_ctr::context {
  EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() { EVP_CIPHER_CTX_free(cipher); } // wipes the key schedule
};

aes_ctr::aes_ctr(byte_view key) : context_(std::make_unique<context>()) {
  constexpr std::array<unsigned char, 16> zero_counter{};
  if (context_->cipher == nullptr ||
      EVP_EncryptInit_ex2(context_->cipher, aes_method(), reinterpret_cast<const unsigned char*>(key.data()),
                          zero_counter.data(), nullptr) != 1)
    throw algorithm_failure("AES-128-CTR");
}

aes_ctr::~aes_ctr() = default;

void aes_ctr::apply(byte_view in, mutable_byte_view out) {
  if (in.size() != out.size())
    throw std::length_error("a cipher's input and output have one length");
  while (!in.empty()) {
    const auto part = std::min(in.size(), update_bytes_max);
    int written = 0;
    if (EVP_EncryptUpdate(context_->cipher, reinterpret_cast<unsigned char*>(out.data()), &written,
                          reinterpret_cast<const unsigned char*>(in.data()), static_cast<int>(part)) != 1)
      throw algorithm_failure("AES-128-CTR");
    in = in.subspan(part);
    out = out.subspan(part);
  }
}

} // namespace truckee::crypto
