#include "truckee/cli/process/shutdown.hpp"

#include "truckee/cli/exit_code.hpp"
#include "truckee/cli/process/signals.hpp"

#include <thread>

namespace truckee::cli {

void shutdown::finish(int code) {
  if (signal != 0)
    code = ended_by(signal);
  // Nobody waits for it: the process ends either way.
  std::thread([code, after = patience] {
    std::this_thread::sleep_for(after);
    end_process(code);
  }).detach();
  const auto start = std::chrono::steady_clock::now();
  for (auto& each : last)
    each.reset(); // in order
  logs::say(log, logs::events::stopped,
            {{"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()}});
  log.reset();
  end_process(code);
}

} // namespace truckee::cli
