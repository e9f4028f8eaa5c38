#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>

namespace truckee::codec {

/// Which part of a share is wrong. Closed; offsets are named after the field that begins there.
enum class share_field : std::uint8_t {
  version,
  root_hash,
  needed,
  total,
  segment_size,
  data_length,
  signature_offset,
  share_hash_chain_offset,
  block_hash_tree_offset,
  share_data_offset,
  encrypted_private_key_offset,
  public_key_offset,     ///< of MDMF
  public_key_end_offset, ///< of MDMF
  end_offset,
  header, ///< the fixed-size beginning as a whole
  public_key,
  signature,
  share_hash_chain,
  block_hash_tree,
  share_data,
  encrypted_private_key,
};
inline constexpr std::uint8_t share_field_count =
    static_cast<std::uint8_t>(share_field::encrypted_private_key) + 1;

/// What is wrong with it.
enum class share_fault : std::uint8_t {
  truncated,           ///< the bytes end too early
  unsupported_version, ///< of another format than the one that is asked, or one nobody knows
  out_of_range,        ///< a number that cannot be
  inconsistent,        ///< contradicts another field
  malformed,           ///< does not parse
  mismatch,            ///< parses, but is not what was hashed or signed
};
inline constexpr std::uint8_t share_fault_count = static_cast<std::uint8_t>(share_fault::mismatch) + 1;

/// Why a share, or a part of it, is not believed.
struct share_error {
  share_field field = share_field::version;
  share_fault fault = share_fault::truncated;
  std::string detail; ///< a sentence for people; never holds key material
};

std::string_view to_string(share_field field);
std::string_view to_string(share_fault fault);
/// "share hash chain: mismatch: ..."
std::string to_string(const share_error& e);
/// errc::corrupt for a mismatch, errc::malformed for all else.
error to_error(const share_error& e);

template <class T>
using share_result = tl::expected<T, share_error>;

inline tl::unexpected<share_error> share_fail(share_field field, share_fault fault, std::string detail) {
  return tl::unexpected<share_error>(share_error{field, fault, std::move(detail)});
}

} // namespace truckee::codec
