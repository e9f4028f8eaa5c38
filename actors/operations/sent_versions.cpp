#include "truckee/actors/operations/sent_versions.hpp"

namespace truckee::actors {

std::shared_ptr<sent_versions> sent_history::of(const storage_index& slot) {
  const auto at = by_slot_.find(slot);
  if (at != by_slot_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, at->second.used);
    return at->second.versions;
  }
  by_use_.push_front(slot);
  auto made = std::make_shared<sent_versions>();
  by_slot_.emplace(slot, entry{made, by_use_.begin()});
  if (by_slot_.size() > files_max_) {
    by_slot_.erase(by_use_.back());
    by_use_.pop_back();
  }
  return made;
}

void sent_history::add(sent_versions& to, const grid::version_set& sent) {
  to.insert(sent.begin(), sent.end());
  while (to.size() > versions_max)
    to.erase(to.begin());
}

} // namespace truckee::actors
