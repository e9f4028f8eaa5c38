#include "truckee/doors/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>

namespace truckee::doors {

namespace {

constexpr event_loop::watch_id wake_id = 0;

tl::unexpected<error> cannot(const char* what, int problem) {
  return fail(errc::io, std::string("cannot make ") + what + ": " + std::strerror(problem));
}

} // namespace

result<std::unique_ptr<event_loop>> event_loop::start() {
  descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  if (!poll)
    return cannot("an epoll descriptor", errno);
  descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake)
    return cannot("an event descriptor", errno);
  epoll_event entry{};
  entry.events = EPOLLIN;
  entry.data.u64 = wake_id;
  if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, wake.get(), &entry) != 0)
    return cannot("an epoll entry", errno);
  std::unique_ptr<event_loop> out(new event_loop(std::move(poll), std::move(wake)));
  try {
    // Signals are for the threads that wait for them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    out->thread_ = std::thread([loop = out.get()] { loop->work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  } catch (const std::system_error& e) {
    return fail(errc::io, std::string("cannot start a thread: ") + e.what());
  }
  return out;
}

event_loop::~event_loop() {
  if (!thread_.joinable())
    return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(wake_.get(), &one, sizeof(one));
  thread_.join();
}

bool event_loop::post(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (ending_)
    return false;
  posted_.push_back(std::move(what));
  if (posted_.size() == 1) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_.get(), &one, sizeof(one));
  }
  return true;
}

void event_loop::run(std::function<void()> what) {
  if (is_own_thread()) {
    what();
    return;
  }
  std::promise<void> done;
  if (post([&] {
        what();
        done.set_value();
      }))
    done.get_future().wait();
}

event_loop::watch_id event_loop::watch(int fd, handler then) {
  epoll_event entry{};
  entry.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  entry.data.u64 = ++last_;
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &entry) != 0)
    return 0;
  handlers_.emplace(last_, std::make_shared<handler>(std::move(then)));
  return last_;
}

void event_loop::forget(watch_id which, int fd) {
  if (handlers_.erase(which) > 0)
    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

event_loop::timer event_loop::after(std::chrono::milliseconds delay, std::function<void()> what) {
  return due_.add(std::chrono::steady_clock::now() + delay, std::move(what));
}

int event_loop::patience() const {
  const auto next = due_.next();
  if (!next)
    return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void event_loop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto ignored = ::read(wake_.get(), &count, sizeof(count));
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(posted_);
  }
  for (auto& each : now)
    each();
}

void event_loop::work() {
  pthread_setname_np(pthread_self(), "truckee.doors");
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int ready = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), patience());
    bool woken = false;
    for (int i = 0; i < ready; ++i) {
      const auto& each = events[static_cast<std::size_t>(i)];
      const watch_id which =
          each.data.u64; // a copy: the system's struct is packed, and nothing may refer into it
      woken |= which == wake_id;
      // One that was forgotten meanwhile may be named in this batch still; one may forget itself.
      if (const auto at = handlers_.find(which); at != handlers_.end())
        (*std::shared_ptr<handler>(at->second))(each.events);
    }
    const auto now = std::chrono::steady_clock::now();
    while (auto next = due_.take_due(now))
      (*next)();
    if (woken)
      run_posted();
    const std::lock_guard lock(mutex_);
    if (ending_ && posted_.empty())
      break;
  }
  handlers_.clear();
  due_.clear();
}

} // namespace truckee::doors
