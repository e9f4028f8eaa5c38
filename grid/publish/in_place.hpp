#pragma once

#include "truckee/grid/publish/publish_order.hpp"

namespace truckee::grid {

/// Known shares are overwritten where they are, whatever their version, bad ones too; each with a test on what is believed to
/// be there. A server that fails loses its shares to others. Success needs `happy` servers by a maximum matching, and no
/// sign of another writer. Shares whose number the new encoding does not have are deleted at the end.
///
/// A message, by its outcome:
///
///     written                    its shares are placed; what else is in the slot is judged (surprise.hpp)
///     test failed                all in it is judged: stale shares are replaced with a test on what was seen, a few rounds
///     no space, read-only,       the server is given up; its shares find other homes
///     refused, enabler, unreachable
///     unknown, malformed         the same, and the server is read again before the end; a server that answers then, and
///                                did not lie, may be written to again, a few times
class in_place final : public publish_order {
public:
  order_name name() const override { return order_name::in_place; }
  map_needs map(bool first) const override;
  result<void> admit(const publish_request& request) const override;
  void goal(publish_tables& tables) override;
  void place(publish_tables& tables) override;
  std::vector<server_message> messages(const publish_tables& tables) override;
  void judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) override;
  void judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) override;
  std::optional<publish_end> enough(const publish_tables& tables) const override;
  bool only_waits(const publish_tables& tables) const override;
  bool may_stop(const publish_tables& tables) const override;
  std::vector<server_message> retire(const publish_tables& tables) override;
  publish_end conclude(const publish_tables& tables) const override;

private:
  /// What became of a message, and whether a kept map was right about it.
  void take(publish_tables& tables, const server_message& sent, const write_outcome& outcome);
  void on_written(publish_tables& tables, const server_message& sent, const write_outcome& outcome);
  void on_test_failed(publish_tables& tables, const server_message& sent, const write_outcome& outcome);
  /// Shares whose number ours does not have, and that were not deleted yet.
  std::map<share_place, belief> to_retire(const publish_tables& tables) const;
  void count_stale_round(publish_tables& tables, const server_id& server);

  std::map<server_id, std::uint32_t> resends_;
  std::map<server_id, std::uint32_t> stale_rounds_;
  std::set<share_place> retired_; ///< deletions sent already
  bool assumed_wrong_ = false;    ///< a kept map is not what is there: nothing more is sent
};

} // namespace truckee::grid
