#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/doors/refusal.hpp"
#include "truckee/tls/identity.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace truckee::doors {

/// Who must be at the other end.
struct expected_peer {
  /// Its certificate must have one of these names; none: any certificate of the CA.
  std::vector<std::string> names = {};
  /// The key it must have, whatever its names are.
  std::optional<tls::pin> key = {};
  /// What its certificate must be for; none: anything.
  std::vector<tls::role> roles = {};
  /// Without TLS: it may be any user's of this machine, not only this process's own or root's.
  bool any_user = false;
};

/// How far a call of a stream came.
enum class progress : std::uint8_t {
  done,
  again, ///< nothing until the socket's state changes
  ended, ///< the peer has said its last
  broken ///< see trouble()
};

struct moved {
  progress how = progress::again;
  std::size_t size = 0; ///< bytes, where `done`
};

/// Bytes over a connected socket that does not block, which it does not own.
class stream {
public:
  virtual ~stream() = default;
  /// Until `done`, again at each change of the socket.
  virtual progress open() = 0;
  /// Whether the peer's part of that has begun in earnest: its first message is whole, and answered.
  virtual bool has_begun() const = 0;
  virtual moved read(mutable_byte_view into) = 0;
  /// Where it is not done, the same bytes must come first the next time.
  virtual moved write(byte_view from) = 0;
  /// The last that is written.
  virtual void farewell() = 0;
  /// What broke.
  virtual const trouble& what() const = 0;
  /// Who is at the other end; nothing without TLS.
  virtual const std::optional<tls::identity>& peer() const = 0;
};

std::unique_ptr<stream> plain_stream(int fd);

} // namespace truckee::doors
