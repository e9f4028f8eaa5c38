#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/recent_map.hpp"

#include <map>
#include <mutex>
#include <vector>

namespace truckee::actors {

/// Which shares of a file a server had when it was last asked for all of them: who reads again names them, so that a server over
/// HTTP, which reads one share a request, need not list them first. No more than a hint: a share that is gone is seen, one that
/// came since is not. Safe from several threads.
class known_places {
public:
  static constexpr std::size_t files_max = 10'000;

  /// Empty where that is not known.
  std::vector<share_number> of(const storage_index& slot, const server_id& server) {
    const std::lock_guard lock(mutex_);
    const auto* servers = files_.find(slot);
    if (servers == nullptr)
      return {};
    const auto at = servers->find(server);
    return at == servers->end() ? std::vector<share_number>{} : at->second;
  }

  /// Forgets the server where there are none.
  void saw(const storage_index& slot, const server_id& server, std::vector<share_number> shares) {
    const std::lock_guard lock(mutex_);
    if (auto* servers = files_.find(slot); servers != nullptr && shares.empty())
      servers->erase(server);
    else if (servers != nullptr)
      servers->insert_or_assign(server, std::move(shares));
    else if (!shares.empty())
      files_.put(slot, {{server, std::move(shares)}});
  }

private:
  using places = std::map<server_id, std::vector<share_number>>;

  std::mutex mutex_;
  recent_map<storage_index, places> files_{files_max};
};

} // namespace truckee::actors
