#include "truckee/grid/read/read_operation.hpp"

#include "truckee/base/text.hpp"

#include <map>
#include <vector>

namespace truckee::grid {

read_operation::read_operation(grid_limits limits, std::function<std::string(const server_id&)> server_name,
                               std::optional<version_condition> only)
  : limits_(limits), server_name_(std::move(server_name)), only_(std::move(only)) {
  map_again();
}

void read_operation::map_again() {
  action_ = {};
  action_.what = read_action::kind::map;
  action_.ask_all = maps_++ > 0;
}

namespace {

error no_version(const servermap& map, const std::function<std::string(const server_id&)>& name) {
  std::string detail;
  if (map.versions().empty() && map.bad_shares().empty()) {
    detail = "no server has a share of this file";
  } else {
    detail = "no version of this file can be read";
    for (const auto& version : map.summary().versions)
      detail += "; of " + describe(version.version) + " there are " +
                std::to_string(version.distinct_shares) + " shares and " + std::to_string(version.version.k) +
                " are needed";
  }
  // A hundred servers of one reason are said once.
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [server, why] : map.servers_failed())
    by_reason[why].push_back(name(server));
  for (const auto& [why, names] : by_reason)
    detail += "; " + some_of(names) + ": " + why;
  return {errc::not_enough_shares, std::move(detail)};
}

error another_version(const version_condition& only, const file_version& now) {
  return {errc::uncoordinated_write, "the file is at " + describe(now) + " now, and " + describe(only) +
                                         " of it was to be read, which cannot be had any more"};
}

} // namespace

std::optional<file_version> read_operation::wanted(const servermap& map) const {
  if (!only_)
    return map.best();
  for (const auto& version : map.recoverable_versions())
    if (only_->met_by(version))
      return version;
  return std::nullopt;
}

void read_operation::on_map(const servermap& map, const std::optional<file_version>& version) {
  if (action_.what != read_action::kind::map)
    return;
  if (const auto best = version ? version : wanted(map)) {
    action_ = {};
    action_.what = read_action::kind::read;
    action_.version = *best;
    return;
  }
  // Parts of several versions: somebody may have published, and deleted what was older, between one answer and the next.
  const bool torn = map.versions().size() > 1 && maps_ < 2;
  if (maps_ < limits_.read_tries_max && (torn || !map.servers_not_asked().empty()))
    map_again();
  else if (const auto now = map.best()) // another one than was asked for
    fail_with(another_version(*only_, *now));
  else
    fail_with(no_version(map, server_name_));
}

void read_operation::on_read(const std::optional<error>& failure, bool changed) {
  if (action_.what != read_action::kind::read)
    return;
  if (!failure) {
    action_ = {};
    return;
  }
  const bool worth_it = changed || failure->code == errc::not_enough_shares;
  if (worth_it && maps_ < limits_.read_tries_max)
    map_again();
  else
    fail_with(*failure);
}

void read_operation::stop(error why) {
  if (!done())
    fail_with(std::move(why));
}

void read_operation::fail_with(error why) {
  failure_ = std::move(why);
  action_ = {};
}

} // namespace truckee::grid
