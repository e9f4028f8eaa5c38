#include "truckee/grid/strict/standing.hpp"

#include "truckee/grid/strict/rules.hpp"

#include <algorithm>

namespace truckee::grid {

namespace {

/// Notes and damage, over all shares.
void look_at_shares(const slot_map& slots, strict_standing& out, bool& damaged) {
  const auto own = hash_of(slots.setting());
  for (const auto& [server, slot] : slots.slots())
    for (const auto& [number, share] : slot) {
      const auto* sealed = std::get_if<sealed_share>(&share);
      damaged = damaged || sealed == nullptr || number.value >= slots.setting().n();
      if (sealed == nullptr || !sealed->note)
        continue;
      out.strictly_written = out.strictly_written || sealed->version == out.base;
      out.same_setting = out.same_setting && sealed->note->setting == own;
    }
}

/// `heard_only`: of those that answered.
bool everybody_has_all(const slot_map& slots, const file_version& version, bool heard_only) {
  const auto& setting = slots.setting();
  for (const auto& server : setting.all_servers()) {
    const auto slot = slots.slots().find(server);
    if (slot == slots.slots().end()) {
      if (!heard_only)
        return false;
      continue;
    }
    const auto there = std::ranges::count_if(slot->second, [&](const auto& entry) {
      const auto* held = version_of(entry.second);
      return held && *held == version;
    });
    if (static_cast<std::size_t>(there) < setting.shares_at(*setting.place_of(server)))
      return false;
  }
  return true;
}

} // namespace

std::optional<file_version> written_in_place(const slot_map& slots) {
  std::optional<file_version> noted;
  std::optional<file_version> bare;
  for (const auto& [server, slot] : slots.slots())
    for (const auto& [number, share] : slot)
      if (const auto* sealed = std::get_if<sealed_share>(&share)) {
        auto& greatest = sealed->note ? noted : bare;
        if (!greatest || sealed->version > *greatest)
          greatest = sealed->version;
      }
  return noted && bare && *bare > *noted ? bare : std::nullopt;
}

strict_standing standing_of(const slot_map& slots) {
  strict_standing out;
  out.base = strict::base(slots);
  out.newer_partials = strict::newer_partials(slots).size();
  out.in_place = written_in_place(slots);
  bool damaged = false;
  look_at_shares(slots, out, damaged);
  if (!out.base)
    return out;
  out.on = slots.setting().counted(slots.showing(*out.base));
  out.confirmed = strict::confirmed(slots) == out.base;
  const bool well = out.confirmed && out.newer_partials == 0 && !damaged && out.strictly_written &&
                    out.same_setting && !out.in_place;
  out.healthy = well && everybody_has_all(slots, *out.base, false);
  out.mendable = !well || !everybody_has_all(slots, *out.base, true);
  out.only_missing = well && out.mendable;
  const auto safe = strict::greatest_on_enough(slots);
  const bool any_empty =
      std::ranges::any_of(slots.slots(), [](const auto& one) { return one.second.empty(); });
  out.has_empty_slot = any_empty && safe && safe != out.base && !strict::missing_places(slots, *safe).empty();
  return out;
}

std::optional<std::string> hindrance(const slot_map& slots,
                                     const std::function<std::string(const server_id&)>& server_name) {
  if (strict::can_succeed(slots))
    return std::nullopt;
  std::string silent;
  std::string empty;
  for (const auto& server : slots.setting().all_servers()) {
    const auto slot = slots.slots().find(server);
    if (slot != slots.slots().end() && !slot->second.empty())
      continue;
    auto& names = slot == slots.slots().end() ? silent : empty;
    names += (names.empty() ? "" : ", ") + server_name(server);
  }
  std::string out = "versions that were never finished are in the way, and may be confirmed yet, so that "
                    "nobody can write the file as it lies there";
  if (!empty.empty())
    out += " (without a share of it: " + empty + ")";
  return out + (silent.empty() ? ": run `truckee repair`, which frees it"
                               : ": write again when these servers answer, and run `truckee repair` if that "
                                 "does not free it: " +
                                     silent);
}

std::string describe(const strict_standing& standing, const strict_setting& setting) {
  if (!standing.base)
    return "no version can be read";
  std::string out = standing.strictly_written ? "kept strictly" : "written in place, and to be kept strictly";
  out += ": " + describe(*standing.base) + " is on " + std::to_string(standing.on) + " of " +
         std::to_string(setting.places()) + (setting.shared() ? " servers of each set, " : " servers, ") +
         std::to_string(setting.confirming()) + " needed";
  if (!standing.confirmed)
    out += ", and is not certainly the confirmed one";
  if (standing.newer_partials > 0)
    out += "; a newer version is on few servers: its writer is at work, or dead";
  if (standing.in_place)
    out += "; somebody wrote in place: " + describe(*standing.in_place);
  if (!standing.same_setting)
    out += "; shares of another setting of the strict order are there";
  return out;
}

} // namespace truckee::grid
