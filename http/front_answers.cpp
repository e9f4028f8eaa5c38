#include "truckee/http/answers.hpp"
#include "truckee/http/front_state.hpp"

#include <utility>

namespace truckee::http {

namespace {

using namespace std::chrono_literals;

/// Bytes that a caller who was answered may still send: enough for what was on its way.
constexpr std::size_t drained_max = 1024 * 1024;

} // namespace

void front::state::fetch_answer(connection& c, clock::time_point now) const {
  auto more = c.answer->take();
  if (!more.bytes.empty()) {
    c.pending = std::move(more.bytes);
    c.sent = 0;
    c.deadline = now + how.limits.stall;
  }
  if (more.ended) {
    c.ended = true;
    c.keeps_alive = c.keeps_alive && !more.broken;
    c.last_byte_by = now + how.limits.tail + (how.admit ? time_for(c.pending.size()) : 0s);
  }
}

bool front::state::put_pending(connection& c, clock::time_point now) const {
  std::size_t in_turn = 0;
  c.events = 0;
  while (c.has_pending()) {
    const auto put = c.way->write(std::string_view(c.pending).substr(c.sent, turn_bytes));
    if (put.state == channel_state::closed) {
      let_go(c);
      return false;
    }
    if (put.state != channel_state::ready) {
      c.events = events_for(put.state);
      return false;
    }
    c.sent += put.bytes;
    c.deadline = now + how.limits.stall;
    if ((in_turn += put.bytes) >= turn_bytes) {
      c.events = POLLOUT;
      return false;
    }
  }
  c.pending.clear();
  c.sent = 0;
  return true;
}

void front::state::send_answer(connection& c, clock::time_point now) {
  // What came while the last piece went out has woken us already, and would not again.
  do {
    if (!c.has_pending() && !c.ended)
      fetch_answer(c, now);
    if (!c.has_pending() && !c.ended) {
      c.events = 0;
      return;
    }
    if (!put_pending(c, now))
      return;
  } while (!c.ended);
  if (c.keeps_alive)
    return begin_again(c, now);
  c.way->say_goodbye();
  c.now = stage::leaving;
  c.deadline = now + how.limits.goodbye;
  c.events = POLLIN;
}

bool front::state::is_late(const connection& c, clock::time_point now) const {
  if (c.now == stage::answering)
    return (c.has_pending() && now >= c.deadline) || (c.ended && now >= c.last_byte_by);
  return now >= c.deadline || (c.now == stage::bringing && now >= c.last_byte_by);
}

void front::state::step(connection& c, short ready, clock::time_point now) {
  const bool more = std::exchange(c.again, false) || ready != 0;
  if (c.now == stage::asking && more)
    read_head(c, now);
  if (c.now == stage::bringing && more)
    read_body(c, now);
  if ((c.now == stage::answering || c.now == stage::waiting) && (ready & POLLERR) != 0)
    return let_go(c);
  if (c.now == stage::answering)
    send_answer(c, now);
  if (c.now == stage::leaving && ready != 0) {
    const auto got = c.way->drain();
    c.drained += got.bytes;
    if (got.state == channel_state::closed || c.drained > drained_max)
      return let_go(c);
  }
  if (c.now == stage::gone || !is_late(c, now))
    return;
  if (c.now == stage::waiting)
    return refuse(c, rejection::crowded, plain_answer(503, "others are served; ask again later\n"), now);
  return c.now == stage::leaving || c.is_idle() ? let_go(c) : reject(c, rejection::too_slow);
}

} // namespace truckee::http
