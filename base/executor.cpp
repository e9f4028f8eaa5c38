#include "truckee/base/executor.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace truckee {

void executor::for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
  // Helpers that start late find nothing left to do, but may still look: the state outlives this call.
  struct shared_state {
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    std::mutex mutex;
    std::condition_variable all_done;
  };
  auto state = std::make_shared<shared_state>();
  const auto* work = &body;
  auto help = [state, work, count] {
    std::size_t mine = 0;
    for (;;) {
      const auto i = state->next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count)
        break;
      (*work)(i);
      ++mine;
    }
    if (mine == 0)
      return;
    std::lock_guard lock(state->mutex);
    state->done += mine;
    if (state->done == count)
      state->all_done.notify_all();
  };
  const auto helpers = count == 0 ? 0 : std::min(count - 1, threads());
  for (std::size_t i = 0; i < helpers; ++i)
    submit(help);
  help();
  std::unique_lock lock(state->mutex);
  state->all_done.wait(lock, [&] { return state->done == count; });
}

} // namespace truckee
