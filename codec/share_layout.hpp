#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/codec/encoding.hpp"
#include "truckee/codec/share_error.hpp"
#include "truckee/crypto/keys.hpp"

#include <span>

/// What the layouts of all share formats have in common: a signed prefix, a table of offsets, six parts.
namespace truckee::codec {

/// One entry of a share hash chain: a node number of 2 bytes and a hash.
inline constexpr std::size_t chain_entry_size = 34;

// What a part may measure. Tahoe-LAFS's keys have 292 or 294, and 1214 to 1219 bytes; what is far from that
// is no key, and nobody should be made to read gigabytes of it.
inline constexpr std::uint64_t public_key_size_max = 1024;
inline constexpr std::uint64_t private_key_size_max = 4096;

/// What the signature covers, in words.
struct share_header {
  sequence_number sequence;
  hash256 root_hash;
  crypto::version_salt salt; ///< of an SDMF version
  encoding shape;
  std::uint64_t segment_size = 0;
  std::uint64_t data_length = 0;
  friend bool operator==(const share_header&, const share_header&) = default;
};

/// Where a part of a share lies, from the share's first byte.
struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return offset + length; }
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// A share's header and the place of each part. What a format's parse_layout returns is consistent: parts in order,
/// lengths as the header asks, no sum overflows.
struct share_layout {
  share_header header;
  byte_range public_key;
  byte_range signature;
  byte_range share_hash_chain;
  byte_range block_hash_tree;
  byte_range share_data;
  byte_range encrypted_private_key;
  std::size_t prefix_length = 0;      ///< the first bytes, which the signature covers
  std::size_t checkstring_length = 0; ///< the first bytes, which name the version

  /// The length of the whole share by its own table. The stored bytes may be longer: an old tail stays
  /// behind.
  std::uint64_t length() const;
  /// `field` must be one of the six parts.
  const byte_range& range(share_field field) const;
  byte_range& range(share_field field);
};

/// Entries for the siblings on the way to the root; as many for each share.
std::uint64_t chain_length(encoding shape);

/// One part as the table of offsets has it: which offset ends it, and which lengths it may have.
struct part_row {
  share_field part;
  share_field end_field; ///< the offset that ends it
  std::uint64_t length_min;
  std::uint64_t length_max;
  std::uint64_t end; ///< that offset
};

/// Puts parts that lie one behind the other from `begin` on into `out`; the error names the offset that is wrong.
share_result<void> place_parts(share_layout& out, std::uint64_t begin, std::span<const part_row> rows);

/// What is said of every header: k and N can be, and the length is none beyond `length_max`.
share_result<void> check_header(const share_header& header, std::uint64_t length_max);

// -- fixed fields; the caller knows that the bytes are there --

template <class T>
T read_field(byte_view from, std::size_t at) {
  return load_be<T>(from.subspan(at, sizeof(T)));
}

template <class T>
void write_field(mutable_byte_view to, std::size_t at, T value) {
  store_be<T>(to.subspan(at, sizeof(T)), value);
}

template <class Fixed>
Fixed read_fixed(byte_view from, std::size_t at) {
  return *Fixed::from(from.subspan(at, Fixed::size));
}

} // namespace truckee::codec
