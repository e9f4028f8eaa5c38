#include "truckee/crypto/rsa_integers.hpp"

#include "truckee/crypto/der.hpp"

namespace truckee::crypto {

namespace {

constexpr std::size_t modulus_bytes = 256;

bool is_zero(const std::optional<byte_view>& integer) {
  return integer && integer->size() == 1 && integer->front() == std::byte{0};
}

} // namespace

std::optional<rsa_integers> read_spki(byte_view der) {
  der::reader outer(der);
  auto info = outer.sequence();
  if (!info || !outer.at_end() || !der::read_rsa_algorithm(*info))
    return std::nullopt;
  const auto bits = info->value(der::tag::bit_string);
  if (!bits || !info->at_end() || bits->empty() || bits->front() != std::byte{0})
    return std::nullopt;
  der::reader key_outer(bits->subspan(1));
  auto key = key_outer.sequence();
  if (!key || !key_outer.at_end())
    return std::nullopt;
  const auto modulus = key->unsigned_integer();
  const auto exponent = key->unsigned_integer();
  if (!modulus || !exponent || !key->at_end())
    return std::nullopt;
  return rsa_integers{*modulus, *exponent, {}, {}, {}, {}, {}, {}};
}

std::optional<rsa_integers> read_pkcs8(byte_view der) {
  der::reader outer(der);
  auto info = outer.sequence();
  if (!info || !outer.at_end() || !is_zero(info->unsigned_integer()) || !der::read_rsa_algorithm(*info))
    return std::nullopt;
  const auto wrapped = info->value(der::tag::octet_string);
  if (!wrapped || !info->at_end())
    return std::nullopt;
  der::reader key_outer(*wrapped);
  auto key = key_outer.sequence();
  if (!key || !key_outer.at_end() || !is_zero(key->unsigned_integer()))
    return std::nullopt;
  std::array<byte_view, 8> integers;
  for (auto& integer : integers) {
    const auto next = key->unsigned_integer();
    if (!next)
      return std::nullopt;
    integer = *next;
  }
  if (!key->at_end())
    return std::nullopt;
  return rsa_integers{integers[0], integers[1], integers[2], integers[3],
                      integers[4], integers[5], integers[6], integers[7]};
}

std::string find_fault(const rsa_integers& key) {
  if (key.modulus.size() != modulus_bytes || static_cast<unsigned>(key.modulus[0]) < 0x80)
    return "the modulus must have 2048 bits, this one has about " + std::to_string(key.modulus.size() * 8);
  if ((static_cast<unsigned>(key.modulus.back()) & 1) == 0)
    return "the modulus is even";
  const auto e = key.public_exponent;
  const bool usual = e.size() == 3 && load_be<std::uint16_t>(e) == 0x0100 && e[2] == std::byte{1};
  const bool oldest = e.size() == 1 && e[0] == std::byte{17};
  if (!usual && !oldest)
    return "the public exponent must be 65537 or 17";
  return {};
}

} // namespace truckee::crypto
