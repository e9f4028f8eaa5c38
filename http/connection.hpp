#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/http/channel.hpp"
#include "truckee/http/head.hpp"
#include "truckee/http/outgoing.hpp"

#include <chrono>
#include <poll.h>
#include <sys/socket.h>

/// One caller of a front, as its thread sees it.
namespace truckee::http {

struct caller_address {
  std::string text;
  std::string source; ///< what shares a bound
};

caller_address address_of(const sockaddr_storage& at, socklen_t length);

enum class stage : std::uint8_t {
  asking,    ///< its head comes
  waiting,   ///< its head is there, and there is no room for the rest yet
  bringing,  ///< its body comes
  answering, ///< a handler writes, we send
  leaving,   ///< all is sent; the caller may close first, so that it loses nothing of the answer
  gone,
};

struct connection {
  std::unique_ptr<channel> way;
  caller_address caller;
  std::chrono::steady_clock::time_point deadline;
  stage now = stage::asking;
  short events = POLLIN;
  head_reader head = {};
  std::string early = {};    ///< what came behind a head
  std::uint64_t length = 0;  ///< of the body
  std::uint64_t claimed = 0; ///< bytes that this request may make us hold
  std::uint64_t held = 0;    ///< those that count against the limit: nothing, or all of them
  buffer body = {};
  std::size_t brought = 0;   ///< bytes of it
  bool again = false;        ///< there is more to do, whatever poll() sees
  bool expects_word = false; ///< waits to be told that its body is wanted
  bool keeps_alive = false;  ///< another request may follow this one
  bool was_admitted = false; ///< once at least
  std::shared_ptr<outgoing> answer = {};
  bool ended = false; ///< the handler is done
  std::chrono::steady_clock::time_point last_byte_by = {};
  std::string pending = {};
  std::size_t sent = 0;
  std::size_t drained = 0;

  bool is_worked_on() const { return now == stage::answering && !ended; }
  bool is_idle() const { return now == stage::asking && was_admitted && head.text().empty(); }
  bool has_pending() const { return sent < pending.size(); }
};

/// What poll() is to wait for where a channel got no further.
short events_for(channel_state state);

} // namespace truckee::http
