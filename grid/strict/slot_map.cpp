#include "truckee/grid/strict/slot_map.hpp"

#include <algorithm>

namespace truckee::grid {

const file_version* version_of(const held_share& share) {
  const auto* sealed = std::get_if<sealed_share>(&share);
  return sealed ? &sealed->version : nullptr;
}

std::set<file_version> versions_in(const slot_contents& slot) {
  std::set<file_version> out;
  for (const auto& [number, share] : slot)
    if (const auto* version = version_of(share))
      out.insert(*version);
  return out;
}

void slot_map::know(const server_id& server, slot_contents contents) {
  if (setting_.place_of(server))
    slots_.insert_or_assign(server, std::move(contents));
}

std::set<file_version> slot_map::versions() const {
  std::set<file_version> out;
  for (const auto& [server, slot] : slots_)
    out.merge(versions_in(slot));
  return out;
}

std::set<share_number> slot_map::numbers(const file_version& version) const {
  std::set<share_number> out;
  for (const auto& [server, slot] : slots_)
    for (const auto& [number, share] : slot)
      if (const auto* there = version_of(share); there && *there == version)
        out.insert(number);
  return out;
}

std::set<server_id> slot_map::showing(const file_version& version) const {
  std::set<server_id> out;
  for (const auto& [server, slot] : slots_)
    if (versions_in(slot).contains(version))
      out.insert(server);
  return out;
}

bool slot_map::recoverable(const file_version& version) const {
  std::set<share_number> seen;
  for (const auto& [server, slot] : slots_) {
    if (setting_.shared() && setting_.shared()->other == server)
      continue; // it does not decide
    for (const auto& [number, share] : slot)
      if (const auto* there = version_of(share); there && *there == version)
        seen.insert(number);
  }
  return seen.size() >= version.k;
}

} // namespace truckee::grid
