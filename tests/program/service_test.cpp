#include "program/support/server_farm.hpp"

#include <csignal>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace truckee::test;

/// In systemd's place: what a service says to it.
namespace {

class manager {
public:
  explicit manager(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path)
      throw std::runtime_error(path + " is too long for a socket");
    path.copy(at.sun_path, path.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
      throw std::runtime_error("cannot bind " + path);
    const timeval longest{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  ~manager() { ::close(fd_); }
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;

  /// The next message; empty when none comes in time.
  std::string next() const {
    char text[512];
    const auto n = ::recv(fd_, text, sizeof text, 0);
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
  }

private:
  int fd_;
};

class service : public server_farm {
protected:
  /// Watched every 200 ms: it has to show life twice as often.
  void be_managed() {
    environment_["NOTIFY_SOCKET"] = path("manager");
    environment_["WATCHDOG_USEC"] = "200000";
  }
};

} // namespace

TEST_F(service, a_storage_server_says_when_it_is_ready_alive_and_stopping) {
  const manager systemd(path("manager"));
  be_managed();
  auto& server = start({"storage", "--directory", "store", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(systemd.next(), "READY=1");
  EXPECT_NO_THROW(server.wait_for("listening on ", process::seconds(1)))
      << "ready means that clients can connect";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  server.signal(SIGTERM);
  auto last = systemd.next();
  while (last == "WATCHDOG=1")
    last = systemd.next();
  EXPECT_EQ(last, "STOPPING=1");
  EXPECT_EQ(server.wait().code, 0);
}

TEST_F(service, a_gateway_says_when_it_is_ready_alive_and_stopping) {
  start_farm(false);
  const manager systemd(path("manager"));
  be_managed();
  auto& gateway = start(on_grid({"gateway", "--listen", "127.0.0.1:0"}));
  EXPECT_EQ(systemd.next(), "READY=1");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  gateway.signal(SIGTERM);
  auto last = systemd.next();
  while (last == "WATCHDOG=1")
    last = systemd.next();
  EXPECT_EQ(last, "STOPPING=1");
  EXPECT_EQ(gateway.wait().code, 0);
}
