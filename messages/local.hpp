#pragma once

/// What actors of one process say to each other. None of it is ever written to a network.

#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/read/map_update.hpp"
#include "truckee/grid/read/retrieve_plan.hpp"
#include "truckee/messages/catalog.hpp"

#include <functional>
#include <map>
#include <memory>

namespace truckee::messages {

/// The rest of a handler whose first part ran on a worker thread. It runs in the actor, which is therefore
/// alive.
struct continuation {
  std::function<void()> run;
};

// == server_link ===========================================================================================

/// How far a request to a server got.
enum class delivery : std::uint8_t {
  answered,    ///< the server answered
  unreachable, ///< it was never sent: nothing changed on the server
  unknown,     ///< it was sent and no answer came: a write may have landed, or may land later
};

struct write_slot {
  std::shared_ptr<const grid::read_test_write> request;
  duration deadline{};
};
struct write_answer {
  delivery how = delivery::answered;
  bool timed_out = false; ///< with `unknown`: the deadline passed, the connection still stands
  grid::read_test_write_answer answer;
  std::string detail;
  double seconds = 0;
};

struct read_slot {
  grid::slot_read request;
  duration deadline{};
};
struct read_answer {
  delivery how = delivery::answered;
  bool timed_out = false;
  grid::slot_read_answer answer;
  std::string detail;
  double seconds = 0;
};

struct lease_slot {
  add_lease request;
  duration deadline{};
};
struct lease_slot_answer {
  delivery how = delivery::answered;
  lease_answer answer;
  std::string detail;
};

struct read_leases_at {
  read_leases request;
  duration deadline{};
};
struct read_leases_answer {
  delivery how = delivery::answered;
  stored_leases answer;
  std::string detail;
};

/// Asks who the server is. The answer comes once the link is ready, or has failed for now.
struct introduce {};
struct introduction {
  bool known = false; ///< false: never reached yet, `detail` says why
  bool reachable = false;
  grid::store_info info; ///< when known
  std::string detail;
};

struct link_status {};

/// One configured server, whatever the transport. Keeps the connection and bounds the bytes in flight.
using server_link =
    protocol<write_answer(write_slot), read_answer(read_slot), lease_slot_answer(lease_slot),
             introduction(introduce), link_report(link_status), read_leases_answer(read_leases_at)>;

// == operations ============================================================================================

/// Ends an operation early; it answers whoever waits for it. Ends an actor that stays.
struct stop {
  errc reason = errc::cancelled;
  /// How long a gateway's operations may take to end well; nothing: as long as they need.
  std::optional<duration> patience = {};
};

/// What an operation is doing; the gateway adds the rest of a progress_event.
struct operation_progress {
  std::uint64_t operation = 0;
  std::string text;
  double progress = 0; ///< 0..1
  std::uint32_t goal = 0;
  std::uint32_t placed = 0;
  std::uint32_t outstanding = 0;
  std::uint64_t bytes_total = 0; ///< 0: not known, or nothing is moved now
  std::uint64_t bytes_done = 0;
};

/// What status shows of a publish; replaces what was there.
struct publish_snapshot {
  publish_detail detail;             ///< servers are the operation's own; `sent` is seconds after `start`
  std::vector<named_seconds> stages; ///< those that ended
  std::string stage;                 ///< the one that runs; empty when the publish has ended
  std::chrono::steady_clock::time_point start;
  std::chrono::steady_clock::time_point stage_start;
};
/// Sent when something changed, a few times a second at most, and when the publish ends.
struct publish_news {
  std::uint64_t operation = 0;
  std::shared_ptr<const publish_snapshot> snapshot;
};
using progress_sink = protocol<void(operation_progress), void(publish_news)>;

// -- map_updater -------------------------------------------------------------------------------------------

/// What a map update learned.
struct mapped_file {
  grid::servermap map;
  grid::map_end end = grid::map_end::running;
  std::optional<crypto::private_key> key;          ///< in write and repair mode
  std::map<grid::share_place, shared_bytes> heads; ///< first bytes of each good share
  double seconds = 0;
};

/// Asks servers for their shares until the mode's rule is met.
struct map_file {};
/// A reader needs more shares than the map has: asks servers not asked yet.
struct map_more {};
struct map_answer {
  std::shared_ptr<const mapped_file> mapped;
  bool more = true; ///< to map_more: false when nobody is left to ask
};
using map_updater = protocol<map_answer(map_file), map_answer(map_more), void(stop)>;

// -- retriever ---------------------------------------------------------------------------------------------

/// Reads one version: k good shares, verified, decoded, decrypted.
struct read_version {};
struct content_answer {
  bool ok = false;
  error failure;
  shared_bytes content;
  std::vector<grid::lying_server> lying;
  std::map<grid::share_place, std::string> failures;
  bool changed = false; ///< somebody wrote while it was read
  double seconds = 0;
};
using retriever = protocol<content_answer(read_version), void(stop)>;

// -- publish_coordinator, share_writer ---------------------------------------------------------------------

/// One message for the server of a share_writer, and how long it may take.
struct send_shares {
  grid::message_id id = 0;
  std::shared_ptr<const grid::read_test_write> request;
  duration deadline{};
};
/// What became of it: exactly one for each send_shares.
struct shares_sent {
  grid::message_id id = 0;
  server_id server;
  grid::write_outcome outcome;
  double seconds = 0;
};
using share_writer = protocol<void(send_shares), void(stop)>;

/// Encodes, then runs the publish loop to its end.
struct start_publish {};
struct publish_result {
  std::optional<error> failure; ///< before anything was sent: encoding failed, the loop refused to start
  grid::publish_report report;  ///< without failure
  std::vector<named_seconds> stages;
  std::vector<server_report> servers;
  std::uint64_t share_bytes = 0;
};
struct publish_answer {
  std::shared_ptr<const publish_result> result;
};
using publish_coordinator = protocol<publish_answer(start_publish), void(shares_sent), void(stop)>;

// -- share_verifier
// ------------------------------------------------------------------------------------------

/// Reads and verifies every byte of every good share of a map.
struct verify_shares {};
struct verify_answer {
  std::vector<std::pair<grid::share_place, std::string>> bad;    ///< do not verify, with the reason
  std::vector<std::pair<grid::share_place, std::string>> unread; ///< could not be read
  std::uint64_t bytes_read = 0;
  bool stopped = false;
};
using share_verifier = protocol<verify_answer(verify_shares), void(stop)>;

// -- byte_budget
// ---------------------------------------------------------------------------------------------

/// Asks for room for so many bytes of shares in memory and on their way; granted in the order asked. More
/// than the whole budget is granted when nobody else has any. Given back when the asker says so, or ends.
struct take_bytes {
  std::uint64_t bytes = 0;
  std::uint64_t operation = 0; ///< for the log
};
struct bytes_taken {
  std::uint64_t grant = 0; ///< names what was granted
};
struct give_bytes_back {
  std::uint64_t grant = 0;
};
using byte_budget = protocol<bytes_taken(take_bytes), void(give_bytes_back)>;

// -- key_maker ---------------------------------------------------------------------------------------------

/// Takes a fresh key; waits for one to be made where none is ready.
struct take_key {};
struct key_answer {
  std::optional<crypto::private_key> key;
  error failure;
};
struct count_keys {};
struct key_count {
  std::uint32_t ready = 0;
};
using key_maker = protocol<key_answer(take_key), key_count(count_keys)>;

// -- operations of the gateway -----------------------------------------------------------------------------

/// Runs the one operation an actor was made for; it answers and ends.
struct run {};
using file_writer = protocol<publish_reply(run), void(stop)>;
using file_reader = protocol<retrieve_reply(run), void(stop)>;
using checker = protocol<check_reply(run), void(stop)>;
using repairer = protocol<repair_reply(run), void(stop)>;

} // namespace truckee::messages
