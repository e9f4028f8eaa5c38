#include "truckee/cli/process/service.hpp"

#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/terminal/standard_error.hpp"
#include "truckee/cli/terminal/standard_output.hpp"

#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace truckee::cli {

bool notify_service_manager(const std::string& state) {
  const char* where = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  if (where == nullptr || std::strlen(where) < 2 || std::strlen(where) >= sizeof to.sun_path ||
      (*where != '/' && *where != '@'))
    return false;
  to.sun_family = AF_UNIX;
  const auto length = std::strlen(where);
  std::memcpy(to.sun_path, where, length);
  if (*where == '@')
    to.sun_path[0] = '\0'; // an abstract socket
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const auto sent =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
  ::close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const auto number = [](const char* name) -> std::optional<std::int64_t> {
    const char* text = std::getenv(name);
    std::int64_t out = 0;
    if (text == nullptr)
      return std::nullopt;
    const auto parsed = std::from_chars(text, text + std::strlen(text), out);
    return parsed.ec == std::errc{} && *parsed.ptr == '\0' && out > 0 ? std::optional(out) : std::nullopt;
  };
  const auto usec = number("WATCHDOG_USEC");
  const auto pid = number("WATCHDOG_PID");
  if (!usec || (pid && *pid != ::getpid()))
    return std::nullopt;
  return std::chrono::microseconds(*usec / 2);
}

void announce(const std::string& where) {
  hold_signals();
  if (const int number = write_output("listening on " + where + "\n"); number != 0 && number != EBADF)
    tell("truckee: listening on " + where + "; " + output_problem(number) + "\n");
}

service_notice::service_notice(std::function<result<void>()> healthy) {
  notify_service_manager("READY=1");
  const auto interval = watchdog_interval();
  if (!interval)
    return;
  watch_ = std::jthread([healthy = std::move(healthy), interval = *interval](const std::stop_token& stopped) {
    std::mutex mutex;
    std::condition_variable_any wake;
    bool well = true;
    while (!stopped.stop_requested()) {
      const auto found = healthy();
      if (found)
        notify_service_manager("WATCHDOG=1");
      else if (well)
        tell("truckee: not healthy: " + escaped(found.error().detail) + "\n");
      if (!found)
        notify_service_manager("STATUS=not healthy: " + found.error().detail);
      else if (!well)
        notify_service_manager("STATUS=");
      well = found.has_value();
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stopped, interval, [] { return false; });
    }
  });
}

service_notice::~service_notice() {
  notify_service_manager("STOPPING=1");
}

} // namespace truckee::cli
