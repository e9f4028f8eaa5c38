#include "truckee/doors/house.hpp"
#include "truckee/doors/socket_user.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace truckee::doors {

namespace {

constexpr int callers_of_turn = 64; ///< then others have theirs
constexpr std::chrono::milliseconds pause_when_full{100};

} // namespace

void porter::house::accept_all(id which) {
  for (int n = 0; n < callers_of_turn; ++n) {
    const auto at = listeners_.find(which);
    if (at == listeners_.end() || at->second.pause)
      return;
    socket_address from;
    descriptor caller(::accept4(at->second.fd.get(), reinterpret_cast<sockaddr*>(&from.raw), &from.size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (caller) {
      at->second.said_full = false;
      let_in(at->second, std::move(caller), from);
      continue;
    }
    const int problem = errno;
    if (problem == EAGAIN)
      return;
    if (problem == EINTR || problem == ECONNABORTED)
      continue;
    if (!at->second.said_full)
      refuse(at->second.place, "anybody",
             {refusal::no_descriptors, std::string("cannot take callers: ") + std::strerror(problem) +
                                           "; they are turned away until there is room"});
    at->second.said_full = true;
    // Callers are told at once, by closing; where even that cannot be done, a little later. Never at once again.
    if ((problem == EMFILE || problem == ENFILE) && spare_) {
      spare_.reset();
      descriptor turned_away(::accept4(at->second.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const bool any = static_cast<bool>(turned_away);
      turned_away.reset();
      keep_a_spare();
      if (any)
        continue;
    }
    go_on_in(which, pause_when_full);
    return;
  }
  // More may wait; edge triggered, nobody would say so again.
  go_on_in(which, std::chrono::milliseconds(0));
}

void porter::house::go_on_in(id which, std::chrono::milliseconds time) {
  if (const auto at = listeners_.find(which); at != listeners_.end())
    at->second.pause = loop_->after(time, [this, which] {
      listeners_.at(which).pause.reset();
      accept_all(which);
    });
}

void porter::house::refuse(const std::string& place, const std::string& source, const trouble& why) const {
  if (options_.tell)
    options_.tell->refused(place, source, why);
}

std::optional<trouble> porter::house::stranger(const listener& at, int caller) {
  if (at.what.tls || at.what.any_user)
    return std::nullopt;
  const auto user = user_at(caller);
  if (user && is_trusted(*user))
    return std::nullopt;
  // Whoever only looks whether somebody listens is nobody to be warned of.
  if (!user && is_gone(caller))
    return trouble{refusal::broken, "it has gone already"};
  return trouble{refusal::other_user,
                 user_words(user) + "; without TLS only the node's own user and root may come in"};
}

void porter::house::let_in(listener& at, descriptor caller, const socket_address& from) {
  const auto& limits = options_.limits;
  const auto source = source_of(from);
  if (stopping_)
    return;
  if (accepted_ >= limits.open_max) {
    refuse(at.place, to_string(from),
           {refusal::too_many, std::to_string(limits.open_max) + " connections stand already"});
    return;
  }
  if (const auto of = open_of_.find(source);
      of != open_of_.end() && of->second >= limits.open_of_source_max) {
    refuse(at.place, to_string(from),
           {refusal::too_many,
            std::to_string(limits.open_of_source_max) + " connections from there stand already"});
    return;
  }
  if (const auto why = stranger(at, caller.get())) {
    refuse(at.place, to_string(from), *why);
    return;
  }
  set_up_connection(caller.get());
  std::unique_ptr<stream> talk;
  if (at.what.tls) {
    const auto with = credentials_for(*at.what.tls);
    if (!with) {
      refuse(at.place, to_string(from), {refusal::broken, with.error().detail});
      return;
    }
    talk = credentials::accept(*with, caller.get(), {{}, {}, at.what.callers});
  } else {
    talk = plain_stream(caller.get());
  }
  displace_one(source);
  admit(at, std::move(caller), from, std::move(talk));
}

void porter::house::admit(listener& at, descriptor caller, const socket_address& from,
                          std::unique_ptr<stream> talk) {
  const auto which = ++last_;
  auto& made = guests_[which];
  made.source = source_of(from);
  made.waits = true;
  ++accepted_;
  ++open_of_[made.source];
  ++waiting_;
  waiting_of_[made.source].silent.insert(which);
  const auto remote = to_string(from);
  made.at =
      std::make_unique<connection>(*loop_, std::move(caller), std::move(talk),
                                   inspector_of(peer_side::dialler), false, remote, options_.limits.how_long);
  made.at->begin({.begun = [this, which] { has_begun(which); },
                  .opened = at.then,
                  .greeted = [this, which] { no_longer_waits(which); },
                  .ended =
                      [this, which, remote, place = at.place](const std::optional<trouble>& why) {
                        const auto here = guests_.find(which);
                        if (why && here != guests_.end() &&
                            (here->second.waits || why->why == refusal::protocol))
                          refuse(place, remote, *why);
                        gone(which);
                      }});
}

/// Room for one more that has said nothing: the oldest of them goes, so that an honest one, which takes milliseconds,
/// gets through a flood from its own address. Who only connects takes the place of none who shakes hands, nor a crowded
/// source that of one that is less so.
void porter::house::displace_one(const std::string& source) {
  const auto of = waiting_of_.find(source);
  if (of != waiting_of_.end() && of->second.size() >= options_.limits.waiting_of_source_max)
    displace_of(of->second);
  else if (waiting_ >= options_.limits.waiting_max)
    displace_of(
        std::ranges::max_element(waiting_of_, {}, [](const auto& x) { return x.second.size(); })->second);
}

void porter::house::displace_of(const crowd& all) {
  guests_.at(all.first_to_go())
      .at->end(trouble{refusal::displaced, "it had not said anything, and newer callers came"});
}

void porter::house::has_begun(id which) {
  const auto at = guests_.find(which);
  if (at == guests_.end() || !at->second.waits)
    return;
  auto& of = waiting_of_.at(at->second.source);
  of.silent.erase(which);
  of.begun.insert(which);
}

void porter::house::no_longer_waits(id which) {
  const auto at = guests_.find(which);
  if (at == guests_.end() || !at->second.waits)
    return;
  at->second.waits = false;
  --waiting_;
  const auto of = waiting_of_.find(at->second.source);
  of->second.silent.erase(which);
  of->second.begun.erase(which);
  if (of->second.size() == 0)
    waiting_of_.erase(of);
}

} // namespace truckee::doors
