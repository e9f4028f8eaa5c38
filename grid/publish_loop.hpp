#pragma once

#include "grid/publish_report.hpp"

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
  std::optional<publish_message> compose(const server_id& server, std::vector<planned_share> shares);
  bool goal_met() const;
  void finish(publish_end end);
  publish_end verdict_at_end() const;
  bool safe_to_stop() const;

  // outcomes
  void judge_found(const server_id& server, const std::map<share_number, bytes>& found,
                   const std::vector<planned_share>& written);
  void judge_one(const share_place& place, const belief& found);
  void on_written(const sent_message& message, const write_outcome& outcome);
  void on_test_failed(const sent_message& message, const write_outcome& outcome);
  void on_unknown(const sent_message& message);
  void mark_bad_server(const server_id& server, write_outcome_kind kind, const write_outcome& outcome);
  void settle(const share_place& place);
  std::size_t count_seen(const file_version& version, share_number share);
  belief believed(const share_place& place) const;
  bool surprised() const { return !surprises_.empty() || !hidden_.empty(); }

  publish_request request_;
  publish_view view_;
  servermap now_; ///< the map, corrected by every answer

  std::set<share_place> goal_;
  std::set<share_place> placed_;
  std::map<message_id, sent_message> writing_;
  std::map<message_id, server_id> rereading_;
  std::set<share_place> retired_; ///< deletions sent already

  std::set<server_id> bad_;
  std::set<server_id> unknown_;   ///< a write may land there
  std::set<server_id> to_reread_; ///< unknown, not re-read since
  std::set<share_place> unknown_places_;
  std::map<server_id, std::uint32_t> resends_;
  std::map<server_id, std::uint32_t> stale_rounds_;
  std::vector<server_problem> problems_;

  std::map<file_version, std::set<share_number>> seen_;
  std::vector<uncoordinated_share> surprises_;
  std::vector<uncoordinated_share> hidden_;

  message_id last_id_ = 0;
  std::uint32_t turns_ = 0;
  bool cancelled_ = false;
  publish_end end_ = publish_end::running;
};

} // namespace truckee::grid
