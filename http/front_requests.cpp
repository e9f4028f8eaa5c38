#include "truckee/http/answers.hpp"
#include "truckee/http/front_state.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace truckee::http {

namespace {

/// What takes no more than this is let in at any time: all connections together cannot make much of it.
constexpr std::uint64_t small_request_bytes = 128 * 1024;

/// Why the head cannot be handed on, with the answer to it.
struct objection {
  rejection why;
  std::string answer;
};

std::optional<objection> objection_to(const head_reader& head, bool own_hosts_only) {
  if (head.state() == head_state::too_large)
    return objection{rejection::bad_head, plain_answer(431, "a request has at most 16 KiB and 64 fields\n")};
  const auto host = only_field(head.text(), "Host");
  const bool two = !host && without_field(head.text(), "Host").size() < head.text().size();
  if (two)
    return objection{rejection::bad_head, plain_answer(400, "a request has one Host\n")};
  if (own_hosts_only && !is_own_host(host.value_or("")))
    return objection{rejection::foreign_host,
                     plain_answer(403, "this is served to localhost and loopback addresses only\n")};
  return std::nullopt;
}

} // namespace

// -- one caller

void front::state::let_go(connection& c) const {
  c.now = stage::gone;
  if (c.answer)
    c.answer->close();
}

void front::state::reject(connection& c, rejection why) const {
  how.rejected(why);
  let_go(c);
}

void front::state::begin_answer(connection& c, clock::time_point now) const {
  c.now = stage::answering;
  c.deadline = now + how.limits.stall;
  c.events = 0;
}

void front::state::read_head(connection& c, clock::time_point now) {
  std::array<char, 4096> piece;
  take_head(c, std::exchange(c.early, {}), now);
  while (c.head.state() == head_state::unfinished) {
    const auto got = c.way->read(piece);
    if (got.state == channel_state::closed)
      return c.way->broke() ? reject(c, rejection::broken_tls) : let_go(c);
    if (got.state != channel_state::ready) {
      c.events = events_for(got.state);
      return;
    }
    take_head(c, {piece.data(), got.bytes}, now);
  }
  if (how.admit)
    return judge(c, now);
  begin_answer(c, now);
  if (auto no = objection_to(c.head, how.own_hosts_only))
    return refuse(c, no->why, std::move(no->answer), now);
  // A part of an answer helps nobody here, and many parts make a short one long.
  serve({without_field(c.head.text(), "Range"), c.caller.text, {}}, c);
}

void front::state::take_head(connection& c, std::string_view piece, clock::time_point now) const {
  if (piece.empty())
    return;
  if (c.is_idle())
    c.deadline = now + how.limits.head;
  c.head.take(piece);
  c.early.assign(piece.substr(piece.size() - c.head.left_over()));
}

void front::state::serve(whole_request request, connection& c) const {
  c.answer = std::make_shared<outgoing>([wake = wake] { wake->call(); });
  request.answer = c.answer;
  how.serve(std::move(request));
}

void front::state::refuse(connection& c, std::optional<rejection> why, std::string answer,
                          clock::time_point now) const {
  if (why)
    how.rejected(*why);
  begin_answer(c, now);
  c.pending = std::move(answer);
  c.ended = true;
  c.keeps_alive = false;
  c.last_byte_by = now + how.limits.tail;
  c.again = true;
}

// -- its body

void front::state::judge(connection& c, clock::time_point now) {
  const auto bad = [&](unsigned status, std::string_view words) {
    refuse(c, rejection::bad_head, plain_answer(status, words), now);
  };
  if (c.head.state() == head_state::too_large)
    return bad(431, "a request has at most 16 KiB and 64 fields\n");
  const auto head = parse_head(c.head.text());
  if (!head || head->count("Host") > 1)
    return bad(400, "this is no request of HTTP/1.1\n");
  auto admitted = how.admit(*head);
  if (!admitted.refusal.empty())
    return refuse(c, std::nullopt, std::move(admitted.refusal), now);
  const auto length = body_length_of(*head);
  if (length.refused == 411)
    return bad(411, "a body comes with its length, and not in chunks\n");
  if (length.refused != 0)
    return bad(400, "the length of the body is no number, or there are several\n");
  if (length.bytes > admitted.body_bytes_max)
    return bad(413, "the body is longer than anything that is taken here\n");
  c.was_admitted = true;
  c.keeps_alive = head->keeps_alive;
  c.length = length.bytes;
  c.claimed = length.bytes + admitted.answer_bytes;
  c.expects_word = head->first("Expect") == "100-continue";
  if (c.claimed <= small_request_bytes)
    return begin_body(c, now);
  c.now = stage::waiting;
  c.events = 0;
  c.deadline = now + how.limits.room;
  waiting.push_back(&c);
  let_in(now);
}

void front::state::let_in(clock::time_point now) {
  while (!waiting.empty()) {
    auto& c = *waiting.front();
    if (held > 0 && held + c.claimed > how.limits.held_bytes_max)
      return;
    waiting.pop_front();
    held += c.claimed;
    c.held = c.claimed;
    begin_body(c, now);
    if (c.now == stage::gone)
      give_back(c);
  }
}

void front::state::begin_body(connection& c, clock::time_point now) const {
  c.now = stage::bringing;
  c.body = buffer(c.length);
  c.brought = std::min<std::size_t>(c.early.size(), c.length);
  if (c.brought > 0)
    std::memcpy(c.body.data(), c.early.data(), c.brought);
  c.early.erase(0, c.brought);
  c.deadline = now + how.limits.stall;
  c.last_byte_by = now + how.limits.stall + time_for(c.length);
  c.events = POLLIN;
  if (c.expects_word && c.brought < c.length)
    c.pending = "HTTP/1.1 100 Continue\r\n\r\n";
  read_body(c, now);
}

std::chrono::milliseconds front::state::time_for(std::uint64_t bytes) const {
  constexpr std::uint64_t for_ever = 1'000'000;
  const auto seconds = how.limits.slowest > 0 ? bytes / how.limits.slowest : for_ever;
  return std::chrono::seconds(std::min(seconds, for_ever));
}

void front::state::read_body(connection& c, clock::time_point now) const {
  if (!put_pending(c, now))
    return;
  std::size_t in_turn = 0;
  while (c.brought < c.length) {
    auto* const rest = reinterpret_cast<char*>(c.body.data()) + c.brought;
    const auto got = c.way->read({rest, std::min<std::size_t>(c.length - c.brought, turn_bytes)});
    if (got.state == channel_state::closed)
      return let_go(c);
    if (got.state != channel_state::ready) {
      c.events = events_for(got.state);
      return;
    }
    c.brought += got.bytes;
    c.deadline = now + how.limits.stall;
    if ((in_turn += got.bytes) >= turn_bytes && c.brought < c.length) {
      c.again = true; // OpenSSL may have more
      c.events = POLLIN;
      return;
    }
  }
  begin_answer(c, now);
  serve({c.head.text(), c.caller.text, {}, shared_bytes(std::exchange(c.body, {})), c.keeps_alive}, c);
}

void front::state::begin_again(connection& c, clock::time_point now) {
  give_back(c);
  c.now = stage::asking;
  c.head = {};
  c.answer.reset();
  c.ended = false;
  c.deadline = now + how.limits.idle;
  c.events = POLLIN;
  read_head(c, now);
}

void front::state::give_back(connection& c) {
  held -= std::exchange(c.held, 0);
  std::erase(waiting, &c);
}

} // namespace truckee::http
