#pragma once

#include "truckee/actors/publish/publish_log.hpp"
#include "truckee/actors/publish/publish_picture.hpp"
#include "truckee/grid/publish/publish_status.hpp"
#include "truckee/shares/encode.hpp"

#include <functional>

namespace truckee::actors {

struct publish_task;

/// How the account reaches others: given by the actor.
struct publish_audience {
  std::function<void(messages::operation_progress)> hear; ///< one line and a bar
  std::function<void(messages::publish_news)> see;        ///< the whole picture, for status
  std::function<void(messages::duration, std::function<void()>)> later;
  std::function<grid::publish_status()> look; ///< where the loop stands, once it has begun
};

/// What metrics, logs, status and the reply are told of one publish; each event is told once, here. No actor.
class publish_account {
public:
  /// `task` outlives it.
  publish_account(const publish_task& task, publish_audience audience);

  void begins();
  /// `progress`: 0 to 1 of the publish.
  void waits(const char* why, double progress);
  void stage_begins(stage which);
  /// So many bytes of lent content have been read to know the version.
  void surveys(std::uint64_t bytes);
  /// Shares of lent content are on their way, 0 to 1 of them.
  void brings(double part);
  /// Encoding has ended and sending begins.
  void push_begins(const shares::encode_timings& took);
  void sends(const grid::publish_message& message);
  void sends(const grid::reread_message& message);
  /// So many bytes are on their way.
  void sends_bytes(std::uint64_t bytes);
  void answered(const messages::shares_sent& answer);
  /// A message could not even be given to a writer.
  void not_sent(grid::message_id id, const grid::write_outcome& why);
  void reread_answered(grid::message_id id, const messages::read_answer& answer);
  /// After every turn, and at the last.
  void stands(bool at_the_end);

  /// The end, as the asker gets it. Once.
  std::shared_ptr<const messages::publish_result> ended(grid::publish_report report);
  std::shared_ptr<const messages::publish_result> refused(error why);

private:
  /// Now, or once the quiet time is over.
  void say(messages::operation_progress what);
  void end_quiet();
  void say_where_it_stands();
  void moves(const char* what, double progress, std::uint64_t bytes);
  /// Now, or together with what else changes meanwhile.
  void show_picture();
  void send_picture();

  const publish_task& task_;
  services_ptr services_;
  publish_audience audience_;
  time_source::time_point start_ = services_->time->now();
  time_source::time_point push_start_ = start_;
  metrics::running_publish running_;
  publish_picture picture_;
  publish_log log_;
  std::vector<messages::stage_seconds> stages_;
  std::vector<messages::server_report> servers_;
  std::uint64_t share_bytes_ = 0;
  grid::publish_status status_; ///< that was told last
  /// Where nobody waits for each step, a publish that is done soon tells how it begins and ends.
  bool quiet_ = false;
  bool stood_ = false;                                 ///< its first turn has been told
  bool is_behind_ = false;                             ///< a later one was not
  std::optional<messages::operation_progress> unsaid_; ///< the last one, where it was not told
  bool picture_is_due_ = false;
  time_source::time_point last_picture_;
};

} // namespace truckee::actors
