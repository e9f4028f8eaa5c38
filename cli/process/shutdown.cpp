#include "truckee/cli/process/shutdown.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

namespace truckee::cli {

int shutdown::finish(int code) {
  std::mutex mutex;
  std::condition_variable wake;
  bool done = false;
  std::thread watchdog([&] {
    std::unique_lock lock(mutex);
    if (wake.wait_for(lock, patience, [&] { return done; }))
      return;
    std::cout.flush();
    std::fflush(nullptr);
    std::_Exit(code);
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
  return code;
}

} // namespace truckee::cli
