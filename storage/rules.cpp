#include "truckee/storage/rules.hpp"

#include <algorithm>
#include <bitset>
#include <limits>

namespace truckee::storage::rules {

using grid::storage_status;

namespace {

std::string share_name(share_number share) {
  return "share " + std::to_string(share.value);
}

std::optional<refusal> check_write(share_number share, const grid::write_vector& write,
                                   const store_limits& limits) {
  const auto size = std::uint64_t{write.data.size()};
  if (write.offset > std::numeric_limits<std::uint64_t>::max() - size)
    return refusal{storage_status::malformed,
                   share_name(share) + ": write offset plus length overflows 64 bits"};
  if (write.offset + size > limits.share_bytes_max)
    return refusal{storage_status::too_large, share_name(share) + ": a write ends at byte " +
                                                  std::to_string(write.offset + size) + ", the limit is " +
                                                  std::to_string(limits.share_bytes_max)};
  return std::nullopt;
}

refusal too_many(const std::string& what, std::size_t count, std::size_t limit) {
  return {storage_status::too_large,
          std::to_string(count) + " " + what + " in one request, the limit is " + std::to_string(limit)};
}

refusal damaged(share_number share, const error& why) {
  const auto status = why.code == errc::io ? storage_status::io_error : storage_status::corrupt;
  return {status, share_name(share) + ": " + why.detail};
}

result<shared_bytes> data_of(const loaded_share& share, std::uint64_t offset, std::uint64_t length) {
  if (share.known)
    if (auto found = share.known->data(offset, length))
      return std::move(*found);
  return read_data(share.content, *share.file, offset, length);
}

result<bool> test_passes(const loaded_share& share, const grid::test_vector& test) {
  // Known from the head alone: another length cannot compare equal, and reads no more than the specimen's
  // size.
  if (readable_length(share.content, test.offset, test.length) != test.specimen.size())
    return false;
  const auto found = data_of(share, test.offset, test.length);
  if (!found)
    return tl::unexpected(found.error());
  return equal(found->view(), test.specimen.view());
}

container_edit begin_edit(const loaded_slot& slot, const grid::read_test_write& request, share_number share,
                          const server_id& node) {
  const auto found = slot.find(share);
  if (found == slot.end())
    return {container_version::v2, node, request.secrets.write_enabler};
  return {found->second.content, found->second.file->size()};
}

} // namespace

std::optional<refusal> check_request(const grid::read_test_write& request, const store_limits& limits) {
  if (request.changes.size() > limits.changes_max)
    return too_many("changes", request.changes.size(), limits.changes_max);
  if (request.reads.size() > limits.reads_max)
    return too_many("read vectors", request.reads.size(), limits.reads_max);
  std::bitset<256> seen;
  for (const auto& change : request.changes) {
    if (seen.test(change.share.value))
      return refusal{storage_status::malformed, share_name(change.share) + " is named twice"};
    seen.set(change.share.value);
    if (change.tests.size() > limits.tests_per_share_max)
      return too_many("tests on " + share_name(change.share), change.tests.size(),
                      limits.tests_per_share_max);
    if (change.writes.size() > limits.writes_per_share_max)
      return too_many("writes to " + share_name(change.share), change.writes.size(),
                      limits.writes_per_share_max);
    if (change.staged && change.new_length == 0U)
      return refusal{storage_status::malformed,
                     share_name(change.share) + " is to be deleted, and to become what was staged"};
    for (const auto& write : change.writes)
      if (auto refused = check_write(change.share, write, limits))
        return refused;
  }
  return std::nullopt;
}

result<container> content_of(const open_share& share) {
  if (share.known)
    return share.known->content;
  return read_container(*share.file);
}

tl::expected<loaded_slot, refusal> load(const open_slot& slot,
                                        const std::vector<grid::share_change>& with_leases) {
  loaded_slot out;
  for (const auto& [share, file] : slot.shares) {
    if (!file)
      return tl::unexpected(damaged(share, {errc::io, file.error().what}));
    const bool leases = std::any_of(with_leases.begin(), with_leases.end(),
                                    [number = share](const auto& change) { return change.share == number; });
    auto content = leases || file->known ? content_of(*file) : read_container_head(*file->file);
    if (!content)
      return tl::unexpected(damaged(share, content.error()));
    out.emplace(share, loaded_share{file->file.get(), std::move(*content), file->known});
  }
  return out;
}

std::optional<server_id> mismatched_enabler(const loaded_slot& slot, const server_secret& write_enabler) {
  for (const auto& [share, loaded] : slot)
    if (!(loaded.content.write_enabler == write_enabler))
      return loaded.content.node;
  return std::nullopt;
}

std::uint64_t answer_bytes(const loaded_slot& slot, const std::vector<grid::read_vector>& reads) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t sum = 0;
  for (const auto& [share, loaded] : slot) {
    for (const auto& read : reads) {
      const auto length = readable_length(loaded.content, read.offset, read.length);
      sum = length > most - sum ? most : sum + length;
    }
  }
  return sum;
}

result<std::vector<shared_bytes>> read_all(const loaded_share& share,
                                           const std::vector<grid::read_vector>& reads) {
  std::vector<shared_bytes> out;
  out.reserve(reads.size());
  for (const auto& read : reads) {
    auto found = data_of(share, read.offset, read.length);
    if (!found)
      return tl::unexpected(found.error());
    out.push_back(std::move(*found));
  }
  return out;
}

result<bool> tests_pass(const loaded_slot& slot, const std::vector<grid::share_change>& changes) {
  for (const auto& change : changes) {
    const auto share = slot.find(change.share);
    for (const auto& test : change.tests) {
      if (share == slot.end()) {
        if (!test.specimen.empty())
          return false;
        continue;
      }
      auto passed = test_passes(share->second, test);
      if (!passed || !*passed)
        return passed;
    }
  }
  return true;
}

new_share planned(const container_edit& edit) {
  return {edit.finish(), std::make_shared<const share_facts>(edit.facts())};
}

tl::expected<slot_plan, refusal> plan_changes(const loaded_slot& slot, const grid::read_test_write& request,
                                              const staged_shares& staged, const lease_terms& terms) {
  slot_plan plan;
  for (const auto& change : request.changes) {
    if (change.new_length == 0U) {
      if (slot.contains(change.share))
        plan.emplace(change.share, std::nullopt);
      continue;
    }
    auto edit = begin_edit(slot, request, change.share, terms.node);
    const auto brought = change.staged ? staged.at(change.share) : nullptr;
    if (brought)
      edit.adopt(brought->size());
    for (const auto& write : change.writes)
      edit.write(write.offset, write.data);
    if (change.new_length)
      edit.truncate(*change.new_length);
    const auto places = edit.now().places.size();
    edit.renew_or_add_lease(request.secrets.lease_renew, request.secrets.lease_cancel, terms.expires,
                            terms.node);
    if (edit.now().places.size() > std::max(places, terms.leases_max))
      return tl::unexpected(
          refusal{storage_status::too_large, share_name(change.share) + " has " + std::to_string(places) +
                                                 " leases already; wait until some expire"});
    if (!edit.changed())
      continue;
    if (terms.compact || brought)
      edit.compact();
    auto what = planned(edit);
    what.staged = brought;
    plan.emplace(change.share, std::move(what));
  }
  return plan;
}

} // namespace truckee::storage::rules
