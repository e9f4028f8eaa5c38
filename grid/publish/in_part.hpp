#pragma once

#include "truckee/grid/publish/in_place.hpp"

namespace truckee::grid {

/// In place, of messages that make a new share only of the one share they were made for (shares/part_update.hpp). Each server is
/// told once, with a test on the version below; first the one that has share 0, and the others when it took its message: of two
/// who send parts one alone gets beyond it. No share moves and none is deleted; whatever is not as it was expected ends it, and
/// what is then to be done is to map again and publish whole.
class in_part final : public publish_order {
public:
  order_name name() const override { return order_name::in_place; }
  map_needs map(bool first) const override { return rules_.map(first); }
  /// Wants every share number once, each of the base, and nothing else in the map.
  result<void> admit(const publish_request& request) const override;
  void goal(publish_tables& tables) override { rules_.goal(tables); }
  void place(publish_tables&) override {}
  std::vector<server_message> messages(const publish_tables& tables) override;
  void judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) override;
  void judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) override;
  std::optional<publish_end> enough(const publish_tables& tables) const override {
    return rules_.enough(tables);
  }
  bool only_waits(const publish_tables&) const override { return false; }
  bool may_stop(const publish_tables& tables) const override { return rules_.may_stop(tables); }
  std::vector<server_message> retire(const publish_tables&) override { return {}; }
  publish_end conclude(const publish_tables& tables) const override;

private:
  in_place rules_;
  std::set<server_id> told_;
  bool first_took_ = false;
  bool failed_ = false; ///< something was not as it should be: nothing more is sent
};

} // namespace truckee::grid
