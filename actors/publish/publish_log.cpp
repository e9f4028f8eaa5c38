#include "truckee/actors/publish/publish_log.hpp"

#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/shares/encode.hpp"

#include <algorithm>

namespace truckee::actors {

void publish_log::sends(const grid::publish_message& message, const grid::servermap& map) {
  if (!log_)
    return;
  auto& mine = under_way_[message.id];
  mine.server = message.server;
  for (const auto& planned : message.shares) {
    mine.shares.push_back(planned.share);
    if (planned.step != grid::share_step::write)
      continue;
    const auto at = homeless_.find(planned.share);
    if (at != homeless_.end() && at->second.by != message.server)
      logs::say(log_, logs::events::share_rehomed,
                {{"operation", operation_},
                 {"share", planned.share.value},
                 {"from", name_of(at->second.by)},
                 {"to", name_of(message.server)},
                 {"reason", to_word(outcome_of(at->second.kind))}});
    if (at != homeless_.end())
      homeless_.erase(at);
    if (planned.expect != map.at({message.server, planned.share}) &&
        !std::holds_alternative<grid::no_share>(planned.expect))
      logs::say(log_, logs::events::stale_share_met,
                {{"operation", operation_},
                 {"server", name_of(message.server)},
                 {"share", planned.share.value},
                 {"found", describe(planned.expect)}});
  }
}

void publish_log::answered(grid::message_id id, grid::write_outcome_kind kind) {
  const auto at = under_way_.find(id);
  if (at == under_way_.end())
    return;
  if (kind != grid::write_outcome_kind::written)
    for (const auto share : at->second.shares)
      homeless_.insert_or_assign(share, not_taken{at->second.server, kind});
  under_way_.erase(at);
}

void publish_log::ended(const grid::publish_report& report, const storage_index& slot,
                        const std::vector<messages::stage_seconds>& stages, std::uint64_t share_bytes) const {
  if (!log_)
    return;
  const auto surprise = [this](const logs::event& what, const grid::uncoordinated_share& x) {
    logs::say(log_, what,
              {{"operation", operation_},
               {"server", name_of(x.place.server)},
               {"share", x.place.share.value},
               {"expected", describe(x.expected)},
               {"found", describe(x.found)}});
  };
  for (const auto& x : report.surprises)
    surprise(logs::events::uncoordinated_write, x);
  // What was begun on a kept map in vain is told by whoever maps again.
  const bool in_vain = report.end == grid::publish_end::kept_map_stale;
  if (!in_vain)
    for (const auto& x : report.hidden)
      surprise(logs::events::hidden_version_met, x);
  for (const auto& [place, what] : report.stale)
    logs::say(log_, logs::events::stale_share_left,
              {{"operation", operation_},
               {"server", name_of(place.server)},
               {"share", place.share.value},
               {"found", describe(what)}});
  for (const auto& server : in_vain ? std::set<server_id>{} : report.unknown_servers)
    logs::say(log_, logs::events::unknown_write_left,
              {{"operation", operation_}, {"server", name_of(server)}});
  const auto took = [&](stage which) {
    const auto at = std::ranges::find(stages, which, &messages::stage_seconds::which);
    return at == stages.end() ? 0.0 : at->seconds;
  };
  const auto field = [&](stage which) { return logs::field(to_word(which), took(which)); };
  static_assert(shares::encode_stages.size() == 5, "each stage has its field below");
  logs::say(log_, logs::events::publish_ended,
            {{"operation", operation_},
             {"slot", crypto::to_base32(slot.view()).substr(0, 5)},
             {"version", report.version.sequence.value},
             {"outcome", metrics::to_label(outcome_of(report.failure()))},
             {"placed", report.placed.size()},
             {"total", report.version.n},
             {"happiness", report.happiness},
             {"happy", report.happy},
             {"share_bytes", share_bytes},
             field(stage::encrypt),
             field(stage::encode),
             field(stage::hash),
             field(stage::sign),
             field(stage::pack),
             field(stage::push)});
}

} // namespace truckee::actors
