#include "truckee/grid/publish/in_part.hpp"

#include <algorithm>

namespace truckee::grid {

result<void> in_part::admit(const publish_request& request) const {
  std::set<share_number> once;
  const auto& shares = request.map.shares();
  const bool whole = request.base && request.map.bad_shares().empty() && !request.new_file &&
                     !request.same_version && !request.kept_map && request.base->k == request.version.k &&
                     request.base->n == request.version.n && shares.size() == request.version.n &&
                     std::ranges::all_of(shares, [&](const auto& entry) {
                       return entry.second == *request.base && entry.first.share.value < request.version.n &&
                              once.insert(entry.first.share).second;
                     });
  if (!whole)
    return fail(errc::usage, "an update in part needs each share of one version once, and nothing else");
  return rules_.admit(request);
}

std::vector<server_message> in_part::messages(const publish_tables& tables) {
  if (failed_ || tables.surprised())
    return {};
  auto out = rules_.messages(tables); // of all servers that owe no answer and have not all of theirs
  if (!first_took_)
    std::erase_if(out, [](const server_message& m) {
      return std::ranges::none_of(m.shares, [](const planned_share& p) { return p.share.value == 0; });
    });
  std::erase_if(out, [this](const server_message& m) { return told_.contains(m.server); });
  for (auto& message : out) {
    told_.insert(message.server);
    for (auto& planned : message.shares)
      planned.exact = true; // the old share may have been longer
  }
  return out;
}

void in_part::judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) {
  rules_.judge(tables, sent, outcome);
  const bool took = std::ranges::all_of(sent.shares, [&](const planned_share& planned) {
    return tables.placed().contains({sent.server, planned.share});
  });
  first_took_ = first_took_ || took; // until then no other is told
  failed_ = failed_ || !took || tables.met.stale > 0;
}

void in_part::judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) {
  rules_.judge(tables, server, outcome);
}

publish_end in_part::conclude(const publish_tables& tables) const {
  const auto end = rules_.conclude(tables);
  if (end != publish_end::published)
    return end;
  return tables.placed().size() == tables.version().n ? end : publish_end::not_enough_servers;
}

} // namespace truckee::grid
