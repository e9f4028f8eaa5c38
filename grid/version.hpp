#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/crypto/keys.hpp"

#include <compare>
#include <optional>
#include <string>

/// What names one version of a mutable file. Source: docs/formats.md sections 8 and 9.
namespace truckee::grid {

/// The first byte of every share.
enum class share_format : std::uint8_t { sdmf = 0, mdmf = 1 };

/// The salt that an SDMF header carries; MDMF keeps a salt per segment instead.
using crypto::version_salt;

inline constexpr std::size_t sdmf_prefix_size = 75;
inline constexpr std::size_t mdmf_prefix_size = 59;
inline constexpr std::size_t sdmf_checkstring_size = 57;
inline constexpr std::size_t mdmf_checkstring_size = 41;
/// What is read of every share of a slot beside a write: long enough for the signed prefix of either format.
inline constexpr std::size_t prefix_read_size = 75;

/// The signed prefix of a share as values. Ordered by sequence number, then root hash; the rest only
/// completes the order.
struct file_version {
  sequence_number sequence;
  hash256 root;
  std::optional<version_salt> salt; ///< present: SDMF
  std::uint8_t k = 0;
  std::uint8_t n = 0;
  std::uint64_t segment_size = 0;
  std::uint64_t data_length = 0;

  share_format format() const { return salt ? share_format::sdmf : share_format::mdmf; }

  friend bool operator==(const file_version&, const file_version&) = default;
  friend auto operator<=>(const file_version&, const file_version&) = default;
};

/// The signed bytes: 75 for SDMF, 59 for MDMF.
bytes pack_prefix(const file_version& version);

/// The bytes that tests compare: the first 57 (SDMF) or 41 (MDMF) of the prefix.
bytes pack_checkstring(const file_version& version);

/// Reads the prefix at the start of hostile bytes; what follows it is ignored. errc::malformed names the
/// field.
result<file_version> parse_prefix(byte_view data);

/// For people: "seq 7, root ab12cd34".
std::string describe(const file_version& version);

/// A version by what a person has seen of it.
struct version_condition {
  sequence_number sequence;
  std::string root; ///< the first hexadecimal digits of its root hash; may be empty

  bool met_by(const file_version& version) const;
};
/// "version 7 (root ab12)"
std::string describe(const version_condition& condition);

} // namespace truckee::grid
