#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/result.hpp"

#include <cstdint>

namespace truckee::doors {

/// Which end of a connection the peer is: the one that dialled, or the one that was dialled.
enum class peer_side : std::uint8_t { dialler, dialled };

/// Judges what a peer sends before anything behind the door sees it, one for each connection and direction. It keeps a few
/// KiB at most: a frame passes on as soon as its head is proved, and its body streams through.
class inspector {
public:
  virtual ~inspector() = default;

  /// Takes the next bytes of the peer's stream; what may pass goes to the end of `out`. An error (errc::protocol) says why
  /// the connection is closed; nothing after it passes.
  virtual result<void> take(byte_view in, bytes& out) = 0;
};

} // namespace truckee::doors
