#pragma once

#include "truckee/base/freed_by.hpp"
#include "truckee/doors/porter.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace truckee::test {

using namespace std::chrono_literals;

/// Remembers what it was told.
class listener final : public doors::observer {
public:
  struct told {
    std::string door, source;
    doors::trouble what;
  };
  void refused(const std::string& door, const std::string& source, const doors::trouble& what) override {
    const std::lock_guard lock(mutex_);
    all_.push_back({door, source, what});
    news_.notify_all();
  }
  /// The next that was not asked for yet.
  std::optional<told> next(std::chrono::milliseconds patience = 10s) {
    std::unique_lock lock(mutex_);
    if (!news_.wait_for(lock, patience, [this] { return taken_ < all_.size(); }))
      return std::nullopt;
    return all_[taken_++];
  }
  std::size_t count(doors::refusal why) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const told& x) { return x.what.why == why; }));
  }

private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<told> all_;
  std::size_t taken_ = 0;
};

/// A socket that blocks, with a deadline for each call.
inline void make_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  const timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

inline bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Up to the end of the stream, or `size` bytes.
inline std::string receive(int fd, std::size_t size = SIZE_MAX) {
  std::string out;
  std::array<char, 65536> part;
  while (out.size() < size) {
    const auto n = ::recv(fd, part.data(), std::min(part.size(), size - out.size()), 0);
    if (n <= 0)
      break;
    out.append(part.data(), static_cast<std::size_t>(n));
  }
  return out;
}

/// Takes the passages of a door, one after the other.
class hall {
public:
  std::function<void(doors::passage)> in() {
    return [this](doors::passage p) {
      make_blocking(p.inside.get());
      // As the protocol behind: who accepts speaks first.
      if (greet)
        send_all(p.inside.get(), "hello");
      const std::lock_guard lock(mutex_);
      came_.push_back(std::move(p));
      news_.notify_all();
    };
  }
  std::optional<doors::passage> next(std::chrono::milliseconds patience = 10s) {
    std::unique_lock lock(mutex_);
    if (!news_.wait_for(lock, patience, [this] { return !came_.empty(); }))
      return std::nullopt;
    auto out = std::move(came_.front());
    came_.erase(came_.begin());
    return out;
  }
  bool greet = true;

private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<doors::passage> came_;
};

inline result<doors::passage> dial(doors::porter& by, doors::call what) {
  std::promise<result<doors::passage>> got;
  auto answer = got.get_future();
  by.dial(std::move(what), [&got](result<doors::passage> p) { got.set_value(std::move(p)); });
  auto out = answer.get();
  if (out)
    make_blocking(out->inside.get());
  return out;
}

inline sockaddr_in at_loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

/// A connection that says nothing by itself, from any of the 16 million addresses that this machine calls itself by.
inline descriptor raw_connection(std::uint16_t port, std::uint32_t source = INADDR_LOOPBACK) {
  descriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(out.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  auto from = at_loopback(0);
  from.sin_addr.s_addr = htonl(source);
  const auto to = at_loopback(port);
  if (::bind(out.get(), reinterpret_cast<const sockaddr*>(&from), sizeof(from)) != 0 ||
      ::connect(out.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
    out.reset();
  else
    make_blocking(out.get());
  return out;
}

/// Somebody who handshakes with whatever files, and trusts everybody: as it is not checked what it shows.
inline void shake_hands_as(std::uint16_t port, const std::optional<tls::node_files>& shown) {
  const auto fd = raw_connection(port);
  const std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  if (shown) {
    SSL_CTX_use_certificate_chain_file(context.get(), shown->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), shown->key.c_str(), SSL_FILETYPE_PEM);
  }
  const std::unique_ptr<SSL, freed_by<SSL_free>> session(SSL_new(context.get()));
  SSL_set_fd(session.get(), fd.get());
  char one = 0;
  if (SSL_connect(session.get()) == 1)
    SSL_read(session.get(), &one, 1);
}

/// Processor time of this process, in seconds.
inline double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

} // namespace truckee::test
