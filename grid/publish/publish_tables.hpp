#pragma once

#include "truckee/grid/publish/publish_message.hpp"
#include "truckee/grid/publish/publish_request.hpp"
#include "truckee/grid/publish/surprise.hpp"

namespace truckee::grid {

/// The tables of one publish: what it aims at, what it sent, what it knows. Sets and book-keeping; every rule is the
/// order's. A place of ours goes
///
///                 aim_at          send          mark_placed
///     (nothing) ---------> goal -------> outstanding -------> placed
///                           |                 | mark_unknown     | misplace
///                           | give_up         v                  v
///                           v              unknown --> placed   goal
///                         failed
///
/// and always: placed is part of goal; nothing placed is failed or unknown; a server has at most one message under way;
/// every message sent is under way, settled or abandoned.
class publish_tables {
public:
  explicit publish_tables(publish_request request);

  /// As asked; its map and the earlier versions have moved to view().
  const publish_request& asked() const { return request_; }
  const file_version& version() const { return request_.version; }
  /// Whether ours has a share of that number at all.
  bool in_range(share_number share) const { return share.value < request_.version.n; }

  // -- the places of ours --

  const std::set<share_place>& goal() const { return goal_; }
  const std::set<share_place>& placed() const { return placed_; }
  const std::set<share_place>& failed() const { return failed_; }   ///< given up, for display
  const std::set<share_place>& unknown() const { return unknown_; } ///< may have landed, or may yet
  std::set<share_place> outstanding() const;                        ///< sent, no answer yet
  bool was_sent(const share_place& place) const { return sent_.contains(place); }

  void aim_at(const share_place& place) { goal_.insert(place); }
  /// Leaves the goal, unless it is placed.
  void give_up(const share_place& place);
  /// Ours is there, by a server's own word.
  void mark_placed(const share_place& place);
  /// Not placed any more; stays a goal. False where it was not placed.
  bool misplace(const share_place& place) { return placed_.erase(place) > 0; }
  void mark_unknown(const share_place& place);
  /// Share numbers of ours that a server took, or may have taken, at any time: who saw k of them read our version.
  const std::set<share_number>& landed() const { return landed_; }

  // -- what is known --

  /// What the publish knew when it began; its map is corrected by every answer.
  const publish_view& view() const { return view_; }
  const servermap& map() const { return view_.map; }
  void learn(const share_place& place, const belief& what);
  void set_answered(const server_id& server) { view_.map.set_answered(server); }
  /// One more sighting of a version: how many distinct share numbers of it have been seen.
  std::size_t count_seen(const file_version& version, share_number share);
  const std::map<file_version, std::set<share_number>>& seen() const { return seen_; }

  void add_surprise(uncoordinated_share what) { surprises_.push_back(std::move(what)); }
  void add_hidden(uncoordinated_share what) { hidden_.push_back(std::move(what)); }
  const std::vector<uncoordinated_share>& surprises() const { return surprises_; }
  const std::vector<uncoordinated_share>& hidden() const { return hidden_; }
  bool surprised() const { return !surprises_.empty() || !hidden_.empty(); }

  // -- servers --

  const std::set<server_id>& bad() const { return bad_; } ///< take nothing more
  const std::vector<server_problem>& problems() const { return problems_; }
  void mark_bad(const server_id& server, const write_outcome& why);
  void trust_again(const server_id& server) { bad_.erase(server); }
  /// Reads the server's shares again before the end.
  void look_again(const server_id& server) { to_reread_.insert(server); }
  std::set<server_id> busy() const; ///< owe the answer to a message
  bool is_busy(const server_id& server) const;

  // -- messages; for the loop --

  message_id send(server_message message);
  message_id send_reread(const server_id& server);
  /// Takes a message out of the tables for its one outcome; nothing where it has had one.
  std::optional<server_message> settle(message_id id);
  std::optional<server_id> settle_reread(message_id id);
  std::vector<server_message> settle_all();
  std::set<server_id> take_rereads();
  /// What is under way becomes unknown.
  void abandon();
  bool quiet() const { return writing_.empty() && rereading_.empty(); }
  bool rereading() const { return !rereading_.empty(); }
  /// Some server is to be read again before the end, or is being read.
  bool looks_again() const { return rereading() || !to_reread_.empty(); }
  message_id messages_sent() const { return last_id_; }

  /// Counted for the report.
  struct tally {
    std::size_t stale = 0;      ///< shares unlike the map, old or damaged; not counted: what was lost
    std::size_t own_copies = 0; ///< shares of ours that an earlier copy of a message had brought
    std::size_t converged = 0;  ///< shares of ours where we had sent none
  } met;

  /// Asserts what the head of this class promises.
  void check() const;

private:
  publish_request request_;
  publish_view view_;

  std::set<share_place> goal_;
  std::set<share_place> placed_;
  std::set<share_place> failed_;
  std::set<share_place> unknown_;
  std::set<share_place> sent_; ///< ours was sent there at least once
  std::set<share_number> landed_;

  std::map<message_id, server_message> writing_;
  std::map<message_id, server_id> rereading_;
  message_id last_id_ = 0;
  std::size_t settled_ = 0; ///< messages and re-reads that had their outcome or were abandoned

  std::set<server_id> bad_;
  std::set<server_id> to_reread_;
  std::vector<server_problem> problems_;

  std::map<file_version, std::set<share_number>> seen_;
  std::vector<uncoordinated_share> surprises_;
  std::vector<uncoordinated_share> hidden_;
};

} // namespace truckee::grid
