#pragma once

#include "truckee/base/bytes.hpp"

namespace truckee {

/// The 20-byte node id of a storage server (Tahoe's tub id): seeds write enablers and lease secrets.
using server_id = fixed_bytes<struct server_id_tag, 20>;

/// Names a slot: the place of one mutable file on every server.
using storage_index = fixed_bytes<struct storage_index_tag, 16>;

/// Names one write for whoever asked for it, however often it is asked for: chosen at random. All zero: none.
using operation_id = fixed_bytes<struct operation_id_tag, 16>;

/// Names what one publish brings to servers in pieces: chosen at random.
using staging_id = fixed_bytes<struct staging_id_tag, 16>;

/// A SHA-256 value: tree nodes, roots, fingerprints.
using hash256 = fixed_bytes<struct hash256_tag, 32>;

/// Which of a file's N shares; 0..254 for mutable files.
struct share_number {
  std::uint8_t value = 0;
  friend auto operator<=>(share_number, share_number) = default;
};

/// Grows by one with each version of a file; the first version is 1.
struct sequence_number {
  std::uint64_t value = 0;
  friend auto operator<=>(sequence_number, sequence_number) = default;
};

/// A write enabler or lease secret as it goes to one server.
using server_secret = secret_bytes<struct server_secret_tag, 32>;

} // namespace truckee

template <>
struct std::hash<truckee::share_number> {
  std::size_t operator()(truckee::share_number x) const noexcept { return x.value; }
};
