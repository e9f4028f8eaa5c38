#pragma once

#include "truckee/grid/read/map_update.hpp"
#include "truckee/grid/slot.hpp"
#include "truckee/shares/share_format.hpp"

namespace truckee::shares {

/// A server's raw answer to the first read of a slot, verified.
struct sighting {
  grid::map_answer answer;                    ///< what the map takes
  std::map<share_number, shared_bytes> heads; ///< of each good share
  std::optional<crypto::private_key> private_key;
  /// Where it was wanted: the slot as the strict order compares it; nothing where not all of it is known.
  std::optional<grid::slot_contents> slot = {};
};

/// Verifies each share's head for itself; `asked`: bytes that were asked for from offset 0. With a write key, also tries
/// the private key where it lies in the bytes read.
sighting look_at(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                 bool want_private_key);
/// The same with the slot.
sighting look_at_slot(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                      bool want_private_key);

} // namespace truckee::shares
