#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/recent_map.hpp"
#include "truckee/base/time_source.hpp"

#include <chrono>
#include <mutex>
#include <string>

namespace truckee::actors {

/// Which servers were told of which damaged shares: a reader meets the same one at each read, and a server writes down what it is told.
/// Safe from several threads.
class given_advice {
public:
  /// After so long it is told again: the share may have been mended meanwhile, and be damaged once more.
  static constexpr std::chrono::hours again_after{1};
  static constexpr std::size_t remembered_max = 10'000;

  /// Whether that server is to be told now; then it counts as told.
  bool is_due(const server_id& server, const storage_index& slot, share_number share,
              time_source::time_point now) {
    const auto key = key_of(server, slot, share);
    const std::lock_guard lock(mutex_);
    if (const auto* told = told_.find(key); told != nullptr && now - *told < again_after)
      return false;
    told_.put(key, now);
    return true;
  }

private:
  static std::string key_of(const server_id& server, const storage_index& slot, share_number share) {
    std::string out(1, static_cast<char>(share.value));
    for (const auto part : {server.view(), slot.view()})
      out.append(reinterpret_cast<const char*>(part.data()), part.size());
    return out;
  }

  std::mutex mutex_;
  recent_map<std::string, time_source::time_point> told_{remembered_max};
};

} // namespace truckee::actors
