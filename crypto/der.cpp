#include "truckee/crypto/der.hpp"

namespace truckee::crypto::der {

namespace {

/// 1.2.840.113549.1.1.1
constexpr std::array<std::byte, 9> rsa_encryption{std::byte{0x2a}, std::byte{0x86}, std::byte{0x48},
                                                  std::byte{0x86}, std::byte{0xf7}, std::byte{0x0d},
                                                  std::byte{0x01}, std::byte{0x01}, std::byte{0x01}};

/// No key has more than two bytes of length, and no value here more than 64 KiB.
constexpr std::size_t length_bytes_max = 2;

void append(bytes& to, byte_view what) {
  to.insert(to.end(), what.begin(), what.end());
}

bytes with_header(tag kind, byte_view content) {
  bytes out{static_cast<std::byte>(kind)};
  const auto length = content.size();
  if (length >= 0x100)
    append(out, std::array{std::byte{0x82}, static_cast<std::byte>(length >> 8)});
  else if (length >= 0x80)
    out.push_back(std::byte{0x81});
  out.push_back(static_cast<std::byte>(length & 0xff));
  append(out, content);
  return out;
}

bytes integer(byte_view magnitude) {
  bytes content;
  if (static_cast<unsigned>(magnitude.front()) >= 0x80)
    content.push_back(std::byte{0});
  append(content, magnitude);
  return with_header(tag::integer, content);
}

} // namespace

std::optional<byte_view> reader::value(tag expected) {
  if (rest_.size() < 2 || rest_[0] != static_cast<std::byte>(expected))
    return std::nullopt;
  auto length = static_cast<std::size_t>(rest_[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    const auto count = length & 0x7f;
    if (count == 0 || count > length_bytes_max || rest_.size() < 2 + count)
      return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i)
      length = length << 8 | static_cast<std::size_t>(rest_[2 + i]);
    if (length < (count == 1 ? 0x80U : 0x100U)) // a shorter form exists
      return std::nullopt;
    header += count;
  }
  if (length > rest_.size() - header)
    return std::nullopt;
  const auto content = rest_.subspan(header, length);
  rest_ = rest_.subspan(header + length);
  return content;
}

std::optional<reader> reader::sequence() {
  const auto content = value(tag::sequence);
  if (!content)
    return std::nullopt;
  return reader(*content);
}

std::optional<byte_view> reader::unsigned_integer() {
  const auto content = value(tag::integer);
  if (!content || content->empty())
    return std::nullopt;
  const auto first = static_cast<unsigned>((*content)[0]);
  if (first >= 0x80)
    return std::nullopt; // negative
  if (first != 0 || content->size() == 1)
    return *content;
  if (static_cast<unsigned>((*content)[1]) < 0x80)
    return std::nullopt; // a sign byte that is not needed
  return content->subspan(1);
}

bool read_rsa_algorithm(reader& from) {
  auto algorithm = from.sequence();
  if (!algorithm)
    return false;
  const auto name = algorithm->value(tag::object_identifier);
  if (!name || !equal(*name, rsa_encryption))
    return false;
  const auto parameters = algorithm->value(tag::null);
  return parameters && parameters->empty() && algorithm->at_end();
}

bytes write_rsa_public_key(byte_view modulus, byte_view exponent) {
  bytes algorithm = with_header(tag::object_identifier, rsa_encryption);
  append(algorithm, with_header(tag::null, {}));
  bytes key = integer(modulus);
  append(key, integer(exponent));
  bytes bits{std::byte{0}}; // no unused bits
  append(bits, with_header(tag::sequence, key));
  bytes both = with_header(tag::sequence, algorithm);
  append(both, with_header(tag::bit_string, bits));
  return with_header(tag::sequence, both);
}

} // namespace truckee::crypto::der
