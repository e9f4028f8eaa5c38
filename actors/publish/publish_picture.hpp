#pragma once

#include "truckee/actors/shell/server_list.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/messages/operations.hpp"

namespace truckee::actors {

/// Collects what status shows of one publish. No actor, no I/O.
class publish_picture {
public:
  using clock = std::chrono::steady_clock;

  /// `detail` with mode, version and spread; `ended`: stages that came before.
  publish_picture(time_ptr time, server_list_ptr servers, messages::publish_detail detail,
                  std::vector<messages::stage_seconds> ended);

  /// Nothing: the publish has ended.
  void stage_begins(std::optional<stage> which);
  /// Replaces the stages that ended since the beginning.
  void stages_ended(const std::vector<messages::stage_seconds>& stages);
  void message_sent(grid::message_id id, const server_id& server, std::size_t shares);
  void message_answered(grid::message_id id, server_outcome outcome, std::string detail, double seconds);
  void happiness_is(std::size_t servers) { detail_.happiness = static_cast<std::uint32_t>(servers); }

  /// As it is now, with these shares.
  std::shared_ptr<const messages::publish_snapshot>
  taken(const std::map<grid::share_place, grid::share_state>& shares) const;

private:
  std::uint32_t index_of(const server_id& server) const;

  time_ptr time_;
  server_list_ptr servers_;
  messages::publish_detail detail_;
  std::vector<messages::stage_seconds> before_;
  std::vector<messages::stage_seconds> stages_;
  std::optional<stage> stage_;
  clock::time_point start_ = time_->now();
  clock::time_point stage_start_ = start_;
  std::map<grid::message_id, std::size_t> waiting_; ///< messages without an answer: where they are in detail_
};

} // namespace truckee::actors
