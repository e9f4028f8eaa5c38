#include "truckee/actors/gateway/roll_call.hpp"

#include <algorithm>

namespace truckee::actors {

void roll_call::arrived(std::size_t server, result<messages::introduction> answer) {
  if (answers_[server])
    return;
  reachable_ += answer && answer->reachable ? 1 : 0;
  answers_[server] = std::move(answer);
  --missing_;
}

gathered<messages::introduction> roll_call::take(const std::string& why) {
  gathered<messages::introduction> out;
  out.reserve(answers_.size());
  for (auto& answer : answers_) {
    if (!answer) {
      messages::introduction unknown;
      unknown.detail = why;
      answer = std::move(unknown);
    }
    out.push_back(std::move(*answer));
  }
  return out;
}

std::size_t servers_to_begin(operation_kind kind, bool new_file, const grid::spread& spread,
                             std::size_t servers) {
  const std::size_t k = spread.needed;
  const std::size_t placed_on = std::max(spread.needed, spread.happy);
  switch (kind) {
  case operation_kind::retrieve:
    return std::min(k, servers);
  case operation_kind::publish:
  case operation_kind::append:
    return std::min(new_file ? placed_on : std::max(placed_on, servers + 1 - std::min(k, servers + 1)),
                    servers);
  default:
    return 0;
  }
}

bool may_lack_servers(const error& failure, std::optional<effect> of_write) {
  const bool lacks = failure.code == errc::not_enough_servers || failure.code == errc::not_enough_shares ||
                     failure.code == errc::not_found;
  return lacks && of_write.value_or(effect::not_applied) == effect::not_applied;
}

} // namespace truckee::actors
