#include "truckee/actors/operations/kept_maps.hpp"

namespace truckee::actors {

std::shared_ptr<kept_place> kept_maps::of(const storage_index& slot) {
  if (const auto* known = places_.find(slot))
    return *known;
  auto made = std::make_shared<kept_place>();
  places_.put(slot, made);
  return made;
}

} // namespace truckee::actors
