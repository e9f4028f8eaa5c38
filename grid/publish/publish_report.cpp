#include "truckee/grid/publish/publish_report.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/grid/happiness.hpp"
#include "truckee/grid/publish/publish_tables.hpp"

#include <algorithm>

namespace truckee::grid {

std::string_view to_string(publish_end end) {
  switch (end) {
  case publish_end::running:
    return "Running";
  case publish_end::published:
    return "Finished";
  case publish_end::uncoordinated_write:
    return "Uncoordinated write";
  case publish_end::map_outdated:
    return "Failed: a version was found that the map could not see";
  case publish_end::kept_map_stale:
    return "Broken off: the kept map is not what is there";
  case publish_end::not_enough_servers:
    return "Failed: not enough servers";
  case publish_end::not_confirmed:
    return "Stored, not confirmed";
  case publish_end::unconfirmed_unknown:
    return "Unknown: may or may not take effect";
  case publish_end::timeout:
    return "Failed: timeout";
  case publish_end::cancelled:
    return "Cancelled";
  case publish_end::loop_limit:
    return "Failed: loop limit";
  }
  return "Unknown end";
}

namespace {

using server_name = std::function<std::string(const server_id&)>;

std::string evidence(const std::vector<uncoordinated_share>& shares, const server_name& name) {
  std::string out;
  for (const auto& one : shares) {
    out += out.empty() ? "" : "; ";
    out += "server " + name(one.place.server) + " share " + std::to_string(one.place.share.value) +
           ": expected " + describe(one.expected) + ", found " + describe(one.found);
  }
  return out;
}

std::string reached(const publish_report& report) {
  return std::to_string(report.placed.size()) + " shares of " + describe(report.version) + " are placed on " +
         std::to_string(report.servers) + " servers, happiness " + std::to_string(report.happiness) + " of " +
         std::to_string(report.happy) + "; that version is " + (report.recoverable ? "" : "not ") +
         "recoverable and " + (report.best_seen ? "" : "not ") + "the best one seen";
}

/// "on 6 of 10 servers, 8 needed"
std::string confirmed_by(const publish_report& report) {
  const auto strict = report.strict.value_or(strict_account{});
  return "on " + std::to_string(strict.confirming) + " of " + std::to_string(strict.places) + " servers, " +
         std::to_string(strict.needed) + " needed";
}

std::string first_problem(const publish_report& report, const server_name& name) {
  if (report.problems.empty())
    return "none that took part has a problem: there are too few";
  const auto& p = report.problems.front();
  std::string out = "first error: server " + name(p.server) + ": " + std::string(to_string(p.kind));
  if (!p.detail.empty())
    out += ", " + p.detail;
  if (p.recorded_node)
    out += ", recorded by node " + crypto::to_base32(p.recorded_node->view());
  return out;
}

} // namespace

std::string publish_report::short_id(const server_id& id) {
  return to_hex(id.view().first(4));
}

std::optional<error> publish_report::failure(const server_name& name) const {
  switch (end) {
  case publish_end::published:
    return std::nullopt;
  case publish_end::running:
    return error{errc::internal, "the publish has not ended"};
  case publish_end::uncoordinated_write:
    if (strict)
      return error{errc::uncoordinated_write, "others published, and this update is not acknowledged; it may "
                                              "still appear: " +
                                                  describe(version) + " is " + confirmed_by(*this) + "; " +
                                                  evidence(surprises, name)};
    return error{errc::uncoordinated_write,
                 "somebody else wrote: " + evidence(surprises, name) + ". " + reached(*this)};
  case publish_end::map_outdated:
    return error{errc::uncoordinated_write, "a version came to light that no server showed before: " +
                                                evidence(hidden, name) + ". Map again. " + reached(*this)};
  case publish_end::kept_map_stale:
    return error{errc::cancelled, "the map that the last write left is not what is there any more; it is "
                                  "broken off, and what was asked for begins anew with a map. " +
                                      reached(*this)};
  case publish_end::not_enough_servers:
    return error{errc::not_enough_servers, reached(*this) + "; " + first_problem(*this, name)};
  case publish_end::not_confirmed:
    return error{errc::not_enough_servers,
                 "stored, not confirmed: " + describe(version) + " is " + confirmed_by(*this) +
                     ". It is kept unless another writer publishes first; run repair when servers return; " +
                     first_problem(*this, name)};
  case publish_end::unconfirmed_unknown:
    return error{errc::timeout, "may or may not take effect: " + describe(version) + " is " +
                                    confirmed_by(*this) +
                                    ", and others have not answered. Running it again resolves it; " +
                                    first_problem(*this, name)};
  case publish_end::timeout:
    return error{errc::timeout, "the publish's deadline passed. " + reached(*this)};
  case publish_end::cancelled:
    return error{errc::cancelled, reached(*this)};
  case publish_end::loop_limit:
    return error{errc::loop_limit,
                 "the publish did not converge in " + std::to_string(turns) + " turns. " + reached(*this)};
  }
  return error{errc::internal, "unknown end"};
}

publish_report report_of(const publish_tables& tables, publish_end end, std::uint32_t turns) {
  publish_report out;
  out.end = end;
  out.version = tables.version();
  out.placed = tables.placed();
  out.happiness = happiness(tables.placed());
  out.happy = tables.asked().happy;
  std::set<server_id> servers;
  std::set<share_number> numbers;
  for (const auto& place : tables.placed()) {
    servers.insert(place.server);
    numbers.insert(place.share);
  }
  out.servers = servers.size();
  out.distinct_shares = numbers.size();
  out.recoverable = numbers.size() >= tables.version().k;
  out.readable = tables.landed().size() >= tables.version().k;
  out.best_seen =
      std::ranges::all_of(tables.seen(), [&](const auto& entry) { return entry.first <= tables.version(); });
  for (const auto& place : tables.unknown())
    out.unknown_servers.insert(place.server);
  out.surprises = tables.surprises();
  out.hidden = tables.hidden();
  const auto is_surprise = [&](const share_place& place) {
    const auto at = [&](const uncoordinated_share& x) { return x.place == place; };
    return std::ranges::any_of(tables.surprises(), at) || std::ranges::any_of(tables.hidden(), at);
  };
  if (end != publish_end::kept_map_stale) { // else nothing is left behind: another publish follows
    for (const auto& [place, version] : tables.map().shares())
      if (version < tables.version() && !is_surprise(place))
        out.stale.emplace(place, version);
    for (const auto& [place, bad] : tables.map().bad_shares())
      out.stale.emplace(place, bad);
  }
  out.stale_met = tables.met.stale;
  out.own_copies = tables.met.own_copies;
  out.converged = tables.met.converged;
  out.problems = tables.problems();
  out.map = tables.map();
  out.turns = turns;
  out.messages = tables.messages_sent();
  return out;
}

} // namespace truckee::grid
