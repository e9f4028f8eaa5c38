#include "truckee/storage/slot_memory.hpp"

namespace truckee::storage {

namespace {

/// About what it takes in memory, with what the containers of the standard library add.
std::size_t weight_of(const remembered_slot& slot) {
  constexpr std::size_t per_node = 64;
  std::size_t out = sizeof slot + per_node;
  for (const auto& entry : slot.entries)
    out += sizeof entry + entry.name.size();
  for (const auto& [share, what] : slot.shares)
    out += sizeof what + sizeof *what.facts + what.facts->beginning.size() + 2 * per_node +
           what.facts->content.places.size() * lease_record_size;
  return out;
}

} // namespace

std::shared_ptr<const remembered_slot> slot_memory::find(const storage_index& slot) {
  const std::lock_guard lock(mutex_);
  const auto* found = slots_.find(slot);
  return found == nullptr ? nullptr : *found;
}

void slot_memory::keep(const storage_index& slot, remembered_slot what) {
  const auto weight = weight_of(what);
  auto kept = std::make_shared<const remembered_slot>(std::move(what));
  const std::lock_guard lock(mutex_);
  slots_.put(slot, std::move(kept), weight);
}

void slot_memory::forget(const storage_index& slot) {
  const std::lock_guard lock(mutex_);
  slots_.erase(slot);
}

} // namespace truckee::storage
