#include "truckee/cli/process/shutdown.hpp"

#include "truckee/cli/exit_code.hpp"
#include "truckee/cli/process/signals.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace truckee::cli {

void shutdown::finish(int code) {
  if (signal != 0)
    code = ended_by(signal);
  std::mutex mutex;
  std::condition_variable wake;
  bool done = false;
  std::thread watchdog([&] {
    std::unique_lock lock(mutex);
    if (wake.wait_for(lock, patience, [&] { return done; }))
      return;
    end_process(code);
  });
  const auto start = std::chrono::steady_clock::now();
  for (auto& each : last)
    each.reset(); // in order
  logs::say(log, logs::events::stopped,
            {{"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()}});
  log.reset();
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  wake.notify_one();
  watchdog.join();
  end_process(code);
}

} // namespace truckee::cli
