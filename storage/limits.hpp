#pragma once

#include <cstddef>
#include <cstdint>

namespace truckee::storage {

/// What one request, and one store, may take. Every limit has a typed status when passed: too_large or
/// no_space.
struct store_limits {
  /// Length of one share's data. A write is built beside the old share, so this also bounds the room it
  /// needs; on a disk nothing takes memory for it. A file of 4 GiB has shares of 1.4 GiB where three make it, of 4 GiB where
  /// one does.
  std::uint64_t share_bytes_max = std::uint64_t{16} << 30;
  /// Slots in the store: bounds the directory scan at open (a slot costs one name).
  std::uint64_t slots_max = 10'000'000;
  /// Shares one request may change; the protocol and one-byte share numbers allow 256.
  std::size_t changes_max = 256;
  /// Tests on one share, and reads in one request: bounds the work of one message. Tahoe-LAFS itself takes 30
  /// of each.
  std::size_t tests_per_share_max = 1000;
  std::size_t reads_max = 1000;
  /// Writes to one share. An MDMF publish sends one per segment of 128 KiB: 8192 for a share of 1 GiB.
  std::size_t writes_per_share_max = 16'384;
  /// Bytes read in answer to one request, over all shares of the slot: they are all in memory at once.
  std::uint64_t answer_bytes_max = std::uint64_t{1} << 30;
  /// Leases on one share: each makes its container longer, and a writer can make up as many secrets as it
  /// likes.
  std::size_t leases_per_share_max = 1000;
  /// Memory for what is known of the shares that were written last, so that they need not be read before they are written
  /// again: about 1 KiB a share.
  std::size_t remembered_bytes_max = std::size_t{4} << 20;
  /// Bytes of the disk for files that updates replaced and the next ones write into; freed where room is wanted.
  std::uint64_t spare_bytes_max = std::uint64_t{32} << 20;
  /// Shares that are being brought in pieces: a file and a few hundred bytes of memory each.
  std::size_t stagings_max = 1000;
  /// Who brings one goes on with it, gives it up or makes a share of it before so many seconds pass, or is gone.
  std::uint64_t staging_seconds_max = 15 * 60;
  /// The same where others want the room: more than a slow line needs for a piece.
  std::uint64_t staging_silence_seconds = 60;
  /// Bytes of the file system left to others.
  std::uint64_t reserved_space = 0;
};

} // namespace truckee::storage
