#pragma once

#include "grid/model_grid.hpp"
#include "truckee/grid/strict/writer_note.hpp"

/// The four stages of an exchange without a server to spare: docs/strict.md, "Changing a server".
namespace truckee::test {

struct exchange_spread {
  std::uint8_t k, n;
  std::size_t servers;
  std::uint8_t liars = 0;
};

/// Of a file whose last server is exchanged, at the second place.
inline grid::strict_choice stage_choice(const exchange_spread& of, int stage) {
  const std::size_t at = of.servers > 1 ? 1 : 0;
  std::vector<server_id> old;
  for (std::size_t i = 0; i < of.servers; ++i)
    old.push_back(server(static_cast<std::uint8_t>(i)));
  auto next = old;
  next[at] = server(100);
  const bool new_decides = stage > 2;
  grid::strict_choice out{of.k, of.n, new_decides ? next : old, of.liars, 1};
  if (stage == 2 || stage == 3)
    out.others = new_decides ? old : next;
  return out;
}

inline grid::strict_setting stage_setting(const exchange_spread& of, int stage) {
  return grid::strict_setting::make(stage_choice(of, stage)).value();
}

/// With another stage as the neighbour, be it one or not.
inline grid::strict_setting stage_beside(const exchange_spread& of, int stage, int neighbour) {
  auto choice = stage_choice(of, stage);
  choice.neighbour = grid::hash_of(stage_setting(of, neighbour));
  return grid::strict_setting::make(std::move(choice)).value();
}

} // namespace truckee::test
