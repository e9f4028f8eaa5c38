#pragma once

/// What the actors of one process say to each other while they run operations. Nothing here is ever written to a
/// network.

#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/read/map_update.hpp"
#include "truckee/grid/read/retrieve_plan.hpp"
#include "truckee/grid/strict/slot_map.hpp"
#include "truckee/messages/gateway.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace truckee::settings {
struct grid_config;
}
namespace truckee::storage {
struct expiry_settings;
}

namespace truckee::messages {

/// The rest of a handler whose first part ran on a worker thread. It runs in the actor, which is therefore
/// alive.
struct continuation {
  std::function<void()> run;
};

/// Ends an operation early; it answers whoever waits for it. Ends an actor that stays.
struct stop {
  errc reason = errc::cancelled; ///< what its answer says
  /// How long a gateway's operations may take to end well; nothing: as long as they need.
  std::optional<duration> patience = {};
};

// == progress ==============================================================================================

/// What an operation is doing; the gateway adds the rest of a progress_event.
struct operation_progress {
  std::uint64_t operation = 0;   ///< the gateway's number
  std::string text;              ///< for people
  double progress = 0;           ///< 0..1
  std::uint32_t goal = 0;        ///< shares that are to be placed
  std::uint32_t placed = 0;      ///< of them, those that are
  std::uint32_t outstanding = 0; ///< sent, not answered yet
  std::uint64_t bytes_total = 0; ///< 0: not known, or nothing is moved now
  std::uint64_t bytes_done = 0;
  std::uint64_t segments_total = 0; ///< as progress_event
  std::uint64_t segments_done = 0;
};

/// What status shows of a publish; replaces what was there.
struct publish_snapshot {
  publish_detail detail;               ///< servers are the operation's own; `sent` is seconds after `start`
  std::vector<stage_seconds> stages;   ///< those that ended
  std::optional<truckee::stage> stage; ///< the one that runs; nothing when the publish has ended
  std::chrono::steady_clock::time_point start;
  std::chrono::steady_clock::time_point stage_start;
};
/// Sent when something changed, a few times a second at most, and when the publish ends.
struct publish_news {
  std::uint64_t operation = 0; ///< the gateway's number
  std::shared_ptr<const publish_snapshot> snapshot;
};
/// Takes what operations tell of themselves.
using progress_sink = protocol<void(operation_progress), void(publish_news)>;

// == steps =================================================================================================

// -- map_updater -------------------------------------------------------------------------------------------

/// What a map update learned.
struct mapped_file {
  grid::servermap map;
  grid::map_end end = grid::map_end::running;
  std::optional<crypto::private_key> key;          ///< in write and repair mode
  std::map<grid::share_place, shared_bytes> heads; ///< first bytes of each good share
  std::optional<grid::slot_map> slots = {};        ///< where the file is kept strictly
  double seconds = 0;                              ///< that it took
};

/// Asks servers for their shares until the mode's rule is met.
struct map_file {};
/// A reader needs more shares than the map has: asks servers not asked yet.
struct map_more {};
/// Answers both.
struct map_answer {
  std::shared_ptr<const mapped_file> mapped;
  bool more = true; ///< to map_more: false when nobody is left to ask
};
/// Finds a file's shares on the servers.
using map_updater = protocol<map_answer(map_file), map_answer(map_more), void(stop)>;

// -- retriever ---------------------------------------------------------------------------------------------

/// Reads one version: k good shares, verified, decoded, decrypted.
struct read_version {};
/// Answers read_version.
struct content_answer {
  bool ok = false;
  error failure;        ///< when !ok
  shared_bytes content; ///< when ok
  std::vector<crypto::version_salt> salts =
      {}; ///< when ok: of the segments it lies in, where the version's header has none
  std::vector<grid::lying_server> lying;
  std::map<grid::share_place, std::string> failures; ///< shares that did not verify, with the reason
  bool changed = false;                              ///< somebody wrote while it was read
  double seconds = 0;                                ///< that it took
};
/// Reads one version of one file.
using retriever = protocol<content_answer(read_version), void(stop)>;

// -- share_verifier ----------------------------------------------------------------------------------------

/// Reads and verifies every byte of every good share of a map.
struct verify_shares {};
/// Answers verify_shares.
struct verify_answer {
  std::vector<std::pair<grid::share_place, std::string>> bad;    ///< do not verify, with the reason
  std::vector<std::pair<grid::share_place, std::string>> unread; ///< could not be read
  /// Good for every reader, but the private key in them is not the file's: of no use to a writer. In no other list.
  std::vector<std::pair<grid::share_place, std::string>> unwritable;
  std::uint64_t bytes_read = 0;
  bool stopped = false; ///< by a stop: what was not looked at is in neither list
};
/// Verifies the shares of one version.
using share_verifier = protocol<verify_answer(verify_shares), void(stop)>;

// == publish ===============================================================================================

// -- share_writer ------------------------------------------------------------------------------------------

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
  double seconds = 0; ///< from sending to answer
};
/// Sends one publish's messages to one server.
using share_writer = protocol<void(send_shares), void(stop)>;

// -- publish_coordinator -----------------------------------------------------------------------------------

/// Encodes, then runs the publish loop to its end.
struct start_publish {};
/// How a publish went.
struct publish_result {
  std::optional<error> failure; ///< before anything was sent: encoding failed, the loop refused to start
  grid::publish_report report;  ///< without failure
  std::vector<stage_seconds> stages;
  std::vector<server_report> servers;
  std::uint64_t share_bytes = 0; ///< sent, over all shares
};
/// Answers start_publish.
struct publish_answer {
  std::shared_ptr<const publish_result> result;
};
/// Runs one publish.
using publish_coordinator = protocol<publish_answer(start_publish), void(shares_sent), void(stop)>;

// -- byte_budget -------------------------------------------------------------------------------------------

/// Asks for room for so many bytes of shares in memory and on their way; granted to callers in turn, to each in
/// the order asked. More than the whole budget is granted when nobody else has any. Given back when the asker says
/// so, or ends.
struct take_bytes {
  std::uint64_t bytes = 0;
  std::uint64_t operation = 0; ///< for the log
  std::uint64_t caller = 0;    ///< whose turn it takes; 0: nobody's in particular
};
/// Answers take_bytes, when there is room.
struct bytes_taken {
  std::uint64_t grant = 0; ///< names what was granted
};
/// The asker needs the room no more.
struct give_bytes_back {
  std::uint64_t grant = 0;
};
/// There is another amount of room from now on; what was granted stays granted.
struct allow_bytes {
  std::uint64_t bytes = 0;
};
/// Bounds the bytes of all publishes of one client.
using byte_budget = protocol<bytes_taken(take_bytes), void(give_bytes_back), void(allow_bytes)>;

// -- key_maker ---------------------------------------------------------------------------------------------

/// Takes a fresh key; waits for one to be made where none is ready.
struct take_key {};
/// Answers take_key.
struct key_answer {
  std::optional<crypto::private_key> key;
  error failure; ///< without key
};
/// Asks how many keys are ready.
struct count_keys {};
/// Answers count_keys.
struct key_count {
  std::uint32_t ready = 0;
};
/// Another number of keys is kept from now on; those that are too many are handed out first.
struct keep_keys {
  std::uint32_t ready = 0;
};
/// Keeps fresh keys at hand.
using key_maker = protocol<key_answer(take_key), key_count(count_keys), void(keep_keys)>;

// == file_gateway, from its own process ====================================================================

/// Asks a gateway to take on what it can of another configuration while it runs.
struct use_grid {
  std::shared_ptr<const settings::grid_config> grid;
};
/// What it runs with from now on.
struct grid_in_use {
  std::optional<std::string> refused = {};     ///< why nothing was taken on, for people
  std::vector<std::string> changed = {};       ///< what was, one sentence each
  std::vector<std::string> needs_restart = {}; ///< what differs and only a new process takes on
};
/// What a gateway's own process may ask of it beside what everybody may.
using gateway_settings = protocol<grid_in_use(use_grid)>;

// == storage_server, from its own process ==================================================================

/// Lets go of shares by other rules from the next look at the store on, which begins anew.
struct use_expiry {
  std::shared_ptr<const storage::expiry_settings> settings;
};

// == supervisor ============================================================================================

/// An actor that is to be watched with the rest from now on.
struct join_crew {
  std::string what; ///< for the log
  caf::actor who;
};
/// It is needed no more: it is ended, and not missed.
struct leave_crew {
  caf::actor who;
};

// == operations ============================================================================================

/// Runs the one operation an actor was made for; it answers and ends.
struct run {};
/// Writes one file: publishes, or reads, changes and publishes.
using file_writer = protocol<publish_reply(run), void(stop)>;
/// Reads one file.
using file_reader = protocol<retrieve_reply(run), void(stop)>;
/// Looks where one file's shares are, and verifies them where asked to.
using checker = protocol<check_reply(run), void(stop)>;
/// Checks one file, and puts right what is wrong.
using repairer = protocol<repair_reply(run), void(stop)>;

} // namespace truckee::messages
