#include "truckee/actors/links/link_standing.hpp"

#include "truckee/crypto/base32.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace truckee::actors {

link_standing::link_standing(std::optional<server_id> pinned, back_off pauses)
  : pinned_(std::move(pinned)), pauses_(pauses) {
  assert(pauses_.min.count() > 0 && pauses_.min <= pauses_.max);
}

int link_standing::attempt() const {
  return attempts_ + 1;
}

std::optional<link_news> link_standing::introduced(const grid::store_info& info, time_point now) {
  const auto expected = pinned_ ? pinned_ : info_ ? std::optional(info_->id) : std::nullopt;
  if (expected && *expected != info.id)
    return enter(link_state::refused,
                 "it says its id is " + crypto::to_base32(info.id.view()) + ", not " +
                     crypto::to_base32(expected->view()) +
                     "; fix the id in the grid file if the server was replaced on purpose",
                 now);
  info_ = info;
  attempts_ = 0;
  return enter(link_state::ready, {}, now);
}

std::optional<link_news> link_standing::failed(link_failure why, std::string detail, time_point now) {
  switch (why) {
  case link_failure::unreachable:
    return enter(link_state::unreachable, std::move(detail), now);
  case link_failure::refused:
    return enter(link_state::refused, std::move(detail), now);
  case link_failure::silent:
    return enter(link_state::silent, state_ == link_state::silent ? detail_ : std::move(detail), now);
  }
  return std::nullopt;
}

std::optional<link_news> link_standing::fell_silent(time_point now) {
  if (state_ != link_state::ready)
    return std::nullopt;
  return enter(link_state::silent, "it has not answered in time; asked again from time to time", now);
}

std::optional<link_news> link_standing::enter(link_state state, std::string detail, time_point now) {
  assert(state != link_state::connecting);
  state_ = state;
  detail_ = std::move(detail);
  if (state == link_state::ready) {
    const bool reconnected = std::exchange(broke_, false);
    if (told_ == link_state::ready)
      return std::nullopt;
    link_news out{link_news::kind::up, reconnected, std::nullopt};
    if (away_since_)
      out.away_seconds = std::chrono::duration<double>(now - *away_since_).count();
    told_ = link_state::ready;
    told_detail_.clear();
    away_since_.reset();
    return out;
  }
  if (state != link_state::silent && info_)
    broke_ = true;
  if (told_ == state_ && told_detail_ == detail_)
    return std::nullopt;
  if (told_ == link_state::ready)
    away_since_ = now;
  told_ = state_;
  told_detail_ = detail_;
  return link_news{state == link_state::refused ? link_news::kind::refused : link_news::kind::down, false,
                   std::nullopt};
}

messages::duration link_standing::pause(random_source& random) {
  auto base = pauses_.min;
  for (int i = 0; i < attempts_ && base < pauses_.max; ++i)
    base *= 2;
  base = std::min(base, pauses_.max);
  ++attempts_;
  const auto quarter = static_cast<std::uint64_t>(base.count()) / 4;
  return base - messages::duration(quarter) +
         messages::duration(static_cast<std::int64_t>(random.below(2 * quarter + 1)));
}

} // namespace truckee::actors
