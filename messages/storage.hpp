#pragma once

/// What a share store is told, over the network or in one process. What is said about one slot is grid/slot.hpp's.

#include "truckee/grid/slot.hpp"
#include "truckee/messages/hello.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace truckee::messages {

/// Asks for a lease on every share of a slot: renewed where this renew secret holds one, else added.
struct add_lease {
  storage_index slot;
  server_secret renew;
  server_secret cancel;
};

/// Answers add_lease: not_found where the slot has no share; with anything but ok, no lease was changed.
struct lease_answer {
  grid::storage_status status = grid::storage_status::ok;
  std::string detail; ///< for people
};

/// Asks for the leases on a slot; those that this renew secret renews are marked.
struct read_leases {
  storage_index slot;
  server_secret renew; ///< never stored, only compared
};

/// One lease on one share.
struct stored_lease {
  share_number share;
  std::uint32_t expires = 0; ///< unix time, seconds
  bool ours = false;         ///< the asker's renew secret renews it
};

/// Answers read_leases.
struct stored_leases {
  grid::storage_status status = grid::storage_status::ok;
  std::vector<stored_lease> leases; ///< with ok
  std::string detail;               ///< for people
};

/// Bytes of a share_advice's reason, as Tahoe-LAFS's servers take it.
inline constexpr std::size_t advice_reason_max = 32'765;

/// Tells a store that a share of it does not verify, and why: whoever runs it may look at the disk. Nothing is done to the share.
struct share_advice {
  storage_index slot;
  share_number share;
  std::string reason; ///< for people; 1 to advice_reason_max bytes
};

/// Answers share_advice: ok, it was heard; not_found where there is no such share. Anything else: it was heard, and could not be written
/// down.
struct advice_answer {
  grid::storage_status status = grid::storage_status::ok;
  std::string detail; ///< for people
};

/// One share store. Calls for one slot are answered in the order they came and never interleave.
using storage_server = protocol<grid::store_info(hello),
                                /// All tests pass and all writes land, or nothing does.
                                grid::read_test_write_answer(grid::read_test_write),
                                /// Reads shares of one slot.
                                grid::slot_read_answer(grid::slot_read), lease_answer(add_lease),
                                /// The leases on each share of one slot.
                                stored_leases(read_leases), advice_answer(share_advice),
                                /// Keeps bytes of a share to be, until a read_test_write names them.
                                grid::stage_answer(grid::stage_piece)>;

} // namespace truckee::messages
