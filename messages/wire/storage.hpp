#pragma once

/// The inspections of messages/storage.hpp and of what is said about one slot.

#include "truckee/messages/storage.hpp"
#include "truckee/messages/wire/hello.hpp"
#include "truckee/messages/wire/values.hpp"

namespace truckee::grid {

template <class Inspector>
auto inspect(Inspector& f, read_vector& x) {
  return messages::inspect_members(f, x, x.offset, x.length);
}

template <class Inspector>
auto inspect(Inspector& f, test_vector& x) {
  return messages::inspect_members(f, x, x.offset, x.length, x.specimen);
}

template <class Inspector>
auto inspect(Inspector& f, write_vector& x) {
  return messages::inspect_members(f, x, x.offset, x.data);
}

template <class Inspector>
auto inspect(Inspector& f, share_change& x) {
  messages::optional_member<std::uint64_t> new_length{x.new_length};
  messages::optional_member<staging_id> staged{x.staged};
  return messages::inspect_members(f, x, x.share, x.tests, x.writes, new_length, staged);
}

template <class Inspector>
auto inspect(Inspector& f, stage_piece& x) {
  return messages::inspect_members(f, x, x.slot, x.share, x.staging, x.piece, x.let_go);
}

template <class Inspector>
auto inspect(Inspector& f, slot_secrets& x) {
  return messages::inspect_members(f, x, x.write_enabler, x.lease_renew, x.lease_cancel);
}

template <class Inspector>
auto inspect(Inspector& f, read_test_write& x) {
  return messages::inspect_members(f, x, x.slot, x.secrets, x.changes, x.reads);
}

inline messages::enum_member<storage_status> checked(storage_status& status) {
  return {status, storage_status_count};
}

template <class Inspector>
auto inspect(Inspector& f, read_test_write_answer& x) {
  messages::optional_member<server_id> recorded{x.recorded_node};
  auto status = checked(x.status);
  return messages::inspect_members(f, x, status, x.reads, x.bytes_available, recorded, x.detail);
}

template <class Inspector>
auto inspect(Inspector& f, stage_answer& x) {
  auto status = checked(x.status);
  return messages::inspect_members(f, x, status, x.bytes_available, x.detail);
}

template <class Inspector>
auto inspect(Inspector& f, slot_read& x) {
  return messages::inspect_members(f, x, x.slot, x.shares, x.reads);
}

template <class Inspector>
auto inspect(Inspector& f, slot_read_answer& x) {
  auto status = checked(x.status);
  return messages::inspect_members(f, x, status, x.reads, x.damaged, x.detail);
}

template <class Inspector>
auto inspect(Inspector& f, store_info& x) {
  // As one run of bytes: CAF writes other byte vectors one by one.
  shared_bytes seed = shared_bytes::copy_of(x.permutation_seed);
  auto accept = [&] {
    x.permutation_seed = to_bytes(seed.view());
    return true;
  };
  return messages::inspect_checked(f, x, accept, x.id, x.software, seed, x.read_only, x.bytes_available,
                                   x.share_bytes_max, x.slots);
}

} // namespace truckee::grid

namespace truckee::messages {

template <class Inspector>
auto inspect(Inspector& f, add_lease& x) {
  return inspect_members(f, x, x.slot, x.renew, x.cancel);
}

template <class Inspector>
auto inspect(Inspector& f, lease_answer& x) {
  auto status = grid::checked(x.status);
  return inspect_members(f, x, status, x.detail);
}

template <class Inspector>
auto inspect(Inspector& f, share_advice& x) {
  return inspect_members(f, x, x.slot, x.share, x.reason);
}

template <class Inspector>
auto inspect(Inspector& f, advice_answer& x) {
  auto status = grid::checked(x.status);
  return inspect_members(f, x, status, x.detail);
}

template <class Inspector>
auto inspect(Inspector& f, read_leases& x) {
  return inspect_members(f, x, x.slot, x.renew);
}

template <class Inspector>
auto inspect(Inspector& f, stored_lease& x) {
  return inspect_members(f, x, x.share, x.expires, x.ours);
}

template <class Inspector>
auto inspect(Inspector& f, stored_leases& x) {
  auto status = grid::checked(x.status);
  return inspect_members(f, x, status, x.leases, x.detail);
}

} // namespace truckee::messages
