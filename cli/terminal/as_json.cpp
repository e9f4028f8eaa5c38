#include "truckee/cli/terminal/as_json.hpp"

#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/terminal/report.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/status/as_json.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

using nlohmann::json;
using namespace messages;

namespace {

json places(const std::vector<share_place>& xs) {
  auto out = json::array();
  for (const auto& x : xs)
    out.push_back({{"share", x.share.value}, {"server", x.server}});
  return out;
}

json servers(const std::vector<server_report>& xs) {
  auto out = json::array();
  for (const auto& x : xs)
    out.push_back({{"server", x.server},
                   {"outcome", to_word(x.outcome)},
                   {"detail", x.detail},
                   {"seconds", x.seconds}});
  return out;
}

json stages(const std::vector<stage_seconds>& xs) {
  auto out = json::object();
  for (const auto& x : xs)
    out[std::string(to_word(x.which))] = x.seconds;
  return out;
}

json bad_shares(const std::vector<bad_share>& xs) {
  auto out = json::array();
  for (const auto& x : xs)
    out.push_back({{"server", x.server}, {"share", x.share.value}, {"reason", x.reason}});
  return out;
}

void add_failure(json& out, bool ok, const error& failure) {
  out["ok"] = ok;
  if (ok)
    return;
  out["error"] = {{"kind", to_word(failure.code)}, {"detail", without_capabilities(failure.detail)}};
}

json strict(const strict_check& x) {
  return {{"same_setting", x.same_setting},
          {"confirmed", x.confirmed},
          {"on", x.on},
          {"needed", x.needed},
          {"places", x.places},
          {"leftovers", x.leftovers},
          {"in_place_writer", x.in_place_writer}};
}

/// How an operation ended, and what there was at a gateway that had no room for it.
template <class Reply>
void add_end(json& out, const Reply& x) {
  add_failure(out, x.ok, x.failure);
  if (x.busy)
    out["busy"] = {{"operations", x.busy->operations},
                   {"content_bytes", x.busy->content_bytes},
                   {"retry_after_seconds", static_cast<double>(x.busy->retry_after_ms) / 1000}};
}

} // namespace

json as_json(const publish_reply& x) {
  json out;
  add_end(out, x);
  out["effect"] = to_word(x.became);
  if (x.operation != operation_id{})
    out["operation_id"] = crypto::to_base32(x.operation.view());
  out["version"] = x.version.value;
  out["root"] = x.root;
  out["needed"] = x.spread.needed;
  out["total"] = x.spread.total;
  out["happy"] = x.spread.happy;
  out["happiness"] = x.happiness;
  out["placed"] = places(x.placed);
  out["servers"] = servers(x.servers);
  out["unchanged"] = x.unchanged;
  out["partial"] = x.partial;
  out["whole_because"] = x.whole_because;
  out["unknown_servers"] = x.unknown_servers;
  out["stale"] = places(x.stale);
  out["recoverable"] = x.recoverable;
  out["recoverable_now"] = x.recoverable_now;
  out["stages_seconds"] = stages(x.stages);
  out["content_bytes"] = x.content_bytes;
  out["share_bytes"] = x.share_bytes;
  if (x.strict)
    out["strict"] = status::to_json(*x.strict);
  out["conflicts"] = json::array();
  for (const auto& c : x.conflicts)
    out["conflicts"].push_back(
        {{"server", c.server}, {"share", c.share.value}, {"expected", c.expected}, {"found", c.found}});
  return out;
}

json as_json(const retrieve_reply& x) {
  json out;
  add_end(out, x);
  out["version"] = x.version.value;
  out["root"] = x.root;
  out["content_bytes"] = x.content.size();
  out["file_bytes"] = x.file_bytes;
  out["newer_unreadable"] = x.newer_unreadable;
  if (x.ok)
    out["read"] = to_word(x.kind);
  out["bad_shares"] = bad_shares(x.bad);
  out["failed_servers"] = servers(x.servers);
  out["stages_seconds"] = stages(x.stages);
  return out;
}

json as_json(const check_reply& x) {
  json out;
  add_end(out, x);
  out["healthy"] = x.healthy;
  out["recoverable"] = x.recoverable;
  out["happiness"] = x.happiness;
  out["summary"] = x.summary;
  out["order"] = to_word(x.order);
  if (x.strict)
    out["strict"] = strict(*x.strict);
  out["servers"] = servers(x.servers);
  out["bad_shares"] = bad_shares(x.bad);
  out["versions"] = json::array();
  for (const auto& v : x.versions)
    out["versions"].push_back({{"version", v.version.value},
                               {"root", v.root},
                               {"needed", v.spread.needed},
                               {"total", v.spread.total},
                               {"distinct_shares", v.distinct_shares},
                               {"recoverable", v.recoverable},
                               {"content_bytes", v.content_bytes},
                               {"places", places(v.places)}});
  return out;
}

json as_json(const repair_reply& x) {
  json out;
  add_end(out, x);
  out["done"] = to_word(x.done);
  out["before"] = as_json(x.before);
  if (x.done != repair_action::nothing)
    out["write"] = as_json(x.write);
  return out;
}

json as_json(const list_leases_reply& x) {
  json out;
  add_end(out, x);
  out["failed_servers"] = servers(x.servers);
  out["leases"] = json::array();
  for (const auto& lease : x.leases)
    out["leases"].push_back({{"server", lease.server},
                             {"share", lease.share.value},
                             {"expires", lease.expires},
                             {"ours", lease.ours}});
  return out;
}

json as_json(const change_answer& x) {
  json out;
  add_failure(out, x.ok, x.failure);
  out["changed"] = x.changed;
  out["needs_restart"] = x.needs_restart;
  return out;
}

json with_format(json reply, std::string_view cap) {
  if (const auto parsed = crypto::parse_capability(cap))
    reply["format"] = to_word(crypto::format_of(parsed->file));
  return reply;
}

} // namespace truckee::cli
