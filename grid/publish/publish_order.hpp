#pragma once

#include "truckee/grid/publish/order_name.hpp"
#include "truckee/grid/publish/publish_message.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/publish/publish_tables.hpp"

#include <memory>

/// The rules by which a file's shares are replaced: a strategy behind the publish loop.
namespace truckee::grid {

/// The map that must be made before a publish.
struct map_needs {
  map_mode mode = map_mode::write;
  bool ask_all = false; ///< every server, whatever the mode's own rule says
};

/// One object serves one publish and may remember what it has done. The loop asks
///
///     admit, goal                                      once, before anything is sent
///     place -> enough? -> messages                     each turn, that is after each outcome
///     judge                                            for each outcome, exactly once
///     (rereads) -> retire -> conclude                  when nothing is under way and messages() had nothing
///
/// `messages` may speak of any share of a slot and in as many phases as the order wants: what one phase needs of the one
/// before, judge() has kept. No order sends, waits or keeps time; the tables know what is sent and what came back.
class publish_order {
public:
  virtual ~publish_order() = default;
  virtual order_name name() const = 0;

  /// For the first try of an operation, and for those after a collision.
  virtual map_needs map(bool first) const = 0;
  /// What its tests and judgements need to see of each share; begins at 0.
  virtual read_vector read_back() const { return prefix_read; }

  /// Refuses what must not begin: nothing has been sent then.
  virtual result<void> admit(const publish_request& request) const = 0;

  /// The places to write before homeless shares are placed.
  virtual void goal(publish_tables& tables) = 0;
  /// Homes for shares that have none (any more), and whatever else the goal needs now.
  virtual void place(publish_tables& tables) = 0;
  /// What to send now; at most one message to a server that owes no answer.
  virtual std::vector<server_message> messages(const publish_tables& tables) = 0;

  /// What became of a message, into the tables.
  virtual void judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) = 0;
  /// What was seen on a server that the tables had down for another look.
  virtual void judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) = 0;

  /// The end, where it is certain although answers may be out still; they become unknown.
  virtual std::optional<publish_end> enough(const publish_tables& tables) const = 0;
  /// Whether nothing is left but to wait for the answers to the messages under way, and conclude() is right whatever they
  /// are.
  virtual bool only_waits(const publish_tables& tables) const = 0;
  /// Cancelled: is a version certainly recoverable whatever becomes of the messages under way?
  virtual bool may_stop(const publish_tables& tables) const = 0;
  /// What to send once the new version is safe: deletions of what it replaces.
  virtual std::vector<server_message> retire(const publish_tables& tables) = 0;
  /// The end, when all has been said and answered.
  virtual publish_end conclude(const publish_tables& tables) const = 0;
  /// What only the order knows of how it went.
  virtual void account(publish_report&) const {}
};

} // namespace truckee::grid
