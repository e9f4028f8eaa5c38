#include "truckee/actors/operations/replies.hpp"

#include "truckee/grid/happiness.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace truckee::actors {

using namespace messages;

messages::share_place place_of(const server_list& servers, const grid::share_place& place) {
  return {servers.name_of(place.server), place.share};
}

std::vector<messages::share_place> places_of(const server_list& servers,
                                             const std::vector<grid::share_place>& places) {
  std::vector<messages::share_place> out;
  for (const auto& place : places)
    out.push_back(place_of(servers, place));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.share, a.server) < std::tie(b.share, b.server);
  });
  return out;
}

void fill_reply(publish_reply& reply, const server_list& servers, const publish_result& result) {
  const auto& report = result.report;
  reply.stages.insert(reply.stages.end(), result.stages.begin(), result.stages.end());
  if (result.failure)
    return; // nothing was sent: the report has no version, and "0 of 0 shares" would not even cross the
            // network
  reply.version = report.version.sequence;
  reply.root = to_hex(report.version.root.view());
  reply.spread = {report.version.k, report.version.n, static_cast<std::uint8_t>(report.happy)};
  reply.happiness = static_cast<std::uint32_t>(report.happiness);
  reply.placed = places_of(servers, {report.placed.begin(), report.placed.end()});
  reply.servers.insert(reply.servers.end(), result.servers.begin(), result.servers.end());
  for (const auto* found : {&report.surprises, &report.hidden})
    for (const auto& x : *found)
      reply.conflicts.push_back(
          {servers.name_of(x.place.server), x.place.share, describe(x.expected), describe(x.found)});
  for (const auto& server : report.unknown_servers)
    reply.unknown_servers.push_back(servers.name_of(server));
  for (const auto& [place, what] : report.stale)
    reply.stale.push_back(place_of(servers, place));
  reply.recoverable = report.recoverable;
  reply.share_bytes += result.share_bytes;
}

std::optional<error> fill_end(publish_reply& reply, const server_list& servers,
                              const grid::write_result& result) {
  switch (result.end) {
  case grid::write_end::already_applied:
    // What it stands in may be another writer's version: told is that one, and not what became of our tries.
    reply.unchanged = true;
    reply.version = result.found->sequence;
    reply.root = to_hex(result.found->root.view());
    reply.spread = {result.found->k, result.found->n, reply.spread.happy};
    reply.spread.happy = std::clamp<std::uint8_t>(reply.spread.happy, 1, result.found->n);
    reply.happiness = static_cast<std::uint32_t>(grid::happiness(result.found_at));
    reply.placed = places_of(servers, {result.found_at.begin(), result.found_at.end()});
    reply.recoverable = true;
    return std::nullopt;
  case grid::write_end::written:
  case grid::write_end::unchanged:
    reply.unchanged = result.end == grid::write_end::unchanged;
    return std::nullopt;
  case grid::write_end::running:
  case grid::write_end::uncoordinated_write:
  case grid::write_end::version_changed:
  case grid::write_end::unrecoverable:
  case grid::write_end::failed:
    break;
  }
  for (const auto& version : result.recoverable_now)
    reply.recoverable_now += (reply.recoverable_now.empty() ? "" : ", ") + describe(version);
  if (result.failure)
    return result.failure;
  return error{errc::internal, "the write ended as \"" + std::string(to_string(result.end)) + "\""};
}

strict_write_report strict_report_of(const server_list& servers, const grid::strict_tally& tally,
                                     strict_outcome outcome, std::string in_place_writer) {
  const auto number = [](std::size_t x) { return static_cast<std::uint32_t>(x); };
  strict_write_report out;
  out.outcome = outcome;
  out.confirming = number(tally.confirming);
  out.needed = number(tally.needed);
  out.places = number(tally.places);
  for (const auto& server : tally.missed)
    out.missed.push_back(servers.name_of(server));
  std::ranges::sort(out.missed);
  out.rounds = number(tally.rounds);
  out.barriers = number(tally.barriers);
  out.retired = number(tally.retired);
  out.purged = number(tally.purged);
  out.resent = number(tally.resent);
  out.leftovers = number(tally.leftovers);
  out.met_another = tally.met_another;
  out.in_place_writer = std::move(in_place_writer);
  return out;
}

std::optional<error> failure_of(const publish_result& result, const server_list& servers) {
  return result.failure ? result.failure
                        : result.report.failure([&](const server_id& id) { return servers.name_of(id); });
}

list_leases_reply leases_reply_of(const server_list& servers, const gathered<read_leases_answer>& answers) {
  list_leases_reply out;
  out.ok = true;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& server = servers.entries()[i].name;
    const auto& x = answers[i];
    if (!x || x->how != delivery::answered || x->answer.status != grid::storage_status::ok) {
      out.servers.push_back(
          {server, server_outcome::failed, !x ? "no answer" : x->detail + x->answer.detail, 0});
      continue;
    }
    for (const auto& lease : x->answer.leases)
      out.leases.push_back({server, lease.share, lease.expires, lease.ours});
  }
  return out;
}

namespace {

version_report version_report_of(const server_list& servers, const grid::version_health& health) {
  version_report out;
  out.version = health.version.sequence;
  out.root = to_hex(health.version.root.view().first(4));
  out.spread = {health.version.k, health.version.n, health.version.k};
  out.distinct_shares = static_cast<std::uint32_t>(health.distinct_shares);
  out.recoverable = health.recoverable;
  out.content_bytes = health.version.data_length;
  out.places = places_of(servers, health.places);
  return out;
}

std::string summary_of(const grid::map_summary& summary, const check_reply& reply) {
  std::string out{to_string(summary.health)};
  if (!summary.versions.empty()) {
    const auto& v = reply.versions.front();
    std::set<std::string> holders;
    for (const auto& place : v.places)
      holders.insert(place.server);
    out += fmt::format(": version {} with {} of {} shares on {} servers, {} needed", v.version.value,
                       v.distinct_shares, v.spread.total, holders.size(), v.spread.needed);
    if (reply.versions.size() > 1)
      out += fmt::format("; {} other version{} about", reply.versions.size() - 1,
                         reply.versions.size() > 2 ? "s" : "");
  } else {
    out += ": no good share was found";
  }
  if (!reply.bad.empty())
    out += fmt::format("; {} damaged share{}", reply.bad.size(), reply.bad.size() > 1 ? "s" : "");
  if (summary.servers_failed > 0)
    out += fmt::format("; {} server{} did not answer", summary.servers_failed,
                       summary.servers_failed > 1 ? "s" : "");
  return out;
}

} // namespace

check_reply check_reply_of(const server_list& servers, const grid::servermap& map) {
  const auto summary = map.summary();
  check_reply out;
  out.ok = true;
  out.healthy = summary.health == grid::file_health::healthy;
  out.recoverable = summary.health != grid::file_health::unrecoverable;
  // The best version first: the greatest that can be read, then the others, greatest first.
  const auto best = map.best();
  for (const auto& health : summary.versions) {
    auto report = version_report_of(servers, health);
    if (best && health.version == *best) {
      out.happiness = static_cast<std::uint32_t>(health.happiness);
      out.versions.insert(out.versions.begin(), std::move(report));
    } else {
      out.versions.push_back(std::move(report));
    }
  }
  for (const auto& [place, reason] : summary.bad)
    out.bad.push_back({servers.name_of(place.server), place.share, reason});
  for (const auto& server : servers.entries()) {
    const auto failed = map.servers_failed().find(server.id);
    if (failed != map.servers_failed().end())
      out.servers.push_back({server.name, server_outcome::failed, failed->second, 0});
    else
      out.servers.push_back({server.name,
                             map.answered(server.id) ? server_outcome::answered : server_outcome::not_asked,
                             {},
                             0});
  }
  out.summary = summary_of(summary, out);
  return out;
}

} // namespace truckee::actors
