#include "truckee/actors/shell/server_list.hpp"

#include "truckee/base/text.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/keys.hpp"

#include <algorithm>

namespace truckee::actors {

server_list::server_list(std::vector<server_entry> entries, std::vector<absent_server> absent)
  : entries_(std::move(entries)), absent_(std::move(absent)) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    at_.emplace(entries_[i].id, i);
}

const server_entry* server_list::find(const server_id& id) const {
  const auto at = at_.find(id);
  return at == at_.end() ? nullptr : &entries_[at->second];
}

std::string server_list::name_of(const server_id& id) const {
  if (const auto* entry = find(id))
    return entry->name;
  const auto absent = std::ranges::find(absent_, std::optional(id), &absent_server::id);
  return absent != absent_.end() ? absent->name : crypto::to_base32(id.view()).substr(0, 8);
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
  return that_take_shares(permuted(slot));
}

std::vector<server_id> server_list::that_take_shares(std::vector<server_id> all) const {
  std::erase_if(all, [this](const server_id& id) { return find(id)->drain; });
  return all;
}

result<std::vector<server_id>> server_list::all_permuted(const storage_index& slot) const {
  std::vector<grid::ranked_server> ranked;
  const auto add = [&](const server_id& id, const std::optional<bytes>& seed, bool preferred) {
    const auto rank = crypto::derive_permutation_rank(slot, seed ? byte_view{*seed} : id.view());
    ranked.push_back({id, rank, preferred});
  };
  for (const auto& entry : entries_)
    add(entry.id, entry.named_seed, entry.preferred);
  std::vector<std::string> nameless;
  for (const auto& absent : absent_)
    if (absent.id)
      add(*absent.id, absent.named_seed, absent.preferred);
    else
      nameless.push_back(absent.name);
  if (!nameless.empty())
    return fail(errc::configuration,
                "the strict order must know every server of the grid file by its id, and " +
                    some_of(nameless) + (nameless.size() > 1 ? " do not" : " does not") +
                    " answer: name the id in the grid file, [[server]] id");
  return grid::permuted_order(std::move(ranked));
}

} // namespace truckee::actors
