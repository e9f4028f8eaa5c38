#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/servermap.hpp"

#include <set>
#include <string>
#include <vector>

/// Whom to ask for shares, and when enough is known: the real client's rules (docs/tahoe-tests.md).
namespace truckee::grid {

/// What is wanted of a map, and of whom.
struct map_request {
  map_mode mode = map_mode::read;
  std::vector<server_id> servers; ///< permuted order
  servermap known;    ///< of an earlier operation: servers with shares in it are asked first and must answer
  std::uint8_t k = 3; ///< the file's k where known, else the configured one
  std::uint8_t n = 10;
  bool ask_all = false; ///< after a collision: every server, whatever the mode
  /// Strict: a read map is not done before so many have answered, or all have been asked.
  std::size_t hear_least = 0;
  bool have_private_key = false; ///< then write and repair mode need not look for it
  grid_limits limits;
};

/// One good share of a server's answer.
struct found_share {
  share_number share;
  file_version version;
  bool private_key_at_hand = false; ///< the first read held the private key and it proved right
};

/// One share of a server's answer that does not verify.
struct found_bad_share {
  share_number share;
  bytes seen; ///< its first bytes
  std::string reason;
};

/// What one server's answer holds, judged.
struct map_answer {
  std::vector<found_share> good;
  std::vector<found_bad_share> bad;
};

/// Whether a map is done, and by which rule.
enum class map_end : std::uint8_t {
  running,
  satisfied,      ///< the mode's stopping rule holds
  all_answered,   ///< nobody is left to ask (check and repair always end so)
  no_private_key, ///< a write or repair map, everybody asked, and no share gave a private key that is right
  cancelled,
};
std::string_view to_string(map_end end);

/// What the shell does next: ask a server for its shares, or fetch one share's encrypted private key.
struct map_action {
  enum class kind : std::uint8_t { ask, fetch_private_key } what = kind::ask;
  server_id server;
  share_number share; ///< with fetch_private_key
};

/// Asks "what next", is told "what happened". Every action must be answered by exactly one on_ call.
class map_update {
public:
  explicit map_update(map_request request);

  /// New actions; empty while enough is in flight or when done.
  std::vector<map_action> next();

  /// Shares must be verified (fingerprint, signature) by the caller: what it reports as good counts.
  void on_answer(const server_id& server, const map_answer& answer);
  void on_failure(const server_id& server, std::string reason);
  /// The answer to fetch_private_key: true if its hash was the write key.
  void on_private_key(const server_id& server, share_number share, bool right);

  /// A reader found too few good shares behind the map: asks every server not asked yet, one batch after
  /// another, until something more is recoverable. `bad` are places that turned out bad. False when nobody is
  /// left to ask.
  bool ask_more();
  /// Whether a reader waits for the first servers alone: what they have said so far fits together, and those that are to answer yet
  /// may be enough. Others would be asked for nothing.
  bool waits_for_the_first() const;
  /// One of them takes its time: others are asked beside it.
  void widen() { wide_ = true; }
  /// A share turned out bad while it was being read.
  void mark_bad(const share_place& place, byte_view seen, std::string reason);

  /// Those it waits for and could do without, for they have fewer than k shares together: a version that can be read is known,
  /// and more servers have answered. Nobody for a check, a repair, a second look at everybody, or where a newer version shows
  /// that cannot be read. Whoever is much slower than the others may be told to on_failure().
  std::set<server_id> dispensable() const;

  void cancel();

  bool done() const { return end_ != map_end::running; }
  map_end end() const { return end_; }
  /// As far as known; with done(), the answer.
  const servermap& map() const { return map_; }
  /// Those that have been asked and have not answered.
  const std::set<server_id>& in_flight() const { return asking_; }
  bool private_key_found() const { return private_key_; }
  std::size_t servers_in_flight() const { return asking_.size(); }

private:
  bool wants_private_key() const;
  bool everyone_known_answered() const;
  bool read_rule() const;
  bool write_rule() const;
  bool satisfied() const;
  std::size_t first_batch() const;
  std::size_t boundary() const; ///< empty servers in a row that end a write map
  void evaluate();
  std::optional<map_action> next_private_key();

  map_request request_;
  servermap map_;
  std::set<server_id> must_answer_; ///< were in the map already
  std::vector<server_id> queue_;    ///< whom to ask, in order
  std::size_t next_in_queue_ = 0;
  std::set<server_id> asking_;
  std::set<share_place> key_tried_;
  std::optional<share_place> key_fetching_;
  bool private_key_ = false;
  bool wide_ = false; ///< widen was called
  bool more_ = false; ///< ask_more was called
  std::size_t more_target_ = 0;
  map_end end_ = map_end::running;
};

} // namespace truckee::grid
