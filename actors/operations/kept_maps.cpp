#include "truckee/actors/operations/kept_maps.hpp"

namespace truckee::actors {

std::shared_ptr<kept_place> kept_maps::of(const storage_index& slot) {
  return shared_in(places_, slot);
}

} // namespace truckee::actors
