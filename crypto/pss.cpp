#include "truckee/crypto/pss.hpp"

#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>

namespace truckee::crypto {

namespace {

constexpr std::size_t hash_size = hash256::size;
constexpr std::size_t masked_size = signature_size - hash_size - 1;

/// XORs MGF1(seed) onto `out`.
void apply_mask(const hash256& seed, mutable_byte_view out) {
  for (std::uint32_t counter = 0; !out.empty(); ++counter) {
    std::array<std::byte, 4> number;
    store_be(number, counter);
    const auto mask = sha256({seed.view(), number});
    const auto part = std::min(out.size(), hash_size);
    for (std::size_t i = 0; i < part; ++i)
      out[i] ^= mask.data[i];
    out = out.subspan(part);
  }
}

} // namespace

std::array<std::byte, signature_size> pss_encode(byte_view message, const pss_salt& salt) {
  constexpr std::array<std::byte, 8> zeros{};
  const auto message_hash = sha256({message});
  const auto hash = sha256({zeros, message_hash.view(), salt.view()});

  // zeros, 01, salt, all masked; then the hash; then bc. The top bit is cleared: the modulus has 2048 bits,
  // this 2047.
  std::array<std::byte, signature_size> out{};
  const auto block = mutable_byte_view(out).first(masked_size);
  block[masked_size - pss_salt::size - 1] = std::byte{1};
  std::memcpy(block.data() + masked_size - pss_salt::size, salt.data.data(), pss_salt::size);
  apply_mask(hash, block);
  out[0] &= std::byte{0x7f};
  std::memcpy(out.data() + masked_size, hash.data.data(), hash_size);
  out.back() = std::byte{0xbc};
  return out;
}

std::optional<pss_salt> pss_salt_of(byte_view message, byte_view encoded) {
  if (encoded.size() != signature_size)
    return std::nullopt;
  bytes block = to_bytes(encoded.first(masked_size));
  hash256 hash;
  std::memcpy(hash.data.data(), encoded.data() + masked_size, hash_size);
  apply_mask(hash, block);
  pss_salt salt;
  std::memcpy(salt.data.data(), block.data() + masked_size - pss_salt::size, pss_salt::size);
  // There is one encoding for each message and salt, so that making it again checks every byte.
  if (!equal(pss_encode(message, salt), encoded))
    return std::nullopt;
  return salt;
}

} // namespace truckee::crypto
