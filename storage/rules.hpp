#pragma once

#include "truckee/grid/slot.hpp"
#include "truckee/storage/container.hpp"
#include "truckee/storage/limits.hpp"
#include "truckee/storage/slot_backend.hpp"

#include <optional>

/// The rules of read_test_write as functions of values (docs/formats.md section 12).
namespace truckee::storage::rules {

/// Why a call is not done; nothing was changed.
struct refusal {
  grid::storage_status status;
  std::string detail;
};

/// One share of a slot with what its head says.
struct loaded_share {
  const readable_file* file = nullptr;
  container content;
  std::shared_ptr<const share_facts> known = nullptr; ///< where the backend remembers it
};
using loaded_slot = std::map<share_number, loaded_share>;

/// Counts, lengths and duplicates, before anything is read or allocated for the request.
std::optional<refusal> check_request(const grid::read_test_write& request, const store_limits& limits);

/// Head and leases of a share, remembered or read. Errors as read_container().
result<container> content_of(const open_share& share);

/// Reads every container's head, and the leases of the shares in `with_leases`.
tl::expected<loaded_slot, refusal> load(const open_slot& slot,
                                        const std::vector<grid::share_change>& with_leases);

/// Rule 1: the write enabler of every share; the node that recorded the one that differs.
std::optional<server_id> mismatched_enabler(const loaded_slot& slot, const server_secret& write_enabler);

/// How many bytes all read vectors on all shares would give.
std::uint64_t answer_bytes(const loaded_slot& slot, const std::vector<grid::read_vector>& reads);

/// Rule 3: every read vector on one share; from its file unless the whole of it is remembered.
result<std::vector<shared_bytes>> read_all(const loaded_share& share,
                                           const std::vector<grid::read_vector>& reads);

/// Rule 2: whether all tests pass; an absent share reads as empty.
result<bool> tests_pass(const loaded_slot& slot, const std::vector<grid::share_change>& changes);

/// What an edit makes of a share.
new_share planned(const container_edit& edit);

/// Rules 4 and 5: what the slot's files become.
struct lease_terms {
  server_id node;
  std::uint32_t expires = 0;
  std::size_t leases_max = 0;
  bool compact = false; ///< makes the files that are written as short as they can be
};
using staged_shares = std::map<share_number, std::shared_ptr<staged_file>>;
/// `staged`: what the changes name of it, all of it.
tl::expected<slot_plan, refusal> plan_changes(const loaded_slot& slot, const grid::read_test_write& request,
                                              const staged_shares& staged, const lease_terms& terms);

} // namespace truckee::storage::rules
