#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// Every metric family Truckee has, with its labels and meaning. Reading this file tells what can be seen
/// from outside.
///
/// Rules: seconds and bytes, never milliseconds; counters end in `_total`; labels are bounded (`server` and
/// `store` are names of the configuration, everything else comes from an enumeration); never a capability,
/// key or storage index.
namespace truckee::metrics {

/// The types of Prometheus that are used.
enum class family_type : std::uint8_t { counter, gauge, histogram };

/// One family as it is scraped.
struct family {
  std::string_view name;
  family_type type;
  std::string_view labels; ///< separated by a space; for people and tests
  std::string_view help;
};

namespace families {

using enum family_type;

// Publishing, seen from the client.
inline constexpr family publishes{
    "truckee_publishes_total", counter, "outcome",
    "Publishes that ended or were refused, by outcome: ok, the kind of error, or "
    "abandoned."};
inline constexpr family publish_duration{"truckee_publish_duration_seconds", histogram, "",
                                         "Time from the start of a publish to its end, however it ended."};
inline constexpr family publish_stage_duration{
    "truckee_publish_stage_duration_seconds", histogram, "stage",
    "Time one publish spent in one stage: map, encrypt, encode, hash, sign, pack or push."};
inline constexpr family publishes_running{"truckee_publishes_running", gauge, "", "Publishes under way now."};
inline constexpr family publishes_waiting{
    "truckee_publishes_waiting", gauge, "",
    "Publishes queued behind another on their file, or for bytes in flight."};
inline constexpr family goal_shares{"truckee_publish_goal_shares", gauge, "",
                                    "Shares that the running publishes want placed, summed."};
inline constexpr family placed_shares{"truckee_publish_placed_shares", gauge, "",
                                      "Shares that the running publishes know to be placed, summed."};
inline constexpr family outstanding_shares{
    "truckee_publish_outstanding_shares", gauge, "",
    "Shares sent by the running publishes and not yet answered, summed."};
inline constexpr family happiness{"truckee_publish_happiness_servers", histogram, "",
                                  "Distinct servers that a finished publish reached by maximum matching."};
inline constexpr family below_happiness{"truckee_publishes_below_happiness_total", counter, "",
                                        "Publishes that ended with fewer servers than happiness asks for."};
inline constexpr family plaintext_bytes{
    "truckee_publish_plaintext_bytes_total", counter, "format",
    "Bytes of content given to publishes, by the file's format: sdmf or mdmf."};
inline constexpr family part_writes{
    "truckee_part_writes_total", counter, "sent",
    "Publishes of appends and of content with an offset to MDMF files, by what was sent: part (only what "
    "changed), whole (a whole version, for no part could be written alone; the log says why)."};
inline constexpr family share_bytes{"truckee_publish_share_bytes_total", counter, "",
                                    "Bytes of shares sent to servers, every attempt counted."};
inline constexpr family shares_rehomed{"truckee_shares_rehomed_total", counter, "reason",
                                       "Shares given another server, by why the first did not take them."};
inline constexpr family surprises{"truckee_surprises_total", counter, "kind",
                                  "Shares met that the servermap did not tell of: stale, hidden, "
                                  "uncoordinated_write, own_copy, converged."};
inline constexpr family kept_maps{"truckee_kept_maps_total", counter, "result",
                                  "Puts into existing files, and appends to those kept strictly, by what the "
                                  "map that the last write left was good for: used (none was made), "
                                  "stale (one was made after all), none (nothing was kept that fits)."};
inline constexpr family strict_writes{
    "truckee_strict_writes_total", counter, "outcome",
    "Writes to files that are kept strictly, by what they came to: published, not_written, "
    "stored_not_confirmed, unknown."};
inline constexpr family strict_rounds{"truckee_strict_rounds_total", counter, "",
                                      "Publishes of those writes: more than one where a round was lost."};
inline constexpr family strict_barriers{
    "truckee_strict_barriers_total", counter, "",
    "Rounds that began with a barrier, for a newer version was seen on few servers, or rounds = 2."};
inline constexpr family strict_retired{"truckee_strict_shares_retired_total", counter, "",
                                       "Shares of older versions that strict writes deleted."};
inline constexpr family strict_purged{
    "truckee_strict_versions_purged_total", counter, "",
    "Versions deleted behind a barrier, for they could never be confirmed any more."};
inline constexpr family strict_resent{
    "truckee_strict_messages_resent_total", counter, "",
    "Messages sent again, for another writer had deleted older shares meanwhile."};
inline constexpr family strict_leftovers{"truckee_strict_leftovers_total", counter, "",
                                         "Versions on few servers, above the one that can be read, that the "
                                         "last map of a strict write showed: of a "
                                         "writer at work, or a dead one."};
inline constexpr family strict_missed{"truckee_strict_servers_missed_total", counter, "",
                                      "Servers of a file that did not take a version that was published "
                                      "strictly, or were not asked; the next publish brings them one."};
inline constexpr family strict_short{
    "truckee_strict_servers_short", gauge, "",
    "How many servers the last strict write had too few to confirm its version; 0: enough."};
inline constexpr family strict_disagreements{
    "truckee_strict_disagreements_total", counter, "over",
    "Strict writes that met a writer who does not agree: setting (another setting of the strict order, or "
    "another "
    "spread: refused), in_place (somebody writes in place: acknowledged updates can be lost)."};
inline constexpr family stale_shares_left{"truckee_stale_shares_left_total", counter, "",
                                          "Shares of older versions that publishes had to leave behind."};
inline constexpr family unknown_writes_left{
    "truckee_unknown_writes_left_total", counter, "",
    "Shares of which a publish never learned whether they were written: no answer came, nor to the re-read."};
inline constexpr family in_flight_bytes{"truckee_in_flight_bytes", gauge, "",
                                        "Share bytes sent and not yet answered, over all operations."};
inline constexpr family in_flight_budget_bytes{"truckee_in_flight_budget_bytes", gauge, "",
                                               "The limit on truckee_in_flight_bytes."};
inline constexpr family keys_ready{"truckee_keys_ready", gauge, "", "Fresh RSA keys waiting for new files."};
inline constexpr family keys_wanted{"truckee_keys_wanted", gauge, "",
                                    "Fresh RSA keys that the client keeps ready when it has the time."};

// Other operations of the client.
inline constexpr family operations{
    "truckee_operations_total", counter, "operation outcome",
    "Operations that ended, as their callers see them: publish (of new content, "
    "be it several tries or none), append (read, change, write), retrieve, "
    "check, verify, repair, leases. Those that were refused or never began count, too."};
inline constexpr family writes{
    "truckee_writes_total", counter, "effect",
    "Publishes and appends that were asked for, by what became of them: applied (in the file, once), "
    "not_applied "
    "(not in it, nor will it be), may_be_applied (asked for again under its operation id it is settled)."};
inline constexpr family requests_refused{
    "truckee_requests_refused_total", counter, "reason",
    "Requests that were refused or never began: bad_capability, too_large, unsupported, read_only, stopping, "
    "too_many_operations, too_many_of_caller, too_many_bytes, too_many_bytes_of_caller, token_in_use, "
    "no_key, cancelled, timeout, no_servers."};
inline constexpr family operation_duration{"truckee_operation_duration_seconds", histogram, "operation",
                                           "Time one such operation took, however it ended."};
inline constexpr family retrieved_bytes{
    "truckee_retrieve_plaintext_bytes_total", counter, "format",
    "Bytes of content given to readers, by the file's format: sdmf or mdmf."};

// The gateway's door.
inline constexpr family gateway_subscribers{"truckee_gateway_subscribers", gauge, "",
                                            "Listeners to progress."};
inline constexpr family gateway_callers{
    "truckee_gateway_callers", gauge, "",
    "Callers with an operation running or waiting: other nodes, and actors of this one."};
inline constexpr family gateway_waiting{
    "truckee_gateway_waiting_operations", gauge, "",
    "Operations that wait for their key or for another one on their file."};
inline constexpr family gateway_oldest_waiting{
    "truckee_gateway_oldest_waiting_timestamp_seconds", gauge, "",
    "Unix time at which the one that waits longest was asked for; 0: none waits."};
inline constexpr family gateway_held_bytes{"truckee_gateway_held_bytes", gauge, "",
                                           "Bytes of content that running and waiting operations hold."};
inline constexpr family gateway_held_bytes_max{"truckee_gateway_held_limit_bytes", gauge, "",
                                               "The limit on truckee_gateway_held_bytes."};

// Each configured server, seen from the client.
inline constexpr family share_writes{"truckee_share_writes_total", counter, "server outcome",
                                     "Shares sent to a server, by how it answered."};
inline constexpr family server_write_duration{
    "truckee_server_write_duration_seconds", histogram, "server",
    "Time from sending a write message to its answer or its deadline."};
inline constexpr family server_reads{"truckee_server_reads_total", counter, "server outcome",
                                     "Read messages sent to a server, by outcome: ok or the kind of error."};
inline constexpr family server_read_duration{
    "truckee_server_read_duration_seconds", histogram, "server",
    "Time from sending a read message to its answer or its deadline."};
inline constexpr family corrupt_shares{"truckee_corrupt_shares_total", counter, "server",
                                       "Shares of a server that did not verify."};
inline constexpr family link_state{
    "truckee_server_link_state", gauge, "server state",
    "1 for the state a server's link is in (connecting, ready, unreachable, silent, refused), else 0."};
inline constexpr family reconnects{"truckee_server_reconnects_total", counter, "server",
                                   "Connections made again after one was lost."};

// A storage server, seen from itself. `store` is its configured name.
inline constexpr family storage_operations{"truckee_storage_operations_total", counter,
                                           "store operation outcome",
                                           "Requests served: read_test_write, read, list, lease, version, "
                                           "advice or stage."};
inline constexpr family storage_operation_duration{"truckee_storage_operation_duration_seconds", histogram,
                                                   "store operation",
                                                   "Time a request took, the disk included."};
inline constexpr family storage_read_bytes{"truckee_storage_read_bytes_total", counter, "store",
                                           "Share bytes handed out."};
inline constexpr family storage_written_bytes{"truckee_storage_written_bytes_total", counter, "store",
                                              "Share bytes written."};
inline constexpr family storage_slots{"truckee_storage_slots", gauge, "store", "Slots that hold a share."};
inline constexpr family storage_available_bytes{
    "truckee_storage_available_bytes", gauge, "store",
    "Bytes that may still be written, the reserved space taken off."};
inline constexpr family storage_expiry_scans{"truckee_storage_expiry_scans_total", counter, "store",
                                             "Looks at every slot for shares whose leases have ended."};
inline constexpr family storage_expired_shares{
    "truckee_storage_expired_shares", gauge, "store",
    "Shares that the last look found expired; a dry run leaves them, else they are gone."};
inline constexpr family storage_expired_bytes{"truckee_storage_expired_bytes", gauge, "store",
                                              "Bytes of truckee_storage_expired_shares, leases included."};
inline constexpr family storage_removed_shares{"truckee_storage_removed_shares_total", counter, "store",
                                               "Shares removed since their leases had ended."};
inline constexpr family storage_removed_bytes{"truckee_storage_removed_bytes_total", counter, "store",
                                              "Bytes of the shares removed since their leases had ended."};
inline constexpr family storage_syncs{"truckee_storage_syncs_total", counter, "",
                                      "Times a disk was asked to keep slot writes, by all stores of this "
                                      "process; writes that come together share them."};
inline constexpr family storage_corruption_advised{
    "truckee_storage_corruption_advised_total", counter, "store",
    "Advices of clients that a share does not verify; each is kept in the store's folder."};

// A gateway's HTTP API, where it has one.
inline constexpr family http_requests{
    "truckee_http_requests_total", counter, "method status",
    "Requests to the HTTP API that it answered, by method (get, head, put, patch or other) and class of "
    "the answer's status (2xx to 5xx)."};
inline constexpr family http_received_bytes{"truckee_http_received_bytes_total", counter, "",
                                            "Bytes of the bodies of those requests."};
inline constexpr family http_sent_bytes{"truckee_http_sent_bytes_total", counter, "",
                                        "Bytes of the bodies of the answers."};
inline constexpr family http_connections{"truckee_http_connections", gauge, "",
                                         "Connections to the HTTP API that are open."};
inline constexpr family http_refused{
    "truckee_http_refused_total", counter, "reason",
    "Callers of the HTTP API that were turned away: bad_head (no request, or none that is taken), too_slow, "
    "crowded, foreign_host, broken_tls or bad_login, which is a missing or wrong token."};

inline constexpr family gateway_up{
    "truckee_gateway_up", gauge, "",
    "1 while the gateway takes requests; 0 while it is started again or ends."};
inline constexpr family restarts{"truckee_restarts_total", counter, "",
                                 "How often actors that should stay ended, and were started again."};
inline constexpr family scrapes_refused{"truckee_scrapes_refused_total", counter, "reason",
                                        "Callers of the metrics port that got no metrics: bad_head, "
                                        "too_slow, crowded, foreign_host, broken_tls or "
                                        "bad_login."};
inline constexpr family gbs_refused{
    "truckee_gbs_refused_total", counter, "reason",
    "Tahoe-LAFS clients and others at the port for them that were turned away: bad_head, "
    "too_slow, crowded, foreign_host, broken_tls or "
    "bad_login, which is a wrong swissnum."};
inline constexpr family peers_refused{"truckee_peers_refused_total", counter, "reason",
                                      "Callers that were not let in at a port of the node's, or put out: "
                                      "no_certificate, expired, not_yet_valid, "
                                      "foreign_ca, nameless, wrong_name, wrong_role, bad_certificate, "
                                      "ours_refused, not_tls, handshake_timeout, silent, "
                                      "displaced, too_many, no_descriptors, other_user, protocol or broken."};
inline constexpr family certificate_expiry{
    "truckee_certificate_expiry_timestamp_seconds", gauge, "",
    "Unix time at which the first of the node's TLS certificates in use ends; 0: it has none."};
inline constexpr family build_info{"truckee_build_info", gauge, "version caf",
                                   "Always 1; the labels say what is running."};

} // namespace families

inline constexpr std::array all_families{
    families::publishes,
    families::publish_duration,
    families::publish_stage_duration,
    families::publishes_running,
    families::publishes_waiting,
    families::goal_shares,
    families::placed_shares,
    families::outstanding_shares,
    families::happiness,
    families::below_happiness,
    families::plaintext_bytes,
    families::part_writes,
    families::share_bytes,
    families::shares_rehomed,
    families::surprises,
    families::kept_maps,
    families::strict_writes,
    families::strict_rounds,
    families::strict_barriers,
    families::strict_retired,
    families::strict_purged,
    families::strict_resent,
    families::strict_leftovers,
    families::strict_missed,
    families::strict_short,
    families::strict_disagreements,
    families::stale_shares_left,
    families::unknown_writes_left,
    families::in_flight_bytes,
    families::in_flight_budget_bytes,
    families::keys_ready,
    families::keys_wanted,
    families::operations,
    families::writes,
    families::operation_duration,
    families::retrieved_bytes,
    families::requests_refused,
    families::gateway_subscribers,
    families::gateway_callers,
    families::gateway_waiting,
    families::gateway_oldest_waiting,
    families::gateway_held_bytes,
    families::gateway_held_bytes_max,
    families::share_writes,
    families::server_write_duration,
    families::server_reads,
    families::server_read_duration,
    families::corrupt_shares,
    families::link_state,
    families::reconnects,
    families::storage_operations,
    families::storage_operation_duration,
    families::storage_read_bytes,
    families::storage_written_bytes,
    families::storage_slots,
    families::storage_available_bytes,
    families::storage_expiry_scans,
    families::storage_expired_shares,
    families::storage_expired_bytes,
    families::storage_removed_shares,
    families::storage_removed_bytes,
    families::storage_syncs,
    families::storage_corruption_advised,
    families::http_requests,
    families::http_received_bytes,
    families::http_sent_bytes,
    families::http_connections,
    families::http_refused,
    families::gateway_up,
    families::restarts,
    families::scrapes_refused,
    families::gbs_refused,
    families::peers_refused,
    families::certificate_expiry,
    families::build_info,
};

} // namespace truckee::metrics
