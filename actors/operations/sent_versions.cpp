#include "truckee/actors/operations/sent_versions.hpp"

namespace truckee::actors {

std::shared_ptr<sent_versions> sent_history::of(const storage_index& slot) {
  return shared_in(by_slot_, slot);
}

void sent_history::add(sent_versions& to, const std::set<grid::file_version>& sent) {
  to.insert(sent.begin(), sent.end());
  while (to.size() > versions_max)
    to.erase(to.begin());
}

} // namespace truckee::actors
