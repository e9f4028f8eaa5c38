#include "truckee/grid/publish/publish_status.hpp"

#include "truckee/grid/publish/publish_tables.hpp"

namespace truckee::grid {

publish_status status_of(const publish_tables& tables, publish_end end) {
  publish_status out;
  out.end = end;
  const auto under_way = tables.outstanding();
  out.goal = tables.goal().size();
  out.outstanding = under_way.size();
  out.placed = tables.placed().size();
  out.progress = end == publish_end::published ? 1.0
                 : tables.goal().empty()       ? 0.0
                                         : double(tables.placed().size()) / double(tables.goal().size());
  for (const auto& [place, version] : tables.map().shares())
    if (version != tables.version())
      out.places[place] = version < tables.version() ? share_state::stale : share_state::failed;
  for (const auto& [place, bad] : tables.map().bad_shares())
    out.places[place] = share_state::stale;
  const auto paint = [&](const std::set<share_place>& places, share_state state) {
    for (const auto& place : places)
      out.places[place] = state;
  };
  paint(tables.goal(), share_state::goal);
  paint(tables.failed(), share_state::failed);
  paint(tables.unknown(), share_state::unknown);
  paint(under_way, share_state::outstanding);
  paint(tables.placed(), share_state::placed);
  out.text = end != publish_end::running ? std::string(to_string(end))
             : under_way.empty() && tables.rereading()
                 ? "Looking again at servers that did not answer"
                 : "Sending shares: " + std::to_string(out.placed) + " placed of " +
                       std::to_string(out.goal) + ", " + std::to_string(out.outstanding) + " outstanding";
  return out;
}

} // namespace truckee::grid
