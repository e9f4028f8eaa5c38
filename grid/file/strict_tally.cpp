#include "truckee/grid/file/strict_tally.hpp"

#include "truckee/grid/strict/rules.hpp"

namespace truckee::grid {

strict_tally strict_tally::of(const strict_setting& setting) {
  strict_tally out;
  out.needed = setting.confirming();
  out.places = setting.places();
  out.missed = {setting.all_servers().begin(), setting.all_servers().end()};
  return out;
}

void strict_tally::mapped(const slot_map& slots) {
  answered = slots.setting().counted(slots.slots());
  leftovers = strict::newer_partials(slots).size();
}

void strict_tally::ended(const strict_account& round) {
  ++rounds;
  confirming = round.confirming;
  missed = round.missed;
  barriers += round.barrier ? 1 : 0;
  retired += round.retired;
  purged += round.purged;
  resent += round.resent;
  met_another = met_another || round.met_another;
}

void strict_tally::found(const slot_map& slots, const file_version& version) {
  const auto showing = slots.showing(version);
  const auto& all = slots.setting().all_servers();
  confirming = slots.setting().counted(showing);
  missed = {all.begin(), all.end()};
  for (const auto& server : showing)
    missed.erase(server);
}

strict_outcome strict_outcome_of(bool well, bool unchanged, effect became, std::optional<publish_end> last) {
  if (well)
    return unchanged ? strict_outcome::not_written : strict_outcome::published;
  if (became == effect::not_applied)
    return strict_outcome::not_written;
  return last == publish_end::not_confirmed ? strict_outcome::stored_not_confirmed : strict_outcome::unknown;
}

} // namespace truckee::grid
