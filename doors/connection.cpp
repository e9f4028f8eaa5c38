#include "truckee/doors/connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace truckee::doors {

connection::connection(event_loop& loop, descriptor outside, std::unique_ptr<stream> talk,
                       std::unique_ptr<inspector> judge, bool dialled, std::string remote, limits how_long)
  : loop_(loop), outside_(std::move(outside)), talk_(std::move(talk)), judge_(std::move(judge)),
    dialled_(dialled), remote_(std::move(remote)), how_long_(how_long) {}

connection::~connection() {
  tell_ = {};
  end(std::nullopt);
}

void connection::begin(callbacks tell) {
  tell_ = std::move(tell);
  outside_watch_ = loop_.watch(outside_.get(), [this](std::uint32_t) { on_outside(); });
  if (outside_watch_ == 0) {
    end(trouble{refusal::no_descriptors, "the system watches no more connections"});
    return;
  }
  arm(how_long_.opening, dialled_ ? trouble{refusal::silent, "no answer in time"}
                                  : trouble{refusal::handshake_timeout, "no handshake in time"});
  open();
}

void connection::end(std::optional<trouble> why) {
  if (state_ == state::ended)
    return;
  state_ = state::ended;
  for (const auto& each : {deadline_, next_turn_, quiet_})
    if (each)
      loop_.cancel(*each);
  loop_.forget(outside_watch_, outside_.get());
  loop_.forget(inside_watch_, inside_.get());
  talk_.reset();
  outside_.reset();
  inside_.reset();
  inward_ = {};
  outward_ = {};
  if (tell_.ended)
    tell_.ended(std::move(why));
}

void connection::leave() {
  leaving_ = true;
  if (state_ == state::opening || !inside_) {
    end(std::nullopt);
    return;
  }
  inside_gone_ = true;
  inward_ = {};
  inward_sent_ = 0;
  may_read_inside_ = true;
  close_within(how_long_.closing);
  pump();
}

/// Whoever is inside may have more to say than a socket holds, and does not say when that was all.
void connection::leave_when_quiet() {
  if (quiet_)
    loop_.cancel(*quiet_);
  quiet_ = loop_.after(how_long_.quiet, [this] {
    quiet_.reset();
    if (may_read_inside_ || !outward_.empty()) {
      leave_when_quiet();
      return;
    }
    inside_ended_ = true;
    pump();
  });
}

void connection::on_outside() {
  // TLS reads to write and writes to read: whatever changed may let either go on.
  may_read_outside_ = true;
  may_write_outside_ = true;
  if (state_ == state::opening)
    open();
  else
    pump();
}

void connection::on_inside(std::uint32_t events) {
  may_read_inside_ |= (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  may_write_inside_ |= (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  pump();
}

void connection::open() {
  const auto how = talk_->open();
  if (!told_begun_ && tell_.begun && talk_->has_begun()) {
    told_begun_ = true;
    tell_.begun();
  }
  switch (how) {
  case progress::again:
    return;
  case progress::ended:
    end(trouble{refusal::not_tls, "the other end hung up"});
    return;
  case progress::broken:
    broke(talk_->what());
    return;
  case progress::done:
    break;
  }
  state_ = state::greeting;
  // Who dialled has one deadline over all; a caller has one for each thing.
  if (!dialled_)
    arm(how_long_.greeting, {refusal::silent, "it said nothing in time"});
  if (dialled_ || hand_on())
    pump();
}

/// Makes the passage; false where that ended it all.
bool connection::hand_on() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    end(trouble{refusal::no_descriptors, std::string("cannot make a socket pair: ") + std::strerror(errno)});
    return false;
  }
  inside_.reset(ends[0]);
  descriptor given(ends[1]);
  inside_watch_ = loop_.watch(inside_.get(), [this](std::uint32_t events) { on_inside(events); });
  if (inside_watch_ == 0) {
    end(trouble{refusal::no_descriptors, "the system watches no more connections"});
    return false;
  }
  if (tell_.opened)
    tell_.opened({std::move(given), talk_->peer().has_value(), talk_->peer(), remote_});
  return state_ != state::ended;
}

void connection::pump() {
  int round = 0;
  for (bool moved = true; moved && state_ != state::ended; ++round) {
    if (round == rounds_max) {
      if (!next_turn_)
        next_turn_ = loop_.after(std::chrono::milliseconds(0), [this] {
          next_turn_.reset();
          pump();
        });
      return;
    }
    moved = read_outside();
    if (state_ != state::ended)
      moved |= write_inside();
    if (state_ != state::ended)
      moved |= read_inside();
    if (state_ != state::ended)
      moved |= write_outside();
    if (state_ != state::ended)
      moved |= pass_on_ends();
  }
}

bool connection::read_outside() {
  if (!may_read_outside_ || peer_ended_ || inward_.size() - inward_sent_ >= waiting_bytes_max)
    return false;
  const auto got = talk_->read(loop_.scratch());
  switch (got.how) {
  case progress::again:
    may_read_outside_ = false;
    return false;
  case progress::ended:
    peer_ended_ = true;
    if (!inside_)
      end(trouble{refusal::broken, "the other end hung up; it may want TLS, or be another program"});
    return true;
  case progress::broken:
    broke(talk_->what());
    return false;
  case progress::done:
    break;
  }
  if (inside_gone_ || got.size == 0)
    return true;
  const byte_view news(loop_.scratch().data(), got.size);
  if (!judge_) {
    inward_.insert(inward_.end(), news.begin(), news.end());
  } else if (const auto good = judge_->take(news, inward_); !good) {
    end(trouble{refusal::protocol, good.error().detail});
    return false;
  }
  if (state_ == state::greeting)
    greeted();
  return true;
}

void connection::greeted() {
  state_ = state::pumping;
  if (deadline_)
    loop_.cancel(*deadline_);
  deadline_.reset();
  if (tell_.greeted)
    tell_.greeted();
  if (state_ != state::ended && dialled_)
    hand_on();
}

bool connection::write_inside() {
  if (!inside_ || !may_write_inside_ || inside_gone_ || inward_.size() == inward_sent_)
    return false;
  const auto n =
      ::send(inside_.get(), inward_.data() + inward_sent_, inward_.size() - inward_sent_, MSG_NOSIGNAL);
  if (n > 0) {
    drop_front(inward_, inward_sent_, static_cast<std::size_t>(n));
    return true;
  }
  if (errno == EINTR)
    return true;
  if (errno == EAGAIN) {
    may_write_inside_ = false;
    return false;
  }
  // It has closed. What it wrote before is still read, and sent.
  inside_gone_ = true;
  inward_ = {};
  inward_sent_ = 0;
  may_read_inside_ = true;
  return true;
}

bool connection::read_inside() {
  if (!inside_ || !may_read_inside_ || inside_ended_ || !outward_.empty())
    return false;
  auto& scratch = loop_.scratch();
  const auto n = ::recv(inside_.get(), scratch.data(), scratch.size(), 0);
  if (n > 0) {
    // Most of it goes at once; only what the peer does not take is kept.
    const byte_view news(scratch.data(), static_cast<std::size_t>(n));
    const auto sent = may_write_outside_ ? talk_->write(news) : moved{progress::again};
    if (sent.how == progress::broken || sent.how == progress::ended) {
      broke(talk_->what());
      return false;
    }
    may_write_outside_ &= sent.how != progress::again;
    const auto rest = news.subspan(sent.size);
    outward_.assign(rest.begin(), rest.end());
    return true;
  }
  if (n < 0 && errno == EINTR)
    return true;
  if (n < 0 && errno == EAGAIN) {
    may_read_inside_ = false;
    if (leaving_)
      leave_when_quiet();
    return false;
  }
  inside_ended_ = true;
  return true;
}

bool connection::write_outside() {
  if (!may_write_outside_ || outward_.size() == outward_sent_)
    return false;
  const auto sent = talk_->write(byte_view(outward_).subspan(outward_sent_));
  if (sent.how == progress::again) {
    may_write_outside_ = false;
    return false;
  }
  if (sent.how != progress::done) {
    broke(talk_->what());
    return false;
  }
  drop_front(outward_, outward_sent_, sent.size);
  return true;
}

bool connection::pass_on_ends() {
  bool any = false;
  if (peer_ended_ && !told_inside_ && inside_ && inward_.size() == inward_sent_) {
    ::shutdown(inside_.get(), SHUT_WR);
    told_inside_ = any = true;
    close_within(how_long_.closing);
  }
  if (inside_ended_ && !told_peer_ && outward_.empty()) {
    talk_->farewell();
    ::shutdown(outside_.get(), SHUT_WR);
    told_peer_ = any = true;
    // A socket closed with bytes unread is reset, and takes with it what is still under way to the peer: so what it
    // sends is read until it closes as well.
    inside_gone_ = true;
    inward_ = {};
    inward_sent_ = 0;
    // Nothing goes in there any more: whoever waits for that end need not wait for the peer's.
    ::shutdown(inside_.get(), SHUT_WR);
    told_inside_ = true;
  }
  if (inside_ended_)
    close_within(how_long_.closing);
  if (peer_ended_ && told_peer_)
    end(std::nullopt);
  return any;
}

void connection::broke(const trouble& what) {
  if (closing_ || (inside_ended_ && told_peer_))
    end(std::nullopt);
  else
    end(what);
}

void connection::close_within(std::chrono::milliseconds time) {
  if (closing_)
    return;
  closing_ = true;
  arm(time, {});
}

void connection::arm(std::chrono::milliseconds time, trouble otherwise) {
  if (deadline_)
    loop_.cancel(*deadline_);
  deadline_ = loop_.after(time, [this, otherwise = std::move(otherwise)] {
    deadline_.reset();
    end(closing_ ? std::nullopt : std::optional(otherwise));
  });
}

void connection::drop_front(bytes& from, std::size_t& sent, std::size_t size) {
  sent += size;
  if (sent < from.size())
    return;
  from = {}; // an idle connection keeps no memory
  sent = 0;
}

} // namespace truckee::doors
