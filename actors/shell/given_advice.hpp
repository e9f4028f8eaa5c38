#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/recent_map.hpp"
#include "truckee/base/time_source.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace truckee::actors {

/// Which servers were told of which damaged shares: a reader meets the same one at each read, and a server writes down what it is told.
/// No operation waits for what it tells while it maps or reads; who ends the process does. Safe from several threads.
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

  /// Held by what is told until it was answered or given up.
  using on_its_way = std::shared_ptr<const void>;
  /// `self`: this, for whoever holds it may be the last.
  static on_its_way goes_out(std::shared_ptr<given_advice> self) {
    {
      const std::lock_guard lock(self->mutex_);
      ++self->under_way_;
    }
    return {self.get(), [self](const void*) { self->arrived(); }};
  }

  /// Until none is under way; false: so long was not enough.
  bool wait_until_told(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    return all_arrived_.wait_for(lock, most, [this] { return under_way_ == 0; });
  }

private:
  void arrived() {
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
    }
    all_arrived_.notify_all();
  }

  static std::string key_of(const server_id& server, const storage_index& slot, share_number share) {
    std::string out(1, static_cast<char>(share.value));
    for (const auto part : {server.view(), slot.view()})
      out.append(reinterpret_cast<const char*>(part.data()), part.size());
    return out;
  }

  std::mutex mutex_;
  std::condition_variable all_arrived_;
  std::size_t under_way_ = 0;
  recent_map<std::string, time_source::time_point> told_{remembered_max};
};

} // namespace truckee::actors
