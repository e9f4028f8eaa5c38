#pragma once

#include "truckee/grid/servermap.hpp"
#include "truckee/grid/slot.hpp"

#include <map>
#include <string>
#include <vector>

/// What a publish says to servers, and what becomes of it.
namespace truckee::grid {

/// What a message does with one share.
enum class share_step : std::uint8_t {
  write,     ///< the new share as it was encoded
  patch,     ///< `bytes` only; the rest of the share stays
  remove,    ///< the share is deleted
  test_only, ///< nothing changes; the test guards the message. Where no share is, none comes to be
};

/// One share of a message, with what must be there for the message to take effect.
struct planned_share {
  share_number share;
  share_step step = share_step::write;
  belief expect;                     ///< gives the test on the share's beginning
  std::vector<test_vector> also{};   ///< further tests on the same share
  std::vector<write_vector> bytes{}; ///< with patch
  bool exact = false; ///< with write: the share ends where the new bytes end, whatever was there before
};

/// How the bytes of one new share are written. Whole shares are one write at 0; what a format changes in place is several.
struct share_content {
  std::vector<write_vector> writes;
  std::uint64_t length = 0; ///< of the share as it then is
  /// What `writes` go over was brought to its server before, under this name.
  std::optional<staging_id> staged = std::nullopt;
};
share_content whole_share(shared_bytes share);

/// What a new version has for each share number.
using share_contents = std::map<share_number, share_content>;

/// All that one server is told at once: it takes effect whole or not at all. Applied in the order of `shares`.
struct server_message {
  server_id server;
  std::vector<planned_share> shares;
};

/// Names a message within one publish, from 1 on.
using message_id = std::uint32_t;

/// What is read of every share of a slot beside a write, unless an order needs more: the signed prefix.
inline constexpr read_vector prefix_read{0, prefix_read_size};

/// One message to one server. `read_back`, from offset 0, is read of every share of the slot beside it.
struct publish_message {
  message_id id = 0;
  server_id server;
  std::vector<planned_share> shares;
  read_vector read_back = prefix_read;
};

/// Ask a server for `read_back` of each of its shares of the slot; deadline: limits.reread_deadline.
struct reread_message {
  message_id id = 0;
  server_id server;
  read_vector read_back = prefix_read;
};

/// What the shell does next. All empty and not finished: wait for an outcome.
struct publish_actions {
  std::vector<publish_message> writes;
  std::vector<reread_message> rereads;
  bool finished = false;
};

/// What became of a message.
enum class write_outcome_kind : std::uint8_t {
  written,           ///< all of the message took effect
  test_failed,       ///< nothing was written
  no_space,          ///< nothing was written
  read_only,         ///< nothing was written
  refused,           ///< nothing was written; a policy or an error of the server
  bad_write_enabler, ///< nothing was written
  unreachable,       ///< the message was not sent
  unknown,           ///< timeout or connection lost after sending: it may land, now or later
  malformed,         ///< the answer breaks the protocol: it may have landed
};
inline constexpr std::size_t write_outcome_kind_count = std::size_t(write_outcome_kind::malformed) + 1;
std::string_view to_string(write_outcome_kind kind);

/// What one message brought. `found`: the first bytes (as many as were read back) of each share of the slot before the
/// write.
struct write_outcome {
  write_outcome_kind kind = write_outcome_kind::unknown;
  std::map<share_number, bytes> found; ///< with written and test_failed
  std::string detail;
  std::uint64_t bytes_available = 0;      ///< with no_space
  std::optional<server_id> recorded_node; ///< with bad_write_enabler
};

/// Why a server was given up.
struct server_problem {
  server_id server;
  write_outcome_kind kind = write_outcome_kind::unknown;
  std::string detail;
  std::optional<server_id> recorded_node;
};

/// What a re-read brought; not answered: the server stays unknown.
struct reread_outcome {
  bool answered = false;
  std::map<share_number, bytes> found;
  std::string detail;
};

} // namespace truckee::grid
