#pragma once

#include "model/explorer.hpp"

#include <bit>

namespace truckee::model {

inline std::uint64_t mixed(std::uint64_t h, std::uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15U;
  return h ^ (h >> 32);
}

inline std::uint64_t hash_of(const world_state& x) {
  std::uint64_t h = (std::uint64_t{x.crashes} << 8) | x.faults;
  for (const auto slot : x.slots)
    h = mixed(h, slot);
  for (const auto client : x.clients)
    h = mixed(h, client);
  return mixed(mixed(h, x.record), x.strays);
}

/// The states that were met, in the order in which they were met; 64 bytes each at most.
class state_set {
public:
  std::size_t size() const { return states_.size(); }
  const world_state& operator[](std::size_t number) const { return states_[number]; }

  /// False: it was there already.
  bool add(const world_state& x) {
    if (2 * (states_.size() + 1) > table_.size())
      grow();
    auto& entry = find(x);
    if (entry != 0)
      return false;
    states_.push_back(x);
    entry = static_cast<std::uint32_t>(states_.size());
    return true;
  }

private:
  std::uint32_t& find(const world_state& x) {
    const auto mask = table_.size() - 1;
    for (auto at = hash_of(x) & mask;; at = (at + 1) & mask)
      if (table_[at] == 0 || states_[table_[at] - 1] == x)
        return table_[at];
  }
  void grow() {
    table_.assign(std::bit_ceil(4 * states_.size() + 1024), 0);
    for (std::size_t i = 0; i < states_.size(); ++i)
      find(states_[i]) = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<world_state> states_;
  std::vector<std::uint32_t> table_; ///< numbers plus 1
};

} // namespace truckee::model
