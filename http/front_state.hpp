#pragma once

#include "truckee/http/connection.hpp"
#include "truckee/http/front.hpp"
#include "truckee/http/wakeup.hpp"

#include <atomic>
#include <deque>
#include <list>
#include <thread>

/// What a front's thread does, in three parts: front_requests.cpp reads what callers send, front_answers.cpp sends them what
/// handlers wrote, front.cpp sees to all of them. For these alone.
namespace truckee::http {

struct front::state {
  using clock = std::chrono::steady_clock;

  state(listening_socket at, std::unique_ptr<channel_maker> maker, options o)
    : listening(std::move(at)), channels(std::move(maker)), how(std::move(o)) {}

  // -- one caller

  void let_go(connection& c) const;
  void reject(connection& c, rejection why) const;
  void begin_answer(connection& c, clock::time_point now) const;
  void read_head(connection& c, clock::time_point now);
  void take_head(connection& c, std::string_view piece, clock::time_point now) const;
  void serve(whole_request request, connection& c) const;
  void refuse(connection& c, std::optional<rejection> why, std::string answer, clock::time_point now) const;

  // -- its body

  /// By its head: refused, or taken as soon as there is room.
  void judge(connection& c, clock::time_point now);
  /// Those that wait, in their order, as far as there is room.
  void let_in(clock::time_point now);
  void begin_body(connection& c, clock::time_point now) const;
  /// What so many bytes may take at the slowest.
  std::chrono::milliseconds time_for(std::uint64_t bytes) const;
  void read_body(connection& c, clock::time_point now) const;
  /// Its answer is sent, and it may ask again.
  void begin_again(connection& c, clock::time_point now);
  /// What it made us hold is free.
  void give_back(connection& c);

  // -- its answer

  void fetch_answer(connection& c, clock::time_point now) const;
  /// Whether all that was to be sent is on its way.
  bool put_pending(connection& c, clock::time_point now) const;
  void send_answer(connection& c, clock::time_point now);
  bool is_late(const connection& c, clock::time_point now) const;
  void step(connection& c, short ready, clock::time_point now);

  // -- all of them

  /// Whether there is a place for one more of this source.
  bool make_room(const std::string& source);
  /// Whether somebody was there.
  bool accept_one(clock::time_point now);
  /// Where every place has a handler at work, the kernel holds who comes next.
  bool may_accept(clock::time_point now) const;
  /// How long poll() may sleep.
  int patience(clock::time_point now) const;
  void run();
  /// Tells how many there are, if those are others than it told last.
  void tell_connections();

  listening_socket listening;
  std::unique_ptr<channel_maker> channels;
  const options how;
  std::shared_ptr<wakeup> wake = std::make_shared<wakeup>();
  std::list<connection> all;       ///< oldest first
  std::deque<connection*> waiting; ///< for room
  std::size_t told_connections = 0;
  std::uint64_t held = 0; ///< bytes that requests may make us hold, by their heads
  clock::time_point accept_again = {};
  std::atomic<bool> stopping = false;
  std::thread thread = {};
};

/// Bytes read or sent for one caller before the next one's turn.
inline constexpr std::size_t turn_bytes = 256 * 1024;

} // namespace truckee::http
