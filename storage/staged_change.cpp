#include "truckee/storage/staged_change.hpp"

#include <vector>

namespace truckee::storage {

std::uint64_t go_on(const disk_place& at, std::span<staged_change* const> changes) {
  std::vector<sync_wish> all;
  for (const auto* change : changes)
    all.insert(all.end(), change->wishes().begin(), change->wishes().end());
  auto done = at.files->sync_together(at.held, all);
  std::size_t next = 0;
  for (auto* change : changes) {
    io_result<void> worst;
    for (auto left = change->wishes().size(); left > 0; --left, ++next)
      if (worst)
        worst = std::move(done.results[next]);
    change->next(std::move(worst));
  }
  return done.calls;
}

void settle(const disk_place& at, staged_change& change) {
  auto* const one = &change;
  while (!change.wishes().empty())
    go_on(at, {&one, 1});
}

} // namespace truckee::storage
