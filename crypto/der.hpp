#pragma once

#include "truckee/base/bytes.hpp"

/// The little of DER that RSA keys need, read strictly: definite lengths in their shortest form, integers in
/// theirs.
namespace truckee::crypto::der {

/// The first byte of an element: its kind.
enum class tag : std::uint8_t {
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  null = 0x05,
  object_identifier = 0x06,
  sequence = 0x30,
};

/// Reads values one after the other. Nothing is copied; views point into the input.
class reader {
public:
  explicit reader(byte_view from) : rest_(from) {}

  bool at_end() const { return rest_.empty(); }
  /// The content of the next value, if it has this tag and is well formed.
  std::optional<byte_view> value(tag expected);
  /// The next value as a sequence.
  std::optional<reader> sequence();
  /// The next value as a non-negative integer, big endian, without its sign byte; zero has one zero byte.
  std::optional<byte_view> unsigned_integer();

private:
  byte_view rest_;
};

/// rsaEncryption with NULL parameters, as a whole AlgorithmIdentifier.
bool read_rsa_algorithm(reader& from);

/// A SubjectPublicKeyInfo of an RSA key, from big-endian integers without sign byte.
bytes write_rsa_public_key(byte_view modulus, byte_view exponent);

} // namespace truckee::crypto::der
