#include "cli/shutdown.hpp"

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
  last.clear();
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  wake.notify_one();
  watchdog.join();
  return code;
}

} // namespace truckee::cli
