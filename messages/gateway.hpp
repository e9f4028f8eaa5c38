#pragma once

/// What the gateway is told, by a caller in its own process or in another: the whole interface of a client node.
/// Requests with a capability carry a secret; nothing else here does. Texts marked "for people" may change; whoever
/// decides by a program looks at the rest.

#include "truckee/base/effect.hpp"
#include "truckee/base/file_format.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/secret_text.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/base/strict_words.hpp"
#include "truckee/base/vocabulary.hpp"
#include "truckee/grid/share_state.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/messages/hello.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace truckee::messages {

// == what many messages have in common =====================================================================

/// Chosen by whoever asks, so that the operation can be named later; 0 means it never will be.
struct operation_token {
  std::uint64_t value = 0;
  friend auto operator<=>(operation_token, operation_token) = default;
};

using truckee::file_format;
inline constexpr std::uint8_t file_format_count = 2;

/// Names a version a caller has seen.
struct version_name {
  sequence_number version;
  std::string root; ///< the first hexadecimal digits of its root hash; empty: whatever that is
};

/// Where one share is, as a person would say it.
struct share_place {
  std::string server; ///< as configured
  share_number share;
};

/// One stage's time.
struct stage_seconds {
  stage which = stage::setup;
  double seconds = 0;
};

/// How one server answered an operation.
struct server_report {
  std::string server; ///< as configured; empty: of all together
  server_outcome outcome = server_outcome::failed;
  std::string detail; ///< for people
  double seconds = 0; ///< until its last answer; 0 where it gave none
};

/// A share that showed another writer's hand.
struct write_conflict {
  std::string server; ///< as configured
  share_number share;
  std::string expected; ///< e.g. "version 4 (root 3f2a...)"
  std::string found;    ///< the same of what is there
};

/// A share that did not verify, and who gave it.
struct bad_share {
  std::string server; ///< as configured
  share_number share;
  std::string reason; ///< for people
};

/// How much runs and waits at a gateway that had no room for one more.
struct backlog {
  std::uint64_t operations = 0;     ///< running and waiting
  std::uint64_t content_bytes = 0;  ///< that they hold
  std::uint64_t retry_after_ms = 0; ///< when there may be room, guessed from how fast operations ended lately
};

// == publish, append =======================================================================================

/// Asks for bytes of content where it lies.
struct read_content {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
/// Answers read_content: with ok as many bytes as were asked for.
struct content_part {
  error failure; ///< when !ok
  bool ok = false;
  shared_bytes data;
};
/// Content that is too large for one message. It is read as often as a publish needs it, and has to be the same each time.
using content_source = protocol<content_part(read_content)>;
/// Where such content lies, and how much it is; without a source there is none.
struct lent_content {
  content_source source = {};
  std::uint64_t bytes = 0;
};

/// Asks for a new version of a file, whole or changed at one place; or, without a capability, for a new file.
struct publish_request {
  operation_token token = {};
  secret_text write_cap = {};               ///< empty: make a new file
  shared_bytes content = {};                ///< all of it, unless there is an offset
  file_format format = file_format::sdmf;   ///< of a new file
  std::optional<grid::spread> spread = {};  ///< nothing: the file's own; for a new file the gateway's default
  std::optional<version_name> only_if = {}; ///< refuse (uncoordinated_write) unless this is the version now
  std::uint64_t timeout_ms = 0;             ///< 0: the gateway's limit
  operation_id operation = {};              ///< the same as before: the same write, which happens once
  /// The key of a new file: RSA, 2048 bits, in PEM (PKCS#1 or PKCS#8); empty: the gateway makes one. Its file may be
  /// there already: then nothing is written, and the answer is uncoordinated_write.
  secret_text private_key = {};
  /// Of a file that is there: `content` is not all of it, but goes to this place of what is there, in bytes; what lies between
  /// its end and that place becomes zeros. Read, changed and published, and again after a collision.
  std::optional<std::uint64_t> offset = {};
  bool cut = false; ///< with offset: the file ends behind `content`
  /// Instead of `content`, of an MDMF file: all of it, read part by part while it is published.
  lent_content lent = {};
};

/// Asks for data to be added at the end of a file: read, append, publish, and again after a collision.
struct append_request {
  operation_token token = {};
  secret_text write_cap = {};
  shared_bytes data = {};
  std::uint64_t timeout_ms = 0; ///< 0: the gateway's limit
  operation_id operation = {};  ///< the same as before: the same append, which happens once
};

/// What a write to a file that is kept strictly came to, and what it took: docs/strict.md. Counts are over all its rounds.
struct strict_write_report {
  strict_outcome outcome = strict_outcome::unknown;
  std::uint32_t confirming = 0; ///< servers that have the version
  std::uint32_t needed = 0;     ///< so many confirm it
  std::uint32_t places = 0;     ///< servers that all writers of the file use
  std::vector<std::string> missed =
      {}; ///< those of them that did not take it, or were not asked; not those whose answer is out
  std::uint32_t rounds = 0;         ///< publishes that were begun
  std::uint32_t barriers = 0;       ///< of them, those that began with a barrier
  std::uint32_t retired = 0;        ///< shares of older versions that were deleted
  std::uint32_t purged = 0;         ///< versions that were deleted behind a barrier
  std::uint32_t resent = 0;         ///< messages sent again after somebody retired shares
  std::uint32_t leftovers = 0;      ///< versions above the one built on: of a writer at work, or a dead one
  bool met_another = false;         ///< another writer was met, though it may have won
  std::string in_place_writer = {}; ///< for people: what shows that somebody writes in place; empty: nothing
};

/// How a publish or an append went.
struct publish_reply {
  error failure; ///< when !ok
  bool ok = false;
  /// Of the file; also of a new file whose first publish failed after shares were sent, for they would be lost.
  secret_text write_cap;
  sequence_number version;     ///< the version that was written, or tried
  grid::spread spread;         ///< of that version
  std::uint32_t happiness = 0; ///< distinct servers by maximum matching
  std::vector<share_place> placed;
  std::vector<server_report> servers; ///< every server that was told or asked anything
  std::vector<write_conflict> conflicts;
  std::vector<std::string> unknown_servers; ///< silent since the write was sent: it may land later
  std::vector<share_place> stale;           ///< older shares left behind where they could not be replaced
  bool unchanged = false;                   ///< nothing had to be written (any more)
  bool recoverable = false;                 ///< whether the version written can be read back now
  std::string recoverable_now;              ///< after a failure: what can be read now, for people
  std::vector<stage_seconds> stages;
  std::uint64_t content_bytes = 0;
  std::uint64_t share_bytes = 0;    ///< sent, over all shares
  std::optional<backlog> busy = {}; ///< with a refusal for want of room
  /// What became of what was asked for. With ok always applied; without, never. A reply that somebody made up because
  /// none came says that it may be applied.
  effect became = effect::may_be_applied;
  operation_id operation = {}; ///< as it was asked for, else chosen by the gateway
  std::string root = {};       ///< of that version, hexadecimal: its root hash; empty where nothing was tried
  std::optional<strict_write_report> strict = {}; ///< where files are kept strictly, and the write began
  /// Of an append, or of content with an offset: only what changed was sent to the servers, not a whole version.
  bool partial = false;
  /// Where such a write was thought of and a whole version was sent after all: the reason, as the log event
  /// whole_file_published has it; else empty.
  std::string whole_because = {};
};

/// Asks what became of a publish or an append, by what the gateway remembers. To settle what may be applied, ask for it
/// again under its id.
struct resolve_request {
  secret_text write_cap; ///< of its file; empty: it made a new one
  operation_id operation;
};
/// What became of it.
struct resolve_reply {
  bool known = false;   ///< false: this gateway has not been asked for it, or has forgotten it
  bool running = false; ///< it has not ended yet
  effect became = effect::may_be_applied; ///< with known
  sequence_number version;                ///< that was written, or tried last; 0: none
};

// == retrieve ==============================================================================================

/// Asks for the best recoverable version.
struct retrieve_request {
  operation_token token = {};
  secret_text cap = {};         ///< any that reads
  std::uint64_t timeout_ms = 0; ///< 0: the gateway's limit
  /// Only where files are kept strictly: the confirmed version, or not_enough_servers. Where it cannot be told which that
  /// is, a capability that writes has the content published once more, and then read.
  bool confirmed = false;
  /// Bytes of the content, cut where it ends. Of an MDMF file no more than the segments they lie in is fetched and verified; an SDMF
  /// file is one segment.
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX; ///< as it stands, all that follow
  /// This version or none, as who reads a file part by part wants it: uncoordinated_write where the file is at another one
  /// and this cannot be had any more. Nothing: the best that can be read.
  std::optional<version_name> only_if = {};
};

/// How a read went.
struct retrieve_reply {
  error failure; ///< when !ok
  bool ok = false;
  shared_bytes content; ///< when ok
  sequence_number version;
  std::string root;             ///< the version's root hash, hexadecimal; for publish_request::only_if
  std::uint64_t file_bytes = 0; ///< when ok: of all the content, whatever part was asked for
  std::vector<bad_share> bad;
  std::vector<server_report> servers; ///< those that did not answer well
  std::vector<stage_seconds> stages;
  std::optional<backlog> busy = {}; ///< with a refusal for want of room
  /// For people: signed versions above this one of which too few shares were found, so that what was read is old; empty
  /// where there is none.
  std::string newer_unreadable = {};
  read_kind kind = read_kind::in_place; ///< when ok
};

// == check, repair, leases =================================================================================

/// Asks which shares are where.
struct check_request {
  operation_token token = {};
  secret_text cap = {};         ///< any
  std::uint64_t timeout_ms = 0; ///< 0: the gateway's limit
  bool verify = false;          ///< read and verify every byte of every share
  bool add_lease = false;       ///< renew or add this client's lease on every share, on every server
};

/// One version seen on the grid.
struct version_report {
  sequence_number version;
  std::string root; ///< first bytes of the root hash, hexadecimal
  grid::spread spread;
  std::uint32_t distinct_shares = 0;
  bool recoverable = false; ///< distinct_shares >= spread.needed
  std::uint64_t content_bytes = 0;
  std::vector<share_place> places;
};

/// How a file stands by the rules of the strict order: docs/strict.md.
struct strict_check {
  bool same_setting = true;         ///< all shares were written under the gateway's setting
  bool confirmed = false;           ///< the best version is the confirmed one for certain
  std::uint32_t on = 0;             ///< servers with the best version
  std::uint32_t needed = 0;         ///< so many confirm it
  std::uint32_t places = 0;         ///< servers that all writers of the file use
  std::uint32_t leftovers = 0;      ///< versions above it: of a writer at work, or a dead one
  std::string in_place_writer = {}; ///< for people: what shows that somebody writes in place; empty: nothing
};

/// How a file stands.
struct check_reply {
  error failure;        ///< when !ok
  bool ok = false;      ///< whether the check could be made at all
  bool healthy = false; ///< one recoverable version, nothing else, all its shares there
  bool recoverable = false;
  std::uint32_t happiness = 0;          ///< of the best version
  std::vector<version_report> versions; ///< best first
  std::vector<bad_share> bad;
  std::vector<server_report> servers; ///< every server asked, and how it answered
  std::string summary;                ///< one line for people
  std::optional<backlog> busy = {};   ///< with a refusal for want of room
  shares_order order = shares_order::none;
  std::optional<strict_check> strict = {}; ///< where files are kept strictly
};

/// Asks for missing, damaged and old shares to be put right.
struct repair_request {
  operation_token token = {};
  secret_text write_cap = {};
  bool force = false; ///< choose the best version where two could be kept, or a newer one cannot be read
  std::uint64_t timeout_ms = 0; ///< 0: the gateway's limit
};

/// What a repair did.
enum class repair_action : std::uint8_t {
  nothing,     ///< it was healthy
  refilled,    ///< shares were put back at the same version
  republished, ///< the content was published again as a higher version
};
inline constexpr std::uint8_t repair_action_count = 3;
inline constexpr std::array<std::string_view, repair_action_count> repair_action_words{"nothing", "refilled",
                                                                                       "republished"};
static_assert(are_words(repair_action_words, repair_action::republished));
constexpr std::string_view to_word(repair_action x) {
  return word_in(repair_action_words, x);
}

/// How a repair went.
struct repair_reply {
  error failure; ///< when !ok
  bool ok = false;
  repair_action done = repair_action::nothing;
  check_reply before;               ///< what was found
  publish_reply write;              ///< how the writing went, when there was any
  std::optional<backlog> busy = {}; ///< with a refusal for want of room
};

/// Asks who holds leases on a file's shares.
struct list_leases_request {
  operation_token token = {};
  secret_text cap = {}; ///< any
};
/// One lease on one share.
struct lease_report {
  std::string server; ///< as configured
  share_number share;
  std::uint32_t expires = 0; ///< unix time, seconds
  bool ours = false;         ///< this client's own
};
/// The leases there are.
struct list_leases_reply {
  error failure; ///< when !ok
  bool ok = false;
  std::vector<lease_report> leases;
  std::vector<server_report> servers; ///< those that did not answer well
  std::optional<backlog> busy = {};   ///< with a refusal for want of room
};

// == operations from outside ===============================================================================

/// Asks to end an operation early; it answers whoever asked for it, and says what is on the grid.
struct cancel_request {
  operation_token token = {};  ///< one of the caller's own
  std::uint64_t operation = 0; ///< instead: the gateway's own number
};
/// Answers cancel_request.
struct cancel_answer {
  bool found = false; ///< it is asked to end
  /// Otherwise: not_found, no such operation or it has ended; refused, it is somebody else's.
  error failure = {};
};

/// What one operation is doing; sent to subscribers as it changes.
struct progress_event {
  operation_token token;       ///< as its caller chose it
  std::uint64_t operation = 0; ///< the gateway's own counter
  operation_kind kind = operation_kind::publish;
  std::string slot;              ///< first letters of the storage index; empty while unknown
  std::string text;              ///< for people: "Sending shares: 7 placed of 10, 3 outstanding"
  double progress = 0;           ///< 0..1
  std::uint32_t goal = 0;        ///< shares that are to be placed
  std::uint32_t placed = 0;      ///< of them, those that are
  std::uint32_t outstanding = 0; ///< sent, not answered yet
  std::uint64_t bytes_total = 0; ///< of content; while shares are verified, of shares
  std::uint64_t bytes_done = 0;
  std::uint64_t started_ms = 0; ///< unix time at which it was asked for
  double seconds = 0;           ///< since then
  bool finished = false;
  bool ok = false;               ///< with finished: it did what was asked
  errc failure = errc::internal; ///< with finished and not ok; `text` has the sentence
  /// Of an MDMF file: segments that are read or written now; 0: of another format, or not known.
  std::uint64_t segments_total = 0;
  std::uint64_t segments_done = 0;
};

/// Takes progress events.
using progress_listener = protocol<void(progress_event)>;

/// Asks for progress from now on, until the listener ends or unsubscribes. Once more with another `only` replaces it.
struct subscribe {
  progress_listener listener = {};
  operation_token only = {}; ///< that operation alone; 0: every one
};
/// Ends a subscription; events that are on their way still arrive.
struct unsubscribe {
  progress_listener listener = {};
};
/// Answers both.
struct subscribe_answer {
  /// Of subscribe: false where there are as many listeners as there may be, or it was no listener. Of unsubscribe:
  /// false where it was none that is known.
  bool accepted = false;
};

// == status ================================================================================================

/// How one server is reached and how it is.
struct link_report {
  std::string server;   ///< as configured
  std::string id;       ///< base32 of the node id; empty while unknown
  std::string endpoint; ///< for people: "caf+tls host:4401", "embedded"
  link_state state = link_state::unknown;
  std::string detail;         ///< why, for people
  double latency_seconds = 0; ///< of the last introduction
  std::uint64_t bytes_in_flight = 0;
};

/// Asks what the gateway is doing.
struct status_request {};
/// What it is doing.
struct status_reply {
  std::vector<progress_event> running;
  std::vector<progress_event> waiting; ///< for another operation on their file
  std::vector<progress_event> recent;  ///< newest first, bounded, however they ended
  std::vector<link_report> servers;    ///< every configured one, in the grid file's order
  std::uint32_t keys_ready = 0;        ///< fresh ones, for new files
  std::uint32_t subscribers = 0;
  grid::spread defaults;                       ///< of new files
  shares_order order = shares_order::in_place; ///< in which it writes
};

/// Where one share stands in a publish.
struct share_cell {
  std::uint32_t server = 0; ///< index into publish_detail::servers
  share_number share;
  grid::share_state state = grid::share_state::goal;
};

/// One message of a publish to one server.
struct server_message {
  std::uint32_t server = 0; ///< index into publish_detail::servers
  std::uint32_t shares =
      0; ///< how many it carries; 0: it asks what is there, after an answer that never came
  std::optional<server_outcome> outcome; ///< nothing: no answer yet
  std::string detail;                    ///< for people
  double sent = 0;                       ///< seconds after the operation was asked for
  double seconds = 0;                    ///< until its answer, or until now
};

/// One publish as a picture: which share stands how on which server, and what was said to each.
struct publish_detail {
  publish_mode mode = publish_mode::update;
  sequence_number version;
  grid::spread spread;
  std::uint32_t tries = 0;          ///< publishes begun for this operation; shown is the last
  std::uint32_t happiness = 0;      ///< reached when it ended
  std::vector<std::string> servers; ///< every configured one, in the grid file's order
  std::vector<share_cell> shares;
  std::vector<server_message> messages; ///< in the order they were sent
  std::uint32_t not_shown = 0;          ///< shares and messages beyond these bounds
};
inline constexpr std::size_t detail_shares_max = 16'384;
inline constexpr std::size_t detail_messages_max = 2'048;

/// Asks for one operation in detail, by the gateway's number; while it runs, and as long as status lists it.
struct operation_detail_request {
  std::uint64_t operation = 0;
};
/// One operation in detail.
struct operation_detail {
  bool found = false; ///< false: there is none of that number, or it is forgotten
  progress_event event;
  /// setup (waiting for a turn, a key, servers), map, encrypt, encode, hash, sign, pack, push; those that
  /// ended, and the one that runs so far. The total is event.seconds.
  std::vector<stage_seconds> stages;
  std::vector<server_report> problems;   ///< also of servers that were never reached; no server: of all
  std::optional<publish_detail> publish; ///< of a publish, an append or a repair that wrote
  std::optional<strict_write_report> strict =
      {}; ///< of a write to a file that is kept strictly, when it has ended
};

// == change ================================================================================================

/// What is to become of one server.
enum class server_step : std::uint8_t {
  add,      ///< it is new
  remove,   ///< new operations do without it; those that run keep it until they end
  drain,    ///< it gets no new shares; those that it has are read and updated
  undrain,  ///< it gets new shares again
  prefer,   ///< it comes first in the placement order
  unprefer, ///< it does not any more
};
inline constexpr std::uint8_t server_step_count = 6;
inline constexpr std::array<std::string_view, server_step_count> server_step_words{
    "add", "remove", "drain", "undrain", "prefer", "unprefer"};
static_assert(are_words(server_step_words, server_step::unprefer));
constexpr std::string_view to_word(server_step x) {
  return word_in(server_step_words, x);
}

/// A step of one server.
struct server_change {
  server_step step = server_step::add;
  std::string server = {};  ///< its name
  std::string address = {}; ///< with add: HOST:PORT of a Truckee storage server
  std::string id = {};      ///< with add: its node id in base32, where another one is to be refused
  /// With add: the key its certificate must have, whatever its names are, as `certificate-pin` of a grid file; empty: by
  /// its name, or the dialled host.
  std::string certificate_pin = {};
  bool any_user = false; ///< with add: without TLS it may be any user's of the gateway's machine
};

/// Another value of one limit.
struct limit_change {
  std::string name = {};                   ///< as in the grid file: "held-bytes"
  std::optional<std::uint64_t> value = {}; ///< nothing: as the program has it
};

/// Asks a running gateway to go on with other settings: all of it is taken on, or nothing. It holds until the gateway
/// reads its grid file again, or ends.
struct change_request {
  bool read_file = false; ///< the grid file is read again first
  std::vector<server_change> servers = {};
  std::optional<grid::spread> spread = {}; ///< of new files
  std::optional<bool> read_only = {};      ///< whether publish, append and repair are refused
  std::vector<limit_change> limits = {};
};
/// How many servers and limits one request may change.
inline constexpr std::size_t changes_max = 1000;
/// What it runs with from now on.
struct change_answer {
  bool ok = false;
  error failure = {};                          ///< when !ok: why nothing was taken on
  std::vector<std::string> changed = {};       ///< what was, one sentence each, for people
  std::vector<std::string> needs_restart = {}; ///< what differs from the file and only a new process takes on
};

/// The door: everything a client may ask for, from this process or another.
using file_gateway =
    protocol<greeting(hello), publish_reply(publish_request), publish_reply(append_request),
             retrieve_reply(retrieve_request), check_reply(check_request), repair_reply(repair_request),
             list_leases_reply(list_leases_request), cancel_answer(cancel_request),
             subscribe_answer(subscribe), subscribe_answer(unsubscribe), status_reply(status_request),
             operation_detail(operation_detail_request), change_answer(change_request),
             resolve_reply(resolve_request)>;

} // namespace truckee::messages
