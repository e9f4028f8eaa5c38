#pragma once

/// The inspections of messages/gateway.hpp.

#include "truckee/messages/gateway.hpp"
#include "truckee/messages/wire/hello.hpp"
#include "truckee/messages/wire/values.hpp"

#include <algorithm>

namespace truckee::grid {

template <class Inspector>
auto inspect(Inspector& f, spread& x) {
  auto accept = [&] { return x.needed >= 1 && x.needed <= x.total && x.happy >= 1 && x.happy <= x.total; };
  return messages::inspect_checked(f, x, accept, x.needed, x.total, x.happy);
}

} // namespace truckee::grid

namespace truckee::messages {

template <class Inspector>
auto inspect(Inspector& f, operation_token& x) {
  return inspect_members(f, x, x.value);
}

/// A capability is a secret: logs of messages show only that there is one.
struct cap_member {
  secret_text& value;
};

template <class Inspector>
auto inspect(Inspector& f, cap_member& x) {
  if constexpr (is_for_people_v<Inspector>)
    return detail::show(f, x.value.empty() ? "<no capability>" : "<capability>");
  else
    return inspect_members(f, x, static_cast<std::string&>(x.value));
}

/// A private key, likewise.
struct key_member {
  secret_text& value;
};

template <class Inspector>
auto inspect(Inspector& f, key_member& x) {
  if constexpr (is_for_people_v<Inspector>)
    return detail::show(f, x.value.empty() ? "<no private key>" : "<private key>");
  else
    return inspect_members(f, x, static_cast<std::string&>(x.value));
}

template <class Inspector>
auto inspect(Inspector& f, version_name& x) {
  return inspect_members(f, x, x.version, x.root);
}

template <class Inspector>
auto inspect(Inspector& f, read_content& x) {
  return inspect_members(f, x, x.offset, x.length);
}

template <class Inspector>
auto inspect(Inspector& f, content_part& x) {
  return inspect_members(f, x, x.failure, x.ok, x.data);
}

/// A flag, and an actor where there is one: reading one takes a connection.
struct source_member {
  content_source& source;
};

template <class Inspector>
auto inspect(Inspector& f, source_member& x) {
  bool present = static_cast<bool>(x.source);
  if constexpr (is_loading_v<Inspector>) {
    auto r = inspect_members(f, x, present);
    if (!inspection_ok(r) || !present)
      return r;
    return inspect_members(f, x, x.source);
  } else {
    return present ? inspect_members(f, x, present, x.source) : inspect_members(f, x, present);
  }
}

template <class Inspector>
auto inspect(Inspector& f, lent_content& x) {
  source_member source{x.source};
  return inspect_members(f, x, source, x.bytes);
}

template <class Inspector>
auto inspect(Inspector& f, publish_request& x) {
  cap_member cap{x.write_cap};
  optional_member<grid::spread> spread{x.spread};
  enum_member<file_format> format{x.format, file_format_count};
  optional_member<version_name> only_if{x.only_if};
  key_member key{x.private_key};
  optional_member<std::uint64_t> offset{x.offset};
  return inspect_members(f, x, x.token, cap, x.content, format, spread, only_if, x.timeout_ms, x.operation,
                         key, offset, x.cut, x.lent);
}

template <class Inspector>
auto inspect(Inspector& f, append_request& x) {
  cap_member cap{x.write_cap};
  return inspect_members(f, x, x.token, cap, x.data, x.timeout_ms, x.operation);
}

template <class Inspector>
auto inspect(Inspector& f, share_place& x) {
  return inspect_members(f, x, x.server, x.share);
}

template <class Inspector>
auto inspect(Inspector& f, stage_seconds& x) {
  auto which = checked(x.which);
  finite_member seconds{x.seconds};
  return inspect_members(f, x, which, seconds);
}

template <class Inspector>
auto inspect(Inspector& f, server_report& x) {
  auto outcome = checked(x.outcome);
  finite_member seconds{x.seconds};
  return inspect_members(f, x, x.server, outcome, x.detail, seconds);
}

template <class Inspector>
auto inspect(Inspector& f, write_conflict& x) {
  return inspect_members(f, x, x.server, x.share, x.expected, x.found);
}

template <class Inspector>
auto inspect(Inspector& f, backlog& x) {
  return inspect_members(f, x, x.operations, x.content_bytes, x.retry_after_ms);
}

template <class Inspector>
auto inspect(Inspector& f, strict_write_report& x) {
  auto outcome = checked(x.outcome);
  return inspect_members(f, x, outcome, x.confirming, x.needed, x.places, x.missed, x.rounds, x.barriers,
                         x.retired, x.purged, x.resent, x.leftovers, x.met_another, x.in_place_writer);
}

template <class Inspector>
auto inspect(Inspector& f, publish_reply& x) {
  cap_member cap{x.write_cap};
  optional_member<backlog> busy{x.busy};
  enum_member<effect> became{x.became, effect_count};
  optional_member<strict_write_report> strict{x.strict};
  return inspect_members(f, x, x.failure, x.ok, cap, x.version, x.spread, x.happiness, x.placed, x.servers,
                         x.conflicts, x.unknown_servers, x.stale, x.unchanged, x.recoverable,
                         x.recoverable_now, x.stages, x.content_bytes, x.share_bytes, busy, became,
                         x.operation, x.root, strict, x.partial, x.whole_because);
}

template <class Inspector>
auto inspect(Inspector& f, resolve_request& x) {
  cap_member cap{x.write_cap};
  return inspect_members(f, x, cap, x.operation);
}

template <class Inspector>
auto inspect(Inspector& f, resolve_reply& x) {
  enum_member<effect> became{x.became, effect_count};
  return inspect_members(f, x, x.known, x.running, became, x.version);
}

template <class Inspector>
auto inspect(Inspector& f, retrieve_request& x) {
  cap_member cap{x.cap};
  optional_member<version_name> only_if{x.only_if};
  return inspect_members(f, x, x.token, cap, x.timeout_ms, x.confirmed, x.offset, x.length, only_if);
}

template <class Inspector>
auto inspect(Inspector& f, bad_share& x) {
  return inspect_members(f, x, x.server, x.share, x.reason);
}

template <class Inspector>
auto inspect(Inspector& f, retrieve_reply& x) {
  optional_member<backlog> busy{x.busy};
  auto kind = checked(x.kind);
  return inspect_members(f, x, x.failure, x.ok, x.content, x.version, x.root, x.file_bytes, x.bad, x.servers,
                         x.stages, busy, x.newer_unreadable, kind);
}

template <class Inspector>
auto inspect(Inspector& f, check_request& x) {
  cap_member cap{x.cap};
  return inspect_members(f, x, x.token, cap, x.timeout_ms, x.verify, x.add_lease);
}

template <class Inspector>
auto inspect(Inspector& f, version_report& x) {
  return inspect_members(f, x, x.version, x.root, x.spread, x.distinct_shares, x.recoverable, x.content_bytes,
                         x.places);
}

template <class Inspector>
auto inspect(Inspector& f, strict_check& x) {
  return inspect_members(f, x, x.same_setting, x.confirmed, x.on, x.needed, x.places, x.leftovers,
                         x.in_place_writer);
}

template <class Inspector>
auto inspect(Inspector& f, check_reply& x) {
  optional_member<backlog> busy{x.busy};
  auto order = checked(x.order);
  optional_member<strict_check> strict{x.strict};
  return inspect_members(f, x, x.failure, x.ok, x.healthy, x.recoverable, x.happiness, x.versions, x.bad,
                         x.servers, x.summary, busy, order, strict);
}

template <class Inspector>
auto inspect(Inspector& f, repair_request& x) {
  cap_member cap{x.write_cap};
  return inspect_members(f, x, x.token, cap, x.force, x.timeout_ms);
}

template <class Inspector>
auto inspect(Inspector& f, repair_reply& x) {
  optional_member<backlog> busy{x.busy};
  enum_member<repair_action> done{x.done, repair_action_count};
  return inspect_members(f, x, x.failure, x.ok, done, x.before, x.write, busy);
}

template <class Inspector>
auto inspect(Inspector& f, list_leases_request& x) {
  cap_member cap{x.cap};
  return inspect_members(f, x, x.token, cap);
}

template <class Inspector>
auto inspect(Inspector& f, lease_report& x) {
  return inspect_members(f, x, x.server, x.share, x.expires, x.ours);
}

template <class Inspector>
auto inspect(Inspector& f, list_leases_reply& x) {
  optional_member<backlog> busy{x.busy};
  return inspect_members(f, x, x.failure, x.ok, x.leases, x.servers, busy);
}

template <class Inspector>
auto inspect(Inspector& f, cancel_request& x) {
  return inspect_members(f, x, x.token, x.operation);
}

template <class Inspector>
auto inspect(Inspector& f, cancel_answer& x) {
  return inspect_members(f, x, x.found, x.failure);
}

template <class Inspector>
auto inspect(Inspector& f, progress_event& x) {
  finite_member progress{x.progress};
  finite_member seconds{x.seconds};
  auto kind = checked(x.kind);
  auto failure = checked(x.failure);
  return inspect_members(f, x, x.token, x.operation, kind, x.slot, x.text, progress, x.goal, x.placed,
                         x.outstanding, x.bytes_total, x.bytes_done, x.started_ms, seconds, x.finished, x.ok,
                         failure, x.segments_total, x.segments_done);
}

template <class Inspector>
auto inspect(Inspector& f, subscribe& x) {
  return inspect_members(f, x, x.listener, x.only);
}

template <class Inspector>
auto inspect(Inspector& f, unsubscribe& x) {
  return inspect_members(f, x, x.listener);
}

template <class Inspector>
auto inspect(Inspector& f, subscribe_answer& x) {
  return inspect_members(f, x, x.accepted);
}

template <class Inspector>
auto inspect(Inspector& f, link_report& x) {
  auto state = checked(x.state);
  finite_member latency{x.latency_seconds};
  return inspect_members(f, x, x.server, x.id, x.endpoint, state, x.detail, latency, x.bytes_in_flight);
}

template <class Inspector>
auto inspect(Inspector& f, status_request& x) {
  return inspect_members(f, x);
}

template <class Inspector>
auto inspect(Inspector& f, status_reply& x) {
  auto order = checked(x.order);
  return inspect_members(f, x, x.running, x.waiting, x.recent, x.servers, x.keys_ready, x.subscribers,
                         x.defaults, order);
}

template <class Inspector>
auto inspect(Inspector& f, share_cell& x) {
  enum_member<grid::share_state> state{x.state, grid::share_state_count};
  return inspect_members(f, x, x.server, x.share, state);
}

template <class Inspector>
auto inspect(Inspector& f, server_message& x) {
  optional_enum_member<server_outcome> outcome{x.outcome, server_outcome_words.size()};
  finite_member sent{x.sent};
  finite_member seconds{x.seconds};
  return inspect_members(f, x, x.server, x.shares, outcome, x.detail, sent, seconds);
}

template <class Inspector>
auto inspect(Inspector& f, publish_detail& x) {
  auto mode = checked(x.mode);
  auto accept = [&] {
    const auto known = [&](const auto& each) { return each.server < x.servers.size(); };
    return x.shares.size() <= detail_shares_max && x.messages.size() <= detail_messages_max &&
           std::ranges::all_of(x.shares, known) && std::ranges::all_of(x.messages, known);
  };
  return inspect_checked(f, x, accept, mode, x.version, x.spread, x.tries, x.happiness, x.servers, x.shares,
                         x.messages, x.not_shown);
}

template <class Inspector>
auto inspect(Inspector& f, operation_detail_request& x) {
  return inspect_members(f, x, x.operation);
}

template <class Inspector>
auto inspect(Inspector& f, operation_detail& x) {
  optional_member<publish_detail> publish{x.publish};
  optional_member<strict_write_report> strict{x.strict};
  return inspect_members(f, x, x.found, x.event, x.stages, x.problems, publish, strict);
}

template <class Inspector>
auto inspect(Inspector& f, server_change& x) {
  enum_member<server_step> step{x.step, server_step_count};
  return inspect_members(f, x, step, x.server, x.address, x.id, x.certificate_pin, x.any_user);
}

template <class Inspector>
auto inspect(Inspector& f, limit_change& x) {
  optional_member<std::uint64_t> value{x.value};
  return inspect_members(f, x, x.name, value);
}

template <class Inspector>
auto inspect(Inspector& f, change_request& x) {
  optional_member<grid::spread> spread{x.spread};
  optional_member<bool> read_only{x.read_only};
  auto accept = [&] { return x.servers.size() <= changes_max && x.limits.size() <= changes_max; };
  return inspect_checked(f, x, accept, x.read_file, x.servers, spread, read_only, x.limits);
}

template <class Inspector>
auto inspect(Inspector& f, change_answer& x) {
  return inspect_members(f, x, x.ok, x.failure, x.changed, x.needs_restart);
}

} // namespace truckee::messages
