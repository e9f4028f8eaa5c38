#pragma once

#include "truckee/grid/publish/publish_report.hpp"

#include <map>
#include <set>

namespace truckee::grid {

/// The publish loop: tables goal, outstanding and placed, re-run after every outcome. Pure: the shell sends
/// what step() says and reports each message's outcome exactly once; an outcome of a message that is already
/// settled is ignored.
///
///     auto loop = publish_loop::start(request);
///     for (auto actions = loop->step(); !actions.finished; actions = loop->step()) { send; wait;
///     loop->on_...; } loop->report();
class publish_loop {
public:
  /// Refuses what must not begin: a map of another mode, k, N or happy out of range, a sequence number that
  /// is not above everything the map shows, no server. Nothing has been sent then.
  static result<publish_loop> start(publish_request request);

  /// What to do now. After `finished` nothing more comes.
  publish_actions step();

  void on_write(message_id id, const write_outcome& outcome);
  void on_reread(message_id id, const reread_outcome& outcome);

  /// Ends the publish as soon as the old or the new version is certainly recoverable; at once, usually.
  void cancel();
  /// The whole-publish deadline passed: ends it now; messages under way become unknown.
  void deadline_passed();

  bool finished() const { return end_ != publish_end::running; }
  publish_end end() const { return end_; }
  publish_report report() const;
  publish_status status() const;

  const std::set<share_place>& goal() const { return goal_; }
  const std::set<share_place>& placed() const { return placed_; }
  std::set<share_place> outstanding() const;

private:
  explicit publish_loop(publish_request request);

  struct sent_message {
    server_id server;
    std::vector<planned_share> shares;
  };

  // one turn
  void drop_bad_servers();
  void place_homeless();
  std::vector<publish_message> send_needed();
  std::vector<publish_message> send_retirements();
  std::vector<reread_message> send_rereads();
  publish_message compose(const server_id& server, std::vector<planned_share> shares);
  std::set<server_id> busy_servers() const;
  bool enough_placed() const;
  bool safe_to_stop() const;
  void finish(publish_end end);

  // outcomes
  struct judged {
    bool stale = false;     ///< something is to be replaced
    bool surprised = false; ///< hidden or conflict
  };
  judged judge_found(const server_id& server, const std::map<share_number, bytes>& found,
                     const std::vector<planned_share>& written);
  void judge_one(const share_place& place, const belief& found, judged& sum);
  void on_written(const sent_message& message, const write_outcome& outcome);
  void on_test_failed(const sent_message& message, const write_outcome& outcome);
  void on_lost_track(const sent_message& message);
  void count_stale_round(const server_id& server);
  void mark_bad_server(const server_id& server, const write_outcome& outcome);
  void mark_placed(const share_place& place);
  std::size_t count_seen(const belief& found, share_number share);
  bool ours_may_go_to(share_number share) const { return share.value < request_.version.n; }
  bool surprised() const { return !surprises_.empty() || !hidden_.empty(); }

  publish_request request_;
  publish_view view_; ///< its map is corrected by every answer

  std::set<share_place> goal_;
  std::set<share_place> placed_;
  std::map<message_id, sent_message> writing_;
  std::map<message_id, server_id> rereading_;
  std::set<share_place> retired_; ///< deletions sent already
  std::set<share_place> sent_;    ///< ours was sent there at least once
  std::set<share_place> failed_;  ///< dropped from the goal, for display

  std::set<server_id> bad_;
  std::set<server_id> to_reread_;        ///< a write may have landed there, not looked since
  std::set<share_place> unknown_places_; ///< written to, not known whether it landed
  std::map<server_id, std::uint32_t> resends_;
  std::map<server_id, std::uint32_t> stale_rounds_;
  std::vector<server_problem> problems_;

  std::map<file_version, std::set<share_number>> seen_;
  std::vector<uncoordinated_share> surprises_;
  std::vector<uncoordinated_share> hidden_;
  std::size_t stale_met_ = 0;
  std::size_t own_copies_ = 0;
  std::size_t converged_ = 0;

  message_id last_id_ = 0;
  std::uint32_t turns_ = 0;
  bool something_new_ = true; ///< since the last turn
  bool cancelled_ = false;
  publish_end end_ = publish_end::running;
};

} // namespace truckee::grid
