#include "truckee/doors/house.hpp"
#include "truckee/doors/socket_user.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace truckee::doors {

namespace {

constexpr int lookups_max =
    32; ///< names that are looked up at a time; each takes a thread for as long as the system takes

/// The name that a certificate is to have is not the place where it is.
std::string place_of(const call& what) {
  return to_string(what.to);
}

const char* hint(const call& what) {
  return what.tls ? "the process may hang, or a firewall drops packets"
                  : "the process may hang or want TLS ([tls] in the grid file), or a firewall drops packets";
}

} // namespace

void porter::house::dial(call what, std::function<void(result<passage>)> then) {
  attempt made;
  if (what.tls) {
    auto with = credentials_for(*what.tls);
    if (!with) {
      loop_->post([then = std::move(then), why = with.error()] { then(tl::unexpected(why)); });
      return;
    }
    made.with = std::move(*with);
  }
  made.end = clock::now() + what.deadline;
  made.what = std::move(what);
  made.then = std::move(then);
  // Functions that are posted can be copied.
  auto box = std::make_shared<attempt>(std::move(made));
  loop_->post([this, box] {
    if (stopping_) {
      box->then(fail(errc::cancelled, "it was given up: this end is closing"));
      return;
    }
    const auto which = ++last_;
    auto& at = attempts_.emplace(which, std::move(*box)).first->second;
    at.deadline =
        loop_->after(std::chrono::ceil<std::chrono::milliseconds>(at.end - clock::now()), [this, which] {
          const auto& late = attempts_.at(which);
          settle(which, fail(errc::timeout, place_of(late.what) + ": no answer in time; " + hint(late.what)));
        });
    look_up(which);
  });
}

void porter::house::look_up(id which) {
  const auto& to = attempts_.at(which).what.to;
  if (auto known = resolve(to, true, false)) {
    resolved(which, std::move(known));
    return;
  }
  if (lookups_ >= lookups_max) {
    settle(which, fail(errc::unreachable,
                       to_string(to) + ": cannot resolve the host: " + std::to_string(lookups_max) +
                           " other names are still being looked up; does the name service answer?"));
    return;
  }
  ++lookups_;
  try {
    // The system's resolver knows no deadline: a thread of its own may wait for it, and nobody waits for the thread.
    std::thread([to, which, weak = weak_from_this()] {
      auto places = resolve(to, false, false);
      if (const auto self = weak.lock()) {
        --self->lookups_;
        self->loop_->post(
            [raw = self.get(), which, places = std::move(places)] { raw->resolved(which, places); });
      }
    }).detach();
  } catch (const std::system_error& e) {
    --lookups_;
    settle(which, fail(errc::io, to_string(to) + ": cannot start a thread to resolve the host: " + e.what()));
  }
}

void porter::house::resolved(id which, result<std::vector<socket_address>> places) {
  const auto at = attempts_.find(which);
  if (at == attempts_.end())
    return;
  if (!places) {
    settle(which, tl::unexpected(places.error()));
    return;
  }
  at->second.places = std::move(*places);
  try_next(which);
}

void porter::house::try_next(id which) {
  auto& at = attempts_.at(which);
  loop_->forget(at.watch, at.fd.get());
  at.watch = 0;
  at.fd.reset();
  if (at.next == at.places.size()) {
    settle(which, tl::unexpected(at.last));
    return;
  }
  const auto& to = at.places[at.next++];
  const auto no = [&](int problem) {
    at.last = {errc::unreachable, place_of(at.what) + ": " + std::strerror(problem)};
    loop_->post([this, which] {
      if (attempts_.contains(which))
        try_next(which);
    });
  };
  at.fd.reset(::socket(to.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!at.fd)
    return no(errno);
  set_up_connection(at.fd.get());
  if (::connect(at.fd.get(), to.get(), to.size) != 0 && errno != EINPROGRESS)
    return no(errno);
  at.watch = loop_->watch(at.fd.get(), [this, which](std::uint32_t events) {
    if (events != 0)
      connected(which);
  });
  if (at.watch == 0)
    return no(ENOSPC);
  // Those after it have their share of the time.
  if (const auto others = at.places.size() - at.next; others > 0) {
    const auto share = (at.end - clock::now()) / (others + 1);
    loop_->after(std::chrono::ceil<std::chrono::milliseconds>(share), [this, which, turn = at.next] {
      if (const auto here = attempts_.find(which);
          here != attempts_.end() && here->second.next == turn && here->second.watch != 0) {
        here->second.last = {errc::timeout,
                             place_of(here->second.what) + ": no answer in time; " + hint(here->second.what)};
        try_next(which);
      }
    });
  }
}

void porter::house::connected(id which) {
  auto& at = attempts_.at(which);
  int status = 0;
  socklen_t size = sizeof(status);
  ::getsockopt(at.fd.get(), SOL_SOCKET, SO_ERROR, &status, &size);
  if (status != 0) {
    at.last = {errc::unreachable, place_of(at.what) + ": " + std::strerror(status)};
    try_next(which);
    return;
  }
  socket_address peer;
  if (::getpeername(at.fd.get(), reinterpret_cast<sockaddr*>(&peer.raw), &peer.size) != 0)
    return; // not yet
  loop_->forget(at.watch, at.fd.get());
  at.watch = 0;
  shake_hands(which, std::move(at.fd), at.end);
}

void porter::house::shake_hands(id which, descriptor fd, clock::time_point until) {
  auto& at = attempts_.at(which);
  const int raw = fd.get();
  auto talk = at.what.tls ? credentials::connect(at.with, fd.get(), at.what.who) : plain_stream(fd.get());
  auto how_long = options_.limits.how_long;
  // The attempt has a deadline of its own, and ends the connection by it.
  how_long.opening =
      std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()) + std::chrono::seconds(1);
  auto& made = guests_[which];
  made.at = std::make_unique<connection>(*loop_, std::move(fd), std::move(talk),
                                         inspector_of(peer_side::dialled), true, place_of(at.what), how_long);
  made.at->begin(
      {.opened = [this, which, raw](passage p) { welcome(which, raw, std::move(p)); },
       .greeted = {},
       .ended =
           [this, which](const std::optional<trouble>& why) {
             if (const auto here = attempts_.find(which); here != attempts_.end())
               settle(which, tl::unexpected(
                                 as_error(here->second.what,
                                          why.value_or(trouble{refusal::broken, "the other end hung up"}))));
             gone(which);
           }});
}

/// Without TLS the kernel's word is all there is to tell by who listens there: a port that a node left free is anybody's.
/// Its first byte has come, so its process has taken the connection, and nothing was said to it yet.
void porter::house::welcome(id which, int fd, passage made) {
  const auto at = attempts_.find(which);
  if (at == attempts_.end())
    return;
  const auto& what = at->second.what;
  if (!what.tls && !what.who.any_user) {
    const auto user = user_at(fd);
    if (!user && is_gone(fd))
      return settle(which, fail(errc::unreachable, place_of(what) + ": the other end hung up"));
    if (!user || !is_trusted(*user))
      return settle(
          which, fail(errc::refused, place_of(what) + ": what listens there is of " + user_words(user) +
                                         ", and without TLS only this program's own user and root are "
                                         "trusted; give both ends certificates (`truckee certs` makes them), "
                                         "or, where all users of this machine are trusted, allow it: "
                                         "--gateway-any-user for a gateway, any-user of its [[server]] for a "
                                         "server"));
  }
  settle(which, std::move(made));
}

error porter::house::as_error(const call& what, const trouble& why) {
  const auto text = place_of(what) + ": ";
  switch (why.why) {
  case refusal::silent:
  case refusal::handshake_timeout:
    return {errc::timeout, text + why.detail + "; " + hint(what)};
  case refusal::protocol:
    return {errc::protocol, text + why.detail};
  case refusal::broken:
    return {errc::unreachable,
            text + why.detail +
                (what.tls ? "; it may be a port without TLS, or not take this certificate"
                 : ::geteuid() == 0
                     ? "" // who is let in everywhere
                     : "; a node of another user takes only its own callers and root's, unless "
                       "it was started with --any-user")};
  case refusal::no_descriptors:
    return {errc::unreachable, text + why.detail};
  default:
    return {errc::refused, text + "TLS failed: " + why.detail};
  }
}

void porter::house::settle(id which, result<passage> how) {
  const auto at = attempts_.find(which);
  if (at == attempts_.end())
    return;
  loop_->cancel(at->second.deadline);
  loop_->forget(at->second.watch, at->second.fd.get());
  const auto then = std::move(at->second.then);
  attempts_.erase(at);
  if (!how)
    if (const auto made = guests_.find(which); made != guests_.end())
      made->second.at->end(std::nullopt);
  then(std::move(how));
}

} // namespace truckee::doors
