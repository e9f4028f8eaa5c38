#include "truckee/actors/operations/sent_versions.hpp"

namespace truckee::actors {

std::shared_ptr<sent_versions> sent_history::of(const storage_index& slot) {
  return shared_in(by_slot_, slot);
}

void sent_history::add(sent_versions& to, const std::set<grid::file_version>& sent,
                       const std::set<grid::share_seal>& seals) {
  to.versions.insert(sent.begin(), sent.end());
  while (to.versions.size() > versions_max)
    to.versions.erase(to.versions.begin());
  to.seals.insert(to.seals.end(), seals.begin(), seals.end());
  if (to.seals.size() > seals_max)
    to.seals.erase(to.seals.begin(), to.seals.end() - seals_max);
}

} // namespace truckee::actors
