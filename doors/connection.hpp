#pragma once

#include "truckee/doors/event_loop.hpp"
#include "truckee/doors/inspector.hpp"
#include "truckee/doors/stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace truckee::doors {

/// A connection that stands: what is behind the door reads and writes the one end of a socket pair, whose other end
/// the door pumps.
struct passage {
  descriptor inside;                 ///< stream socket, does not block
  bool tls = false;                  ///< else plain, which is loopback
  std::optional<tls::identity> peer; ///< with TLS
  std::string remote;                ///< "host:port" of the other end
};

/// One TCP connection in the loop's thread:
///
///   state    | from                                 | to
///   ---------+--------------------------------------+---------------------------------------------------
///   opening  | the socket is connected              | greeting: the handshake is done (plain: at once)
///   greeting | a passage is made (accepted), or is  | pumping: the peer's first byte came
///            | made with the first byte (dialled)   |
///   pumping  |                                      | ended: both sides have closed, one broke, leave()
///
/// Who accepts speaks first in the protocol behind, so that an accepted connection is handed on before its peer has
/// said anything, and a dialled one when it has. Bytes wait in two buffers of 64 KiB: what the one side does not take
/// is not read from the other.
class connection {
public:
  struct limits {
    std::chrono::milliseconds opening{5000};   ///< for the handshake
    std::chrono::milliseconds greeting{10000}; ///< for the peer's first byte after it
    std::chrono::milliseconds closing{5000};   ///< for the rest, once one side has closed
    std::chrono::milliseconds quiet{50};       ///< after which, at the end, nothing more is to be sent
  };
  struct callbacks {
    std::function<void()> begun = {};                  ///< the handshake's first message came; once, or never
    std::function<void(passage)> opened;               ///< once, or never
    std::function<void()> greeted;                     ///< once, or never
    std::function<void(std::optional<trouble>)> ended; ///< the last; nothing: an orderly end
  };

  /// `outside` is connected and does not block; `talk` runs over it. `judge` may be empty.
  connection(event_loop& loop, descriptor outside, std::unique_ptr<stream> talk,
             std::unique_ptr<inspector> judge, bool dialled, std::string remote, limits how_long);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Once.
  void begin(callbacks tell);
  /// Ends it at once, for that reason.
  void end(std::optional<trouble> why);
  /// What was written inside is still sent; nothing more is read from the peer.
  void leave();

private:
  enum class state : std::uint8_t { opening, greeting, pumping, ended };
  static constexpr std::size_t waiting_bytes_max = 64 * 1024;
  static constexpr int rounds_max = 32; ///< of one turn, so that others have theirs

  void on_outside();
  void on_inside(std::uint32_t events);
  void open();
  bool hand_on();
  void pump();
  bool read_outside();
  bool write_inside();
  bool read_inside();
  bool write_outside();
  bool pass_on_ends();
  void greeted();
  void broke(const trouble& what);
  void leave_when_quiet();
  void close_within(std::chrono::milliseconds time);
  void arm(std::chrono::milliseconds time, trouble otherwise);
  static void drop_front(bytes& from, std::size_t& sent, std::size_t size);

  event_loop& loop_;
  descriptor outside_;
  descriptor inside_;
  std::unique_ptr<stream> talk_;
  std::unique_ptr<inspector> judge_;
  bool dialled_;
  std::string remote_;
  limits how_long_;
  callbacks tell_;
  state state_ = state::opening;
  event_loop::watch_id outside_watch_ = 0;
  event_loop::watch_id inside_watch_ = 0;
  std::optional<event_loop::timer> deadline_;
  std::optional<event_loop::timer> next_turn_;
  std::optional<event_loop::timer> quiet_;

  bytes inward_;  ///< from the peer, for the inside
  bytes outward_; ///< from the inside, for the peer
  std::size_t inward_sent_ = 0;
  std::size_t outward_sent_ = 0;
  // Until the system said EAGAIN.
  bool may_read_outside_ = true;
  bool may_write_outside_ = true;
  bool may_read_inside_ = true;
  bool may_write_inside_ = true;
  // What was closed by whom.
  bool peer_ended_ = false;
  bool inside_ended_ = false;
  bool inside_gone_ = false; ///< takes nothing any more
  bool told_inside_ = false;
  bool told_peer_ = false;
  bool closing_ = false;
  bool leaving_ = false;
  bool told_begun_ = false;
};

} // namespace truckee::doors
