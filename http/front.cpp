#include "truckee/http/front_state.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace truckee::http {

namespace {

using namespace std::chrono_literals;

/// How long nobody is accepted where the process has no descriptor left: poll() would come back at once.
constexpr auto accept_pause = 200ms;

void block_sigpipe() {
  sigset_t broken_pipe;
  ::sigemptyset(&broken_pipe);
  ::sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

} // namespace

bool front::state::make_room(const std::string& source) {
  const auto same = [&](const connection& c) { return c.caller.source == source; };
  const auto of_source = static_cast<std::size_t>(std::ranges::count_if(all, same));
  const bool source_is_full = of_source >= how.limits.of_one_source_max;
  if (!source_is_full && all.size() < how.limits.connections_max)
    return true;
  const auto may_go = [&](const connection& c) { return !c.is_worked_on() && (!source_is_full || same(c)); };
  auto oldest = std::ranges::find_if(all, [&](const connection& c) { return may_go(c) && !c.was_admitted; });
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

bool front::state::accept_one(clock::time_point now) {
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

bool front::state::may_accept(clock::time_point now) const {
  return now >= accept_again &&
         (all.size() < how.limits.connections_max || !std::ranges::all_of(all, &connection::is_worked_on));
}

int front::state::patience(clock::time_point now) const {
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

void front::state::tell_connections() {
  if (how.connections && std::exchange(told_connections, all.size()) != all.size())
    how.connections(all.size());
}

void front::state::run() {
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
    tell_connections();
  }
  for (auto& c : all)
    let_go(c);
  all.clear();
  tell_connections();
}

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
