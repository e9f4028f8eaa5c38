#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/descriptor.hpp"
#include "truckee/base/result.hpp"
#include "truckee/tls/server_files.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace truckee::http {

/// How far a call on a channel got. None of them blocks.
enum class channel_state : std::uint8_t {
  ready,       ///< bytes went, or came
  wants_read,  ///< nothing now; again when the socket has something to read
  wants_write, ///< nothing now; again when the socket takes something
  closed,      ///< the peer has gone, or broke TLS
};

struct channel_step {
  channel_state state = channel_state::closed;
  std::size_t bytes = 0; ///< with `ready`
};

/// One accepted connection, plain or over TLS. Used by one thread, which has SIGPIPE blocked: OpenSSL knows no
/// way to write without it.
class channel {
public:
  virtual ~channel() = default;
  int socket() const { return socket_.get(); }
  virtual channel_step read(std::span<char> into) = 0;
  virtual channel_step write(std::string_view from) = 0;
  /// Whether it is closed because what came was no good TLS.
  virtual bool broke() const { return false; }
  /// Says that nothing more will come; what the peer still sends is read by drain() and thrown away.
  virtual void say_goodbye();
  /// `closed` once the peer has said goodbye, too.
  channel_step drain();

protected:
  explicit channel(descriptor socket) : socket_(std::move(socket)) {}

private:
  descriptor socket_;
};

/// Makes channels of sockets.
class channel_maker {
public:
  virtual ~channel_maker() = default;
  /// Nothing where there is no memory.
  virtual std::unique_ptr<channel> over(descriptor socket) = 0;
};

std::unique_ptr<channel_maker> plain_channels();
/// TLS 1.2 and later, with files that are looked at first. Errors (configuration): which file, and why.
result<std::unique_ptr<channel_maker>> tls_channels(const tls::server_files& files);
/// The same with a key and its certificate from one PEM text, whatever that certificate says of itself: callers know it by its
/// key. Errors (configuration): OpenSSL does not take it, and why.
result<std::unique_ptr<channel_maker>> tls_channels(byte_view pem);

} // namespace truckee::http
