#include "truckee/grid/file/repair_plan.hpp"

#include "truckee/grid/file/write_operation.hpp"

namespace truckee::grid {

namespace {

result<void> refuse_to_choose(const servermap& map, const file_version& best) {
  std::string heads;
  std::size_t count = 0;
  for (const auto& version : map.recoverable_versions())
    if (version.sequence == best.sequence) {
      heads += (count++ ? " and " : "") + describe(version);
    }
  if (count > 1)
    return fail(errc::refused, "two recoverable versions have the highest sequence number: " + heads +
                                   ". Force the repair to keep " + describe(best) + " and lose the other");
  if (const auto newer = map.newer_unrecoverable(); !newer.empty()) {
    const auto& v = newer.back();
    return fail(errc::refused, "a newer version cannot be read: " + describe(v) + " has " +
                                   std::to_string(map.share_numbers(v).size()) + " of the " +
                                   std::to_string(v.k) + " shares it needs. Force the repair to go back to " +
                                   describe(best) + " for good");
  }
  return {};
}

} // namespace

result<repair_plan> plan_repair(const servermap& map, bool force) {
  if (map.mode() != map_mode::repair && map.mode() != map_mode::check)
    return fail(errc::usage, "repair needs a map made in repair mode, not in " +
                                 std::string(to_string(map.mode())) + " mode");
  const auto best = map.best();
  if (!best)
    return fail(errc::not_enough_shares, "no version can be read: nothing to repair from");

  repair_plan plan;
  plan.version = best;
  if (map.summary().health == file_health::healthy)
    return plan;
  if (!force)
    if (auto fine = refuse_to_choose(map, *best); !fine)
      return tl::unexpected<error>(fine.error());

  const auto have = map.share_numbers(*best);
  for (std::size_t number = 0; number < best->n; ++number)
    if (const share_number share{static_cast<std::uint8_t>(number)}; !have.contains(share))
      plan.missing.insert(share);
  for (const auto& [place, version] : map.shares())
    if (version != *best)
      plan.replace.push_back(place);
  for (const auto& [place, bad] : map.bad_shares())
    plan.replace.push_back(place);

  // Only a version that is above everything on the grid can be completed where it is; else ours would lose to
  // the rest.
  const bool alone = map.recoverable_versions().size() == 1 && map.highest_sequence() == best->sequence;
  bool rival = false;
  for (const auto& version : map.versions())
    rival = rival || (version.sequence == best->sequence && version != *best);
  plan.step = alone && !rival ? repair_step::refill : repair_step::republish;
  return plan;
}

repair_publish publish_of(const repair_plan& plan, const servermap& map, bool signature_at_hand,
                          const version_set& sent, const spread& defaults) {
  repair_publish out;
  out.refill = plan.step == repair_step::refill && signature_at_hand;
  out.shape = publish_spread(std::nullopt, defaults, plan.version);
  out.earlier = sent;
  if (out.refill) {
    out.sequence = plan.version->sequence;
    out.earlier.erase(*plan.version); // it is sent again
  } else {
    out.sequence = next_sequence(map, sent);
  }
  return out;
}

bool worth_another_repair(const publish_report& report, std::uint32_t publishes, const grid_limits& limits) {
  return report.end == publish_end::map_outdated && publishes < limits.write_tries_max;
}

} // namespace truckee::grid
