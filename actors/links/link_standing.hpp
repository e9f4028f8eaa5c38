#pragma once

#include "truckee/actors/links/transport.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/random.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/base/vocabulary.hpp"
#include "truckee/grid/slot.hpp"

#include <optional>
#include <string>

namespace truckee::actors {

/// Something the log is to be told; each reason once, however often it comes back.
struct link_news {
  enum class kind : std::uint8_t { up, down, refused } what = kind::up;
  bool reconnected = false;           ///< with up: over a new connection after an earlier one broke
  std::optional<double> away_seconds; ///< with up: since it was up last
};

/// The pauses between tries: each twice the one before, from `min` to `max`, give or take a quarter.
struct back_off {
  messages::duration min{};
  messages::duration max{};
};

/// What a link knows of its server and of its connection; decides, and does nothing itself.
///
///   event \ state        connecting   ready        unreachable  silent       refused
///   introduced, its id   ready        ready        ready        ready        ready
///   introduced, another  refused      refused      refused      refused      =
///   failed(unreachable)  unreachable  unreachable  =            unreachable  unreachable
///   failed(refused)      refused      refused      refused      refused      =
///   failed(silent)       silent       silent       silent       =            silent
///   fell_silent()        -            silent       -            -            -
///
/// It connects for as long as nothing is known: from the first failure on, whoever asks is told that one at once while it is
/// tried again, so that a server that is away costs nobody a wait.
class link_standing {
public:
  using time_point = time_source::time_point;

  /// `pinned`: the only id that is accepted. Without one it is that of the first introduction, for good: a write
  /// enabler must never reach another server than the one it was made for.
  link_standing(std::optional<server_id> pinned, back_off pauses);

  /// The number of the try that begins, since it was ready; a silent server is asked again over the connection it has.
  int attempt() const;
  std::optional<link_news> introduced(const grid::store_info& info, time_point now);
  std::optional<link_news> failed(link_failure why, std::string detail, time_point now);
  /// A request had no answer in its time. Nothing where it is not ready.
  std::optional<link_news> fell_silent(time_point now);

  /// How long to wait before the next try.
  messages::duration pause(random_source& random);

  link_state state() const { return state_; }
  /// Why it is not ready, for people.
  const std::string& detail() const { return detail_; }
  /// Of the last good introduction.
  const std::optional<grid::store_info>& info() const { return info_; }

private:
  std::optional<link_news> enter(link_state state, std::string detail, time_point now);

  std::optional<server_id> pinned_;
  back_off pauses_;
  link_state state_ = link_state::connecting;
  std::string detail_;
  std::optional<grid::store_info> info_;
  int attempts_ = 0;
  bool broke_ = false; ///< a connection that was ready has gone since
  link_state told_ = link_state::connecting;
  std::string told_detail_;
  std::optional<time_point> away_since_;
};

} // namespace truckee::actors
