#include "truckee/status/as_json.hpp"

#include "truckee/status/pages.hpp"

#include <nlohmann/json.hpp>

namespace truckee::status {

using namespace messages;
using nlohmann::json;

namespace {

json to_json(const progress_event& x) {
  json out{{"operation", x.operation}, {"kind", to_word(x.kind)},
           {"slot", x.slot},           {"text", x.text},
           {"progress", x.progress},   {"goal", x.goal},
           {"placed", x.placed},       {"outstanding", x.outstanding},
           {"bytes", x.bytes_total},   {"bytes_done", x.bytes_done},
           {"seconds", x.seconds},     {"started_unix_ms", x.started_ms},
           {"active", !x.finished}};
  if (x.segments_total > 0) {
    out["segments"] = x.segments_total;
    out["segments_done"] = x.segments_done;
  }
  if (x.finished)
    out["outcome"] = x.ok ? "ok" : to_word(x.failure);
  return out;
}

json to_json(const std::vector<progress_event>& list) {
  auto out = json::array();
  for (const auto& x : list)
    out.push_back(to_json(x));
  return out;
}

json to_json(const grid::spread& x) {
  return {{"needed", x.needed}, {"total", x.total}, {"happy", x.happy}};
}

json to_json(const link_report& x) {
  return {{"server", x.server},
          {"id", x.id},
          {"endpoint", x.endpoint},
          {"state", to_word(x.state)},
          {"detail", x.detail},
          {"latency_seconds", x.latency_seconds},
          {"bytes_in_flight", x.bytes_in_flight}};
}

json servers_of(const status_reply& status) {
  auto out = json::array();
  for (const auto& x : status.servers)
    out.push_back(to_json(x));
  return out;
}

json to_json(const publish_detail& x) {
  json out{{"mode", to_word(x.mode)}, {"version", x.version.value}, {"spread", to_json(x.spread)},
           {"tries", x.tries},        {"happiness", x.happiness},   {"servers", x.servers},
           {"not_shown", x.not_shown}};
  out["shares"] = json::array();
  for (const auto& share : x.shares)
    out["shares"].push_back({{"server", x.servers.at(share.server)},
                             {"share", share.share.value},
                             {"state", to_string(share.state)}});
  out["messages"] = json::array();
  for (const auto& m : x.messages)
    out["messages"].push_back({{"server", x.servers.at(m.server)},
                               {"shares", m.shares},
                               {"outcome", m.outcome ? json(to_word(*m.outcome)) : json()},
                               {"detail", m.detail},
                               {"sent", m.sent},
                               {"seconds", m.seconds}});
  return out;
}

} // namespace

json to_json(const strict_write_report& x) {
  return {{"outcome", to_word(x.outcome)},
          {"confirming", x.confirming},
          {"needed", x.needed},
          {"places", x.places},
          {"missed", x.missed},
          {"rounds", x.rounds},
          {"barriers", x.barriers},
          {"retired", x.retired},
          {"purged", x.purged},
          {"resent", x.resent},
          {"leftovers", x.leftovers},
          {"met_another", x.met_another},
          {"in_place_writer", x.in_place_writer}};
}

std::string as_json(const status_reply& x, json_form form) {
  return json_text(json{{"running", to_json(x.running)},
                        {"waiting", to_json(x.waiting)},
                        {"recent", to_json(x.recent)},
                        {"servers", servers_of(x)},
                        {"new_files", to_json(x.defaults)},
                        {"order", to_word(x.order)},
                        {"keys_ready", x.keys_ready},
                        {"subscribers", x.subscribers}},
                   form);
}

std::string as_json(const operation_detail& x, json_form form) {
  auto out = to_json(x.event);
  out["stages"] = json::object();
  for (const auto& stage : x.stages)
    out["stages"][std::string(to_word(stage.which))] = stage.seconds;
  out["problems"] = json::array();
  for (const auto& p : x.problems)
    out["problems"].push_back({{"server", p.server}, {"outcome", to_word(p.outcome)}, {"detail", p.detail}});
  out["publish"] = x.publish ? to_json(*x.publish) : json();
  out["strict"] = x.strict ? to_json(*x.strict) : json();
  return json_text(out, form);
}

std::string as_json(const progress_event& x, json_form form) {
  return json_text(to_json(x), form);
}

std::string servers_as_json(const status_reply& x) {
  return json_text(servers_of(x), json_form::indented);
}

} // namespace truckee::status
