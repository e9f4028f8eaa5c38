#include "truckee/grid/publish/publish_report.hpp"

namespace truckee::grid {

std::string_view to_string(write_outcome_kind kind) {
  switch (kind) {
  case write_outcome_kind::written:
    return "written";
  case write_outcome_kind::test_failed:
    return "test failed";
  case write_outcome_kind::no_space:
    return "no space";
  case write_outcome_kind::read_only:
    return "read-only";
  case write_outcome_kind::refused:
    return "refused";
  case write_outcome_kind::bad_write_enabler:
    return "bad write enabler";
  case write_outcome_kind::unreachable:
    return "unreachable";
  case write_outcome_kind::unknown:
    return "unknown";
  case write_outcome_kind::malformed:
    return "malformed answer";
  }
  return "unknown outcome";
}

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
  case publish_end::not_enough_servers:
    return "Failed: not enough servers";
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

std::string first_problem(const publish_report& report, const server_name& name) {
  if (report.problems.empty())
    return "none that took part has a problem: there are too few";
  const auto& p = report.problems.front();
  std::string out = "first error: server " + name(p.server) + ": " + std::string(to_string(p.kind));
  if (!p.detail.empty())
    out += ", " + p.detail;
  if (p.recorded_node)
    out += ", recorded by node " + to_hex(p.recorded_node->view());
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
    return error{errc::uncoordinated_write,
                 "somebody else wrote: " + evidence(surprises, name) + ". " + reached(*this)};
  case publish_end::map_outdated:
    return error{errc::uncoordinated_write, "a version came to light that no server showed before: " +
                                                evidence(hidden, name) + ". Map again. " + reached(*this)};
  case publish_end::not_enough_servers:
    return error{errc::not_enough_servers, reached(*this) + "; " + first_problem(*this, name)};
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

} // namespace truckee::grid
