#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/messages/operations.hpp"

namespace truckee::actors {

/// What the log is told of one publish. No actor; without a log it does nothing.
class publish_log {
public:
  publish_log(logs::log_ptr log, std::uint64_t operation, server_list_ptr servers)
    : log_(std::move(log)), operation_(operation), servers_(std::move(servers)) {}

  /// A message is about to be sent: which of its shares another server did not take, and which replace older
  /// ones that `map` did not show.
  void sends(const grid::publish_message& message, const grid::servermap& map);
  /// Its answer came, or it could not be sent.
  void answered(grid::message_id id, grid::write_outcome_kind kind);
  void ended(const grid::publish_report& report, const storage_index& slot,
             const std::vector<messages::stage_seconds>& stages, std::uint64_t share_bytes) const;

private:
  struct sent {
    server_id server;
    std::vector<share_number> shares;
  };
  struct not_taken {
    server_id by;
    grid::write_outcome_kind kind = grid::write_outcome_kind::unknown;
  };
  std::string name_of(const server_id& id) const { return servers_->name_of(id); }

  logs::log_ptr log_;
  std::uint64_t operation_;
  server_list_ptr servers_;
  std::map<grid::message_id, sent> under_way_;
  std::map<share_number, not_taken> homeless_; ///< until they are sent again
};

} // namespace truckee::actors
