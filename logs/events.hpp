#pragma once

#include "truckee/logs/words.hpp"

#include <array>

/// Every event a node tells of. Reading this file tells what can stand in a log; docs/operations.md says what
/// to do about each.
///
/// Rules: a line has exactly the keys listed, in that order, behind time, level, component and event; seconds
/// and bytes; `operation` is the gateway's number of what it was asked to do; `slot` is the first five
/// letters of a storage index; `server` is a name of the configuration; never anything secret.
namespace truckee::logs {

/// What can be told: its name, who tells it, how grave it is, its keys and its meaning.
struct event {
  std::string_view name;
  component from;
  level severity;
  std::string_view keys; ///< separated by a space
  std::string_view help;
};

namespace events {

// -- the process
inline constexpr event client_started{
    "client_started", component::node, level::info, "version caf servers needed total happy tls",
    "A client or gateway runs: how many servers it knows and how it spreads "
    "new files."};
inline constexpr event storage_started{"storage_started", component::node, level::info,
                                       "version caf name directory id read_only reserved_bytes durability",
                                       "A storage server has opened its store."};
inline constexpr event listening{
    "listening", component::node, level::info, "what address tls",
    "A port is open: storage, gbs (Tahoe-LAFS's clients), gateway, metrics or status."};
inline constexpr event stopping{"stopping", component::node, level::info, "reason",
                                "The node was told to end; running operations end first."};
inline constexpr event stopped{"stopped", component::node, level::info, "seconds",
                               "Everything has ended; the last line of an orderly end."};
inline constexpr event part_ended{"part_ended", component::node, level::error, "what reason",
                                  "An actor that should stay has ended, or could not be started; it and what "
                                  "it works with are started again soon."};
inline constexpr event part_restarted{"part_restarted", component::node, level::info, "what",
                                      "What had ended runs again."};
inline constexpr event end_forced{"end_forced", component::node, level::warning, "patience_seconds",
                                  "Operations were still running when the time to end was over; they were "
                                  "broken off."};

inline constexpr event settings_changed{"settings_changed", component::node, level::info,
                                        "by changed needs_restart",
                                        "SIGHUP, or another node: what a running node took on of other "
                                        "settings, and what only a new process does."};
inline constexpr event settings_refused{"settings_refused", component::node, level::error, "by detail",
                                        "SIGHUP, or another node: the file or the change is wrong; all is "
                                        "left as it was."};

// -- the connection to a server
inline constexpr event link_connecting{"link_connecting", component::link, level::debug, "server attempt",
                                       "A connection is tried."};
inline constexpr event link_up{"link_up", component::link, level::info, "server id latency_seconds",
                               "A server introduced itself and takes requests."};
inline constexpr event link_reconnected{"link_reconnected", component::link, level::info,
                                        "server away_seconds", "A server that was away is back."};
inline constexpr event link_down{"link_down", component::link, level::warning, "server state reason",
                                 "A server cannot be reached (unreachable) or does not answer (silent); said "
                                 "once, until it is back or the reason changes."};
inline constexpr event link_refused{"link_refused", component::link, level::error, "server reason",
                                    "What answers there must not be used: another node id, or no storage "
                                    "server."};
inline constexpr event request_broke{"request_broke", component::link, level::warning, "server reason",
                                     "A server's answer broke the protocol, or it refused the message "
                                     "outright."};

inline constexpr event peer_refused{"peer_refused", component::node, level::warning, "what reason",
                                    "A caller was turned away: it speaks another generation of our protocol "
                                    "(it was told both versions; one of the two must be updated), or got no "
                                    "metrics (said once a minute and reason)."};

inline constexpr event caller_refused{
    "caller_refused", component::node, level::warning, "address source reason detail untold",
    "A caller was not let in at a port, or was put out: its certificate, what "
    "it sent, another user of this machine, too many. Said 20 times at once "
    "and once each 10 s; `untold` were not said since the last line."};

// -- what the gateway was asked
inline constexpr event operation_waiting{"operation_waiting", component::operation, level::info,
                                         "operation kind slot behind",
                                         "Another operation on the same file comes first."};
inline constexpr event operation_begun{"operation_begun", component::operation, level::info,
                                       "operation kind slot bytes", "An operation began."};
inline constexpr event operation_ended{"operation_ended", component::operation, level::info,
                                       "operation kind slot outcome effect detail seconds",
                                       "An operation ended, well (outcome ok) or not; whoever asked has the "
                                       "whole answer. `effect`: what became of a publish or an append "
                                       "(applied, not_applied, may_be_applied)."};
inline constexpr event request_refused{"request_refused", component::operation, level::info,
                                       "kind outcome effect detail",
                                       "A request that never became an operation: a capability that does not "
                                       "allow it, a limit."};
inline constexpr event cancel_asked{"cancel_asked", component::operation, level::info, "operation reason",
                                    "An operation was asked to end early."};
inline constexpr event subscriber_joined{"subscriber_joined", component::operation, level::debug,
                                         "subscribers", "Somebody watches progress."};
inline constexpr event subscriber_left{"subscriber_left", component::operation, level::debug, "subscribers",
                                       "Somebody who watched has ended."};
inline constexpr event subscriber_refused{"subscriber_refused", component::operation, level::warning,
                                          "subscribers", "Nobody more may watch progress: the limit."};

// -- the writing of a version
inline constexpr event publish_ended{
    "publish_ended", component::publish, level::info,
    "operation slot version outcome placed total happiness happy share_bytes encrypt encode hash sign pack "
    "push",
    "The shares of one version were sent: how many are placed, on how many servers, seconds a stage."};
inline constexpr event shares_written{"shares_written", component::publish, level::debug,
                                      "operation server shares seconds", "A server took shares."};
inline constexpr event share_write_failed{"share_write_failed", component::publish, level::warning,
                                          "operation server shares outcome detail seconds",
                                          "A server did not take shares, or nobody knows whether it did."};
inline constexpr event share_rehomed{"share_rehomed", component::publish, level::info,
                                     "operation share from to reason",
                                     "A share goes to another server than the one that did not take it."};
inline constexpr event stale_share_met{
    "stale_share_met", component::publish, level::info, "operation server share found",
    "An older or damaged share that the map did not show; it is replaced."};
inline constexpr event stale_share_left{"stale_share_left", component::publish, level::warning,
                                        "operation server share found",
                                        "An older or damaged share could not be replaced."};
inline constexpr event uncoordinated_write{"uncoordinated_write", component::publish, level::warning,
                                           "operation server share expected found",
                                           "Another writer's share was met; this writer stopped."};
inline constexpr event hidden_version_met{"hidden_version_met", component::publish, level::info,
                                          "operation server share expected found",
                                          "A version that no server showed to the map came to light; the "
                                          "file is mapped again, the write goes above it."};
inline constexpr event unknown_write_left{"unknown_write_left", component::publish, level::warning,
                                          "operation server",
                                          "A server never said whether it wrote; the next publish looks."};
inline constexpr event kept_map_stale{"kept_map_stale", component::publish, level::info, "operation",
                                      "The map that this client's last write left is not what is there any "
                                      "more; the file is mapped, and the write begins anew."};
inline constexpr event whole_file_published{
    "whole_file_published", component::publish, level::info, "operation reason",
    "A part of an MDMF file was to be written, and the whole file is: a "
    "share is not in its place, or its message was not taken."};
inline constexpr event collision_wait{"collision_wait", component::publish, level::info, "operation seconds",
                                      "After a collision the writer waits, then starts over."};
inline constexpr event in_place_writer{"in_place_writer", component::publish, level::warning,
                                       "operation version",
                                       "Somebody writes in place to a file that is kept strictly: what is "
                                       "acknowledged can be lost."};
inline constexpr event other_setting{"other_setting", component::publish, level::error, "operation detail",
                                     "A file is written under another setting of the strict order, or spread "
                                     "otherwise, than the grid file says; nothing was written."};
inline constexpr event strict_write_ended{
    "strict_write_ended", component::publish, level::info,
    "operation outcome confirming needed places rounds barriers retired purged resent leftovers met_another",
    "A write to a file that is kept strictly: on how many servers its version is, how many confirm one, and "
    "what "
    "it took: rounds, barriers, shares and versions deleted, messages sent again, leftovers of others."};

// -- maps, reads, verification
inline constexpr event map_made{"map_made", component::read, level::debug,
                                "operation slot versions shares bad failed_servers seconds",
                                "Servers were asked for their shares of a file."};
inline constexpr event map_gap{"map_gap", component::read, level::info, "operation server reason",
                               "A server did not answer a map's question."};
inline constexpr event corrupt_share{"corrupt_share", component::read, level::warning,
                                     "operation server share reason",
                                     "A share does not verify; others are used, and the next publish or "
                                     "repair replaces it."};
inline constexpr event lying_server{"lying_server", component::read, level::warning,
                                    "operation server share reason",
                                    "A share whose beginning verified and whose body does not: damaged, or "
                                    "the server makes things up."};

// -- keys and room
inline constexpr event key_made{"key_made", component::keys, level::debug, "ready wanted seconds",
                                "A fresh key for a new file."};
inline constexpr event keys_ready{"keys_ready", component::keys, level::info, "ready",
                                  "As many fresh keys are at hand as were asked for."};
inline constexpr event key_failed{"key_failed", component::keys, level::error, "detail",
                                  "No key can be made."};
inline constexpr event budget_wait{"budget_wait", component::budget, level::info,
                                   "operation bytes used budget",
                                   "A publish waits for room in memory; others hold it."};
inline constexpr event budget_granted{"budget_granted", component::budget, level::info,
                                      "operation bytes seconds", "A publish that waited got its room."};

// -- a share store
inline constexpr event storage_request{"storage_request", component::storage, level::debug,
                                       "store kind slot outcome bytes seconds", "A request was served."};
inline constexpr event storage_refused{"storage_refused", component::storage, level::warning,
                                       "store kind queued_calls queued_bytes",
                                       "Too much is queued; the client is told to come again."};
inline constexpr event storage_failed{"storage_failed", component::storage, level::warning,
                                      "store kind slot outcome detail", "A request could not be served."};
inline constexpr event write_enabler_mismatch{
    "write_enabler_mismatch", component::storage, level::warning, "store slot recorded_by",
    "A write with another secret than the one recorded; usually the "
    "store has a new node id."};
inline constexpr event corruption_advised{
    "corruption_advised", component::storage, level::warning, "store slot share reason",
    "A client says that a share does not verify, and why, in its words; the store's folder keeps it whole."};
inline constexpr event space_low{"space_low", component::storage, level::warning, "store bytes_available",
                                 "Less than 1 GiB may still be written."};
inline constexpr event leases_expired{"leases_expired", component::storage, level::info,
                                      "store mode slots shares bytes kept failed",
                                      "A look for shares whose leases have ended is over: removed them (on) "
                                      "or counted them (dry-run)."};
inline constexpr event space_back{"space_back", component::storage, level::info, "store bytes_available",
                                  "There is room again."};

// -- the log itself
inline constexpr event log_reopened{
    "log_reopened", component::log, level::info, "file",
    "SIGHUP: the log goes on in the file of that name, a new one where the old "
    "one was moved away."};
inline constexpr event lines_dropped{"lines_dropped", component::log, level::warning, "lines",
                                     "What takes the log was too slow; so many lines before this one are "
                                     "missing."};

} // namespace events

inline constexpr std::array all_events{
    events::client_started,
    events::storage_started,
    events::listening,
    events::settings_changed,
    events::settings_refused,
    events::stopping,
    events::stopped,
    events::part_ended,
    events::part_restarted,
    events::end_forced,
    events::link_connecting,
    events::link_up,
    events::link_reconnected,
    events::link_down,
    events::link_refused,
    events::request_broke,
    events::peer_refused,
    events::caller_refused,
    events::operation_waiting,
    events::operation_begun,
    events::operation_ended,
    events::request_refused,
    events::cancel_asked,
    events::subscriber_joined,
    events::subscriber_left,
    events::subscriber_refused,
    events::publish_ended,
    events::shares_written,
    events::share_write_failed,
    events::share_rehomed,
    events::stale_share_met,
    events::stale_share_left,
    events::uncoordinated_write,
    events::hidden_version_met,
    events::unknown_write_left,
    events::kept_map_stale,
    events::whole_file_published,
    events::collision_wait,
    events::in_place_writer,
    events::other_setting,
    events::strict_write_ended,
    events::map_made,
    events::map_gap,
    events::corrupt_share,
    events::lying_server,
    events::key_made,
    events::keys_ready,
    events::key_failed,
    events::budget_wait,
    events::budget_granted,
    events::storage_request,
    events::storage_refused,
    events::storage_failed,
    events::write_enabler_mismatch,
    events::corruption_advised,
    events::space_low,
    events::space_back,
    events::leases_expired,
    events::log_reopened,
    events::lines_dropped,
};

} // namespace truckee::logs
