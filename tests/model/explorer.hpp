#pragma once

#include "model/clients.hpp"

#include <array>
#include <functional>
#include <vector>

namespace truckee::model {

inline constexpr std::size_t places_at_most = 4;
inline constexpr std::size_t clients_at_most = 3;

/// What has been told so far, which later versions must keep to.
struct record {
  std::vector<std::uint32_t> told; ///< versions, smallest first
  std::array<std::uint32_t, clients_at_most>
      had{}; ///< the greatest of them when each client's operation began, plus 1
};

/// Everything, at one moment: each part by its number.
struct world_state {
  std::array<std::uint32_t, places_at_most> slots{};
  std::array<std::uint32_t, clients_at_most> clients{};
  std::uint32_t record = 0;
  std::uint32_t strays = 0; ///< messages that may land yet, and nobody waits for
  std::uint8_t crashes = 0; ///< that may happen yet
  std::uint8_t faults = 0;
  friend bool operator==(const world_state&, const world_state&) = default;
};

struct findings {
  std::size_t states = 0;
  std::size_t transitions = 0;
  double seconds = 0;
  bool complete = false;          ///< all states were looked at
  std::string broken;             ///< what was promised and does not hold; empty: everything holds
  std::vector<std::string> trace; ///< the shortest way there
  reached met;
  std::size_t told = 0;         ///< transitions in which somebody is told something
  std::size_t client_steps = 0; ///< so often the real decisions were asked
};

/// Breadth first over all that can happen within the bounds. Ends with the first promise that is broken, or after `states_max`.
findings explore(const scope& bounds, std::size_t states_max);

} // namespace truckee::model
