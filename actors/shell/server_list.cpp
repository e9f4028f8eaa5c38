#include "truckee/actors/shell/server_list.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/keys.hpp"

namespace truckee::actors {

server_list::server_list(std::vector<server_entry> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    at_.emplace(entries_[i].id, i);
}

const server_entry* server_list::find(const server_id& id) const {
  const auto at = at_.find(id);
  return at == at_.end() ? nullptr : &entries_[at->second];
}

std::string server_list::name_of(const server_id& id) const {
  const auto* entry = find(id);
  return entry != nullptr ? entry->name : crypto::to_base32(id.view()).substr(0, 8);
}

std::vector<server_id> server_list::permuted(const storage_index& slot) const {
  std::vector<grid::ranked_server> ranked;
  for (const auto& entry : entries_) {
    ranked.push_back(
        {entry.id, crypto::derive_permutation_rank(slot, entry.permutation_seed), entry.preferred});
  }
  return grid::permuted_order(std::move(ranked));
}

std::vector<server_id> server_list::candidates(const storage_index& slot) const {
  auto out = permuted(slot);
  std::erase_if(out, [this](const server_id& id) { return find(id)->drain; });
  return out;
}

} // namespace truckee::actors
