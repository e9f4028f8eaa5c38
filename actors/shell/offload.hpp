#pragma once

#include "truckee/base/executor.hpp"
#include "truckee/messages/types.hpp"

#include <memory>

namespace truckee::actors {

/// Runs `work()` on a worker thread, then `then(its result)` in the actor, unless it has ended meanwhile.
/// CAF's own threads also serve the network, so nothing that computes long or blocks may run on them.
template <class Self, class Work, class Then>
void offload(Self* self, executor& pool, Work work, Then then) {
  auto me = caf::actor_cast<typename Self::handle_type>(self->ctrl());
  pool.submit([me = std::move(me), work = std::move(work), then = std::move(then)]() mutable {
    // Shared, since a std::function wants to be copied; it never is.
    auto value = std::make_shared<decltype(work())>(work());
    messages::continuation rest{[value, then = std::move(then)]() mutable { then(std::move(*value)); }};
    messages::send_anonymously(me, std::move(rest));
  });
}

/// Work on so many bytes takes less than the way to another thread and back, or about as long as a signature.
inline constexpr std::uint64_t small_work_bytes = std::uint64_t{64} << 10;

/// The same for work on so many bytes: where they are few it runs in the actor, in its next turn.
template <class Self, class Work, class Then>
void offload(Self* self, executor& pool, std::uint64_t bytes, Work work, Then then) {
  if (bytes > small_work_bytes)
    return offload(self, pool, std::move(work), std::move(then));
  messages::send_anonymously(
      caf::actor_cast<typename Self::handle_type>(self->ctrl()),
      messages::continuation{[work = std::move(work), then = std::move(then)]() mutable { then(work()); }});
}

} // namespace truckee::actors
