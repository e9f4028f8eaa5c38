#include "truckee/actors/node/door_log.hpp"

#include <utility>

namespace truckee::actors {

void door_log::refused(const std::string& door, const std::string& source, const doors::trouble& what) {
  count_->peer_refused(what.why);
  if (!lines_.take(std::chrono::steady_clock::now())) {
    ++untold_;
    return;
  }
  logs::say(log_, logs::events::caller_refused,
            {{"address", door},
             {"source", source},
             {"reason", to_word(what.why)},
             {"detail", what.detail},
             {"untold", std::exchange(untold_, 0)}});
}

} // namespace truckee::actors
