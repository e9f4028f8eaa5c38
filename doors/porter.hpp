#pragma once

#include "truckee/base/address.hpp"
#include "truckee/doors/connection.hpp"
#include "truckee/tls/node_files.hpp"

#include <map>

namespace truckee::doors {

/// How many callers a porter bears. A source is an IPv4 address, or an IPv6 network of 64 bits.
struct porter_limits {
  std::size_t waiting_max = 512;          ///< connections that have not said anything yet, in all
  std::size_t waiting_of_source_max = 64; ///< and of one source; beyond either the oldest of them goes
  std::size_t open_max = 4096;            ///< connections in all; beyond it new ones are closed
  std::size_t open_of_source_max =
      1024; ///< a process has one connection to a node, and many stand behind one address
  connection::limits how_long = {};
};

using make_inspector = std::function<std::unique_ptr<inspector>(peer_side)>;

struct porter_options {
  porter_limits limits = {};
  std::shared_ptr<observer> tell = {}; ///< of refusals; may be empty
  /// For each connection, dialled or accepted; empty: everything passes.
  make_inspector inspect = {};
};

/// A port to be opened.
struct door {
  address at;                              ///< port 0: any; numeric, or a name that the system resolves
  std::optional<tls::node_files> tls = {}; ///< nothing: plain, which only loopback may be
  std::vector<tls::role> callers =
      {}; ///< whom their certificates must be for, unless they are its own; none: anybody of the CA
  bool any_user = false; ///< plain: take callers of every user of this machine, not only our own and root
};

/// Whether that is allowed: errc::refused, with what to do, for a plain port that is not loopback.
result<void> may_open(const door& what);

/// A connection to be made.
struct call {
  address to;
  std::optional<tls::node_files> tls = {};
  expected_peer who = {};
  std::chrono::milliseconds deadline{
      5000}; ///< for name, connection, handshake and the other end's first byte together
};

/// Stands between a network and an actor system: opens ports and makes connections with one thread of its own, lets
/// in whom it knows, and hands on passages. Safe from several threads.
class porter {
public:
  /// errc::io where there are no threads or descriptors.
  static result<std::shared_ptr<porter>> make(porter_options options);
  /// Closes all doors. What was written inside is still sent, for two seconds at most. Not from one of its own callbacks.
  ~porter();
  porter(const porter&) = delete;
  porter& operator=(const porter&) = delete;

  /// What the destructor does, for an end that somebody else's share in it must not delay; from then on calls are
  /// errc::cancelled.
  void stop();

  struct opened {
    std::uint64_t door = 0;
    address at; ///< with the port that was chosen
  };
  /// `then` gets each caller that was let in, in the porter's thread. errc::refused: plain and not loopback;
  /// errc::configuration: bad TLS files, or the port cannot be had, with the system's words.
  result<opened> open(door what, std::function<void(passage)> then);
  /// Nobody comes in any more; who is in stays. Done when this returns.
  void close(std::uint64_t which);

  /// `then` runs once, in the porter's thread. errc::timeout, errc::unreachable or errc::refused (it is not who was
  /// called), with a sentence that names the place and says what to do; errc::configuration: bad TLS files.
  void dial(call what, std::function<void(result<passage>)> then);
  /// The same from a thread that may block, and is not the porter's.
  result<passage> dial(call what);

  /// Reads these TLS files, and goes on with them wherever doors and calls were given others before: for whoever has one
  /// identity, which is renewed. Handshakes from now on use what is there, running connections go on. Whether the
  /// certificate is another one than before; where the files cannot be used the old ones stay, and errc::configuration
  /// names the one that is wrong.
  result<bool> use(const tls::node_files& files);

  /// When the certificates in use end: their files, unix seconds.
  std::map<std::string, std::int64_t> certificate_ends() const;

private:
  class house;
  explicit porter(std::shared_ptr<house> in) : house_(std::move(in)) {}
  std::shared_ptr<house> house_;
};

} // namespace truckee::doors
