#include "truckee/actors/publish/publish_picture.hpp"

namespace truckee::actors {

using namespace messages;

publish_picture::publish_picture(time_ptr time, server_list_ptr servers, publish_detail detail,
                                 std::vector<stage_seconds> ended)
  : time_(std::move(time)), servers_(std::move(servers)), detail_(std::move(detail)),
    before_(std::move(ended)) {
  for (const auto& entry : servers_->entries())
    detail_.servers.push_back(entry.name);
}

std::uint32_t publish_picture::index_of(const server_id& server) const {
  // Only servers of the list are in the goal or in a map.
  const auto* entry = servers_->find(server);
  return entry == nullptr ? 0 : static_cast<std::uint32_t>(entry - servers_->entries().data());
}

void publish_picture::stage_begins(std::optional<stage> which) {
  stage_ = which;
  stage_start_ = time_->now();
}

void publish_picture::stages_ended(const std::vector<stage_seconds>& stages) {
  stages_ = stages;
}

void publish_picture::message_sent(grid::message_id id, const server_id& server, std::size_t shares) {
  if (detail_.messages.size() >= detail_messages_max) {
    ++detail_.not_shown;
    return;
  }
  waiting_.emplace(id, detail_.messages.size());
  detail_.messages.push_back(
      {index_of(server), static_cast<std::uint32_t>(shares), {}, {}, time_->seconds_since(start_), 0});
}

void publish_picture::message_answered(grid::message_id id, server_outcome outcome, std::string detail,
                                       double seconds) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end())
    return;
  auto& message = detail_.messages[at->second];
  message.outcome = outcome;
  message.detail = std::move(detail);
  message.seconds = seconds;
  waiting_.erase(at);
}

std::shared_ptr<const publish_snapshot>
publish_picture::taken(const std::map<grid::share_place, grid::share_state>& shares) const {
  auto out = std::make_shared<publish_snapshot>();
  out->detail = detail_;
  for (const auto& [place, state] : shares) {
    if (out->detail.shares.size() < detail_shares_max)
      out->detail.shares.push_back({index_of(place.server), place.share, state});
    else
      ++out->detail.not_shown;
  }
  out->stages = before_;
  out->stages.insert(out->stages.end(), stages_.begin(), stages_.end());
  out->stage = stage_;
  out->start = start_;
  out->stage_start = stage_start_;
  return out;
}

} // namespace truckee::actors
