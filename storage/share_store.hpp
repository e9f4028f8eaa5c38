#pragma once

#include "truckee/base/result.hpp"
#include "truckee/grid/slot.hpp"
#include "truckee/storage/limits.hpp"
#include "truckee/storage/staged_change.hpp"

#include <functional>
#include <map>
#include <memory>
#include <vector>

/// Shares on one server, behind one interface. Source of every rule: docs/formats.md sections 10
/// and 12.
namespace truckee::storage {

/// The time, in unix seconds; injected, so that one seed replays one run.
using unix_clock = std::function<std::uint64_t()>;

/// No clock that is right has shown an earlier time to this program: unix seconds, the first of January 2023.
inline constexpr std::uint64_t plausible_since = 1'672'531'200;
/// Whether a clock that shows this (unix seconds) may be right.
constexpr bool is_plausible(std::uint64_t now) {
  return now >= plausible_since;
}

/// One lease on one share: who may keep it from being collected, and until when.
struct lease {
  std::uint32_t owner = 1;
  std::uint32_t expires = 0; ///< unix time, seconds
  /// As stored: plain in version 1 containers, BLAKE2b-256 in version 2. Never shown.
  server_secret renew_secret;
  server_secret cancel_secret; ///< likewise
  server_id node;              ///< the server that gave the lease
  bool hashed = true;          ///< whether the two secrets above are hashes (version 2)
};

/// Whether this renew secret renews that lease; compared in constant time.
bool renews(const lease& held, const server_secret& renew);

using slot_leases = std::map<share_number, std::vector<lease>>;

/// The answer to add_lease.
struct lease_answer {
  grid::storage_status status = grid::storage_status::ok; ///< not_found: no share of that slot
  std::uint64_t bytes_available = 0;                      ///< with no_space
  std::string detail;                                     ///< for people
};

/// When a share may be collected: once every lease on it ended at least `grace_seconds` ago.
struct expiry_policy {
  std::uint64_t grace_seconds = 0;
  /// Shares that never had a lease (made by debugging tools) are kept unless this is set.
  bool remove_unleased = false;
};

/// What expire() removed, or would have removed.
struct slot_expiry {
  std::vector<share_number> removed;
  std::uint64_t bytes_freed = 0; ///< size of the removed containers
  std::size_t kept = 0;          ///< shares with a lease that still runs
  /// Shares that stay because a clock was wrong, now or when a lease was given: nothing says how old they are.
  std::vector<share_number> doubtful;
  /// Shares whose leases could not be read, with the reason; they are kept.
  std::map<share_number, std::string> unreadable;
};

/// What may change while a store is open.
struct store_settings {
  std::uint64_t reserved_space = 0;  ///< bytes of the file system left to others
  std::uint64_t share_bytes_max = 0; ///< of one share's data
  bool read_only = false;            ///< a store that was opened read-only stays so
  friend bool operator==(const store_settings&, const store_settings&) = default;
};

/// All storage of shares goes through this: Tahoe's directory of containers, memory.
/// Calls block. Calls for one slot must not overlap; calls for different slots may run in different threads.
class share_store {
public:
  virtual ~share_store() = default;

  virtual grid::store_info info() = 0;
  /// Whether calls for this slot wait for no disk and no network, as far as is known: then they may run where nothing may block.
  virtual bool is_quick(const storage_index&) { return false; }
  /// Whether begin_write(), and reads, for this slot wait for nothing either.
  virtual bool begins_quickly(const storage_index& slot) { return is_quick(slot); }
  /// Where its writes wait for a disk; null: they do not. As long as the store.
  virtual const disk_place* disk() const { return nullptr; }
  /// For calls that begin from now on; from any thread.
  virtual void use(const store_settings&) {}
  /// Wholly done or not at all, whatever the status. Any status but ok: nothing was written.
  virtual grid::read_test_write_answer read_test_write(const grid::read_test_write& request) = 0;
  /// The same in steps, where disk() is: between them its slot is still in use. Any thread may take a step.
  virtual std::unique_ptr<slot_write> begin_write(grid::read_test_write request);
  /// Keeps a piece of a share to be, which nobody sees until a read_test_write names it.
  virtual grid::stage_answer stage(const grid::stage_piece& request) = 0;
  /// Lets go what was staged and not gone on with for long; to be called now and then, from any thread, whatever else is called.
  virtual void let_go_idle() {}
  virtual grid::slot_read_answer read(const grid::slot_read& request) = 0;
  /// Renews the lease with this renew secret on every share of the slot, or adds one: now + 31 days.
  virtual lease_answer add_lease(const storage_index& slot, const server_secret& renew,
                                 const server_secret& cancel) = 0;
  /// The leases in use, share by share; empty for an unknown slot.
  virtual result<slot_leases> leases(const storage_index& slot) = 0;
  /// Removes what `policy` lets go at time `now` (unix seconds), or only tells it with `dry_run`.
  virtual result<slot_expiry> expire(const storage_index& slot, std::uint64_t now,
                                     const expiry_policy& policy, bool dry_run) = 0;
  /// Every slot that has a directory here, in ascending order.
  virtual result<std::vector<storage_index>> slots() = 0;
};

} // namespace truckee::storage
