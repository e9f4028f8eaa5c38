#pragma once

#include "truckee/grid/publish/publish_order.hpp"
#include "truckee/grid/publish/publish_status.hpp"

namespace truckee::grid {

/// The publish loop: what the order plans is sent, each outcome is judged by it once, and all is looked at again, until an
/// end is reached. Pure: the shell sends what step() says and reports each message's outcome exactly once; an outcome of
/// a message that is already settled is ignored.
///
///     auto loop = publish_loop::start(request);
///     for (auto actions = loop->step(); !actions.finished; actions = loop->step()) { send; wait; loop->on_...; }
///     loop->report();
class publish_loop {
public:
  /// Refuses what must not begin: a map the order cannot work with, k, N or happy out of range, a sequence number that
  /// is not above everything the map shows, no server. Nothing has been sent then. In place.
  static result<publish_loop> start(publish_request request);
  /// In another order.
  static result<publish_loop> start(publish_request request, std::unique_ptr<publish_order> order);

  /// What to do now. After `finished` nothing more comes.
  publish_actions step();

  void on_write(message_id id, const write_outcome& outcome);
  void on_reread(message_id id, const reread_outcome& outcome);

  /// Ends the publish as soon as the old or the new version is certainly recoverable; at once, usually.
  void cancel();
  /// Whoever still owes an answer takes much longer than the others took: the publish ends where the new version is as safe
  /// without them. What they were sent stays unknown, and `why` is what the report says of them; of a new file, which has no
  /// other writer to be told of, it finds another home first. False: they are waited for.
  bool leave_the_slow(const std::string& why);
  /// The whole-publish deadline passed: ends it now; messages under way become unknown.
  void deadline_passed();

  bool finished() const { return end_ != publish_end::running; }
  publish_end end() const { return end_; }
  publish_report report() const;
  publish_status status() const { return status_of(tables_, end_); }

  const publish_tables& tables() const { return tables_; }

private:
  publish_loop(publish_request request, std::unique_ptr<publish_order> order);

  void take_turn(publish_actions& out);
  std::vector<publish_message> send(std::vector<server_message> messages);
  std::vector<reread_message> send_rereads();
  void finish(publish_end end);

  publish_tables tables_;
  std::unique_ptr<publish_order> order_;
  std::uint32_t turns_ = 0;
  bool something_new_ = true; ///< since the last turn
  bool cancelled_ = false;
  publish_end end_ = publish_end::running;
};

} // namespace truckee::grid
