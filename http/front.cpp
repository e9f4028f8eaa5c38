#include "truckee/http/front.hpp"

#include "truckee/http/answers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <list>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace truckee::http {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Bytes read or sent for one caller before the next one's turn.
constexpr std::size_t turn_bytes = 256 * 1024;
/// Bytes that a caller who was answered may still send: enough for what was on its way.
constexpr std::size_t drained_max = 1024 * 1024;
/// What takes no more than this is let in at any time: all connections together cannot make much of it.
constexpr std::uint64_t small_request_bytes = 128 * 1024;
/// How long nobody is accepted where the process has no descriptor left: poll() would come back at once.
constexpr auto accept_pause = 200ms;

/// Interrupts poll() from any thread.
class wakeup {
public:
  wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_)
      throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  int socket() const { return event_.get(); }
  void call() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto full = ::write(event_.get(), &one, sizeof one); // full: it is awake already
  }
  void hear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto none = ::read(event_.get(), &count, sizeof count);
  }

private:
  descriptor event_;
};

struct caller_address {
  std::string text;
  std::string source; ///< what shares a bound
};

caller_address address_of(const sockaddr_storage& at, socklen_t length) {
  std::array<char, NI_MAXHOST> text{};
  const auto* raw = reinterpret_cast<const sockaddr*>(&at);
  caller_address out;
  if (::getnameinfo(raw, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
    out.text = text.data();
  out.source = out.text;
  if (at.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(at).sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&six) && !IN6_IS_ADDR_LOOPBACK(&six))
      out.source.assign(reinterpret_cast<const char*>(&six), 8);
  }
  return out;
}

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
  clock::time_point deadline;
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
  clock::time_point last_byte_by = {};
  std::string pending = {};
  std::size_t sent = 0;
  std::size_t drained = 0;

  bool is_worked_on() const { return now == stage::answering && !ended; }
  bool is_idle() const { return now == stage::asking && was_admitted && head.text().empty(); }
  bool has_pending() const { return sent < pending.size(); }
};

short events_for(channel_state state) {
  return state == channel_state::wants_write ? POLLOUT : POLLIN;
}

/// Why the head cannot be handed on, with the answer to it.
struct objection {
  rejection why;
  std::string answer;
};

std::optional<objection> objection_to(const head_reader& head, bool own_hosts_only) {
  if (head.state() == head_state::too_large)
    return objection{rejection::bad_head, plain_answer(431, "Request Header Fields Too Large",
                                                       "a request has at most 16 KiB and 64 fields\n")};
  const auto host = only_field(head.text(), "Host");
  const bool two = !host && without_field(head.text(), "Host").size() < head.text().size();
  if (two)
    return objection{rejection::bad_head, plain_answer(400, "Bad Request", "a request has one Host\n")};
  if (own_hosts_only && !is_own_host(host.value_or("")))
    return objection{
        rejection::foreign_host,
        plain_answer(403, "Forbidden", "this is served to localhost and loopback addresses only\n")};
  return std::nullopt;
}

void block_sigpipe() {
  sigset_t broken_pipe;
  ::sigemptyset(&broken_pipe);
  ::sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

} // namespace

struct front::state {
  state(listening_socket at, std::unique_ptr<channel_maker> maker, options o)
    : listening(std::move(at)), channels(std::move(maker)), how(std::move(o)) {}

  // -- one caller

  void let_go(connection& c) const {
    c.now = stage::gone;
    if (c.answer)
      c.answer->close();
  }

  void reject(connection& c, rejection why) const {
    how.rejected(why);
    let_go(c);
  }

  void begin_answer(connection& c, clock::time_point now) const {
    c.now = stage::answering;
    c.deadline = now + how.limits.stall;
    c.events = 0;
  }

  void read_head(connection& c, clock::time_point now) {
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

  void take_head(connection& c, std::string_view piece, clock::time_point now) const {
    if (piece.empty())
      return;
    if (c.is_idle())
      c.deadline = now + how.limits.head;
    c.head.take(piece);
    c.early.assign(piece.substr(piece.size() - c.head.left_over()));
  }

  void serve(whole_request request, connection& c) const {
    c.answer = std::make_shared<outgoing>([wake = wake] { wake->call(); });
    request.answer = c.answer;
    how.serve(std::move(request));
  }

  void refuse(connection& c, std::optional<rejection> why, std::string answer, clock::time_point now) const {
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

  /// By its head: refused, or taken as soon as there is room.
  void judge(connection& c, clock::time_point now) {
    const auto bad = [&](unsigned status, std::string_view reason, std::string_view words) {
      refuse(c, rejection::bad_head, plain_answer(static_cast<int>(status), reason, words), now);
    };
    if (c.head.state() == head_state::too_large)
      return bad(431, "Request Header Fields Too Large", "a request has at most 16 KiB and 64 fields\n");
    const auto head = parse_head(c.head.text());
    if (!head || head->count("Host") > 1)
      return bad(400, "Bad Request", "this is no request of HTTP/1.1\n");
    auto admitted = how.admit(*head);
    if (!admitted.refusal.empty())
      return refuse(c, std::nullopt, std::move(admitted.refusal), now);
    const auto length = body_length_of(*head);
    if (length.refused == 411)
      return bad(411, "Length Required", "a body comes with its length, and not in chunks\n");
    if (length.refused != 0)
      return bad(400, "Bad Request", "the length of the body is no number, or there are several\n");
    if (length.bytes > admitted.body_bytes_max)
      return bad(413, "Content Too Large", "the body is longer than anything that is taken here\n");
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

  /// Those that wait, in their order, as far as there is room.
  void let_in(clock::time_point now) {
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

  void begin_body(connection& c, clock::time_point now) const {
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

  /// What so many bytes may take at the slowest.
  std::chrono::milliseconds time_for(std::uint64_t bytes) const {
    constexpr std::uint64_t for_ever = 1'000'000;
    const auto seconds = how.limits.slowest > 0 ? bytes / how.limits.slowest : for_ever;
    return std::chrono::seconds(std::min(seconds, for_ever));
  }

  void read_body(connection& c, clock::time_point now) const {
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

  /// Its answer is sent, and it may ask again.
  void begin_again(connection& c, clock::time_point now) {
    give_back(c);
    c.now = stage::asking;
    c.head = {};
    c.answer.reset();
    c.ended = false;
    c.deadline = now + how.limits.idle;
    c.events = POLLIN;
    read_head(c, now);
  }

  /// What it made us hold is free.
  void give_back(connection& c) {
    held -= std::exchange(c.held, 0);
    std::erase(waiting, &c);
  }

  // -- its answer

  void fetch_answer(connection& c, clock::time_point now) const {
    auto more = c.answer->take();
    if (!more.bytes.empty()) {
      c.pending = std::move(more.bytes);
      c.sent = 0;
      c.deadline = now + how.limits.stall;
    }
    if (more.ended) {
      c.ended = true;
      c.last_byte_by = now + how.limits.tail + (how.admit ? time_for(c.pending.size()) : 0s);
    }
  }

  /// Whether all that was to be sent is on its way.
  bool put_pending(connection& c, clock::time_point now) const {
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

  void send_answer(connection& c, clock::time_point now) {
    if (!c.has_pending() && !c.ended)
      fetch_answer(c, now);
    if (!put_pending(c, now) || !c.ended)
      return;
    if (c.keeps_alive)
      return begin_again(c, now);
    c.way->say_goodbye();
    c.now = stage::leaving;
    c.deadline = now + how.limits.goodbye;
    c.events = POLLIN;
  }

  bool is_late(const connection& c, clock::time_point now) const {
    if (c.now == stage::answering)
      return (c.has_pending() && now >= c.deadline) || (c.ended && now >= c.last_byte_by);
    return now >= c.deadline || (c.now == stage::bringing && now >= c.last_byte_by);
  }

  void step(connection& c, short ready, clock::time_point now) {
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
      return refuse(c, rejection::crowded,
                    plain_answer(503, "Service Unavailable", "others are served; ask again later\n"), now);
    return c.now == stage::leaving || c.is_idle() ? let_go(c) : reject(c, rejection::too_slow);
  }

  // -- all of them

  /// Whether there is a place for one more of this source.
  bool make_room(const std::string& source) {
    const auto same = [&](const connection& c) { return c.caller.source == source; };
    const auto of_source = static_cast<std::size_t>(std::ranges::count_if(all, same));
    const bool source_is_full = of_source >= how.limits.of_one_source_max;
    if (!source_is_full && all.size() < how.limits.connections_max)
      return true;
    const auto may_go = [&](const connection& c) {
      return !c.is_worked_on() && (!source_is_full || same(c));
    };
    auto oldest =
        std::ranges::find_if(all, [&](const connection& c) { return may_go(c) && !c.was_admitted; });
    if (oldest == all.end())
      oldest = std::ranges::find_if(all, [&](const connection& c) { return may_go(c) && c.is_idle(); });
    if (oldest == all.end())
      oldest = std::ranges::find_if(all, may_go);
    if (oldest == all.end())
      return false;
    if (oldest->is_idle())
      let_go(*oldest);
    else
      reject(*oldest, rejection::crowded);
    give_back(*oldest);
    all.erase(oldest);
    return true;
  }

  /// Whether somebody was there.
  bool accept_one(clock::time_point now) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    descriptor socket(::accept4(listening.socket.get(), reinterpret_cast<sockaddr*>(&from), &length,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        accept_again = now + accept_pause;
      return errno == ECONNABORTED || errno == EINTR;
    }
    auto caller = address_of(from, length);
    if (!make_room(caller.source)) {
      how.rejected(rejection::crowded);
      return true;
    }
    if (auto way = channels->over(std::move(socket)))
      all.push_back({std::move(way), std::move(caller), now + how.limits.head});
    return true;
  }

  /// Where every place has a handler at work, the kernel holds who comes next.
  bool may_accept(clock::time_point now) const {
    return now >= accept_again &&
           (all.size() < how.limits.connections_max || !std::ranges::all_of(all, &connection::is_worked_on));
  }

  /// How long poll() may sleep.
  int patience(clock::time_point now) const {
    auto first = now + 1h;
    for (const auto& c : all) {
      if (c.now != stage::answering || c.has_pending())
        first = std::min(first, c.deadline);
      if (c.ended || c.now == stage::bringing)
        first = std::min(first, c.last_byte_by);
      if (c.again)
        first = now;
    }
    if (accept_again > now)
      first = std::min(first, accept_again);
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(first - now).count());
  }

  void run() {
    block_sigpipe();
    std::vector<pollfd> watched;
    while (!stopping) {
      auto now = clock::now();
      watched.clear();
      watched.push_back({wake->socket(), POLLIN, 0});
      watched.push_back({may_accept(now) ? listening.socket.get() : -1, POLLIN, 0});
      for (const auto& c : all)
        watched.push_back({c.way->socket(), c.events, 0});
      if (::poll(watched.data(), watched.size(), std::max(0, patience(now))) < 0)
        continue; // EINTR, or no memory: then the next try may do better
      wake->hear();
      now = clock::now();
      auto each = watched.begin() + 2;
      for (auto& c : all)
        step(c, (each++)->revents, now);
      for (auto& c : all)
        if (c.now == stage::gone)
          give_back(c);
      all.remove_if([](const connection& c) { return c.now == stage::gone; });
      let_in(now);
      if (watched[1].revents != 0)
        for (int i = 0; i < 16 && may_accept(now) && accept_one(now); ++i)
          ;
    }
    for (auto& c : all)
      let_go(c);
    all.clear();
  }

  listening_socket listening;
  std::unique_ptr<channel_maker> channels;
  const options how;
  std::shared_ptr<wakeup> wake = std::make_shared<wakeup>();
  std::list<connection> all;       ///< oldest first
  std::deque<connection*> waiting; ///< for room
  std::uint64_t held = 0;          ///< bytes that requests may make us hold, by their heads
  clock::time_point accept_again = {};
  std::atomic<bool> stopping = false;
  std::thread thread = {};
};

front::front(listening_socket at, std::unique_ptr<channel_maker> channels, options how)
  : state_(std::make_unique<state>(std::move(at), std::move(channels), std::move(how))) {
  state_->thread = std::thread([s = state_.get()] { s->run(); });
}

front::~front() {
  state_->stopping = true;
  state_->wake->call();
  state_->thread.join();
}

} // namespace truckee::http
