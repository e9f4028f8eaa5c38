#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/result.hpp"
#include "truckee/doors/stream.hpp"
#include "truckee/gbs/nurl.hpp"
#include "truckee/messages/caf/door.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/settings/grid_file.hpp"
#include "truckee/tls/node_files.hpp"

#include <optional>
#include <string>
#include <variant>

namespace truckee::actors {

/// A server reached over CAF's network.
struct remote_endpoint {
  address at = {};
  std::optional<tls::node_files> tls = {}; ///< nothing: plain, which only loopback may be
  doors::expected_peer who = {};
  /// Of one message: what the door there lets pass.
  std::uint64_t message_bytes_max = messages::longest_frame;
};

/// A server reached over HTTPS, of Tahoe-LAFS or anybody who speaks its protocol.
struct gbs_endpoint {
  gbs::nurl where = {};
  std::optional<server_id> id = {}; ///< nothing: by its certificate
};

/// A server of this process whose store could not be opened: one server that is away, as any other may be.
struct absent_store {
  std::string why = {};
};

/// Where a link finds its server: in this process, elsewhere, or nowhere for now. One alternative a kind of transport.
using link_endpoint = std::variant<messages::storage_server, remote_endpoint, gbs_endpoint, absent_store>;

/// What a grid file says of a server that is not in this process, one function a kind. With TLS its certificate must be
/// for a server, and have the pinned key, or else the server's name or the dialled host's. errc::refused: not loopback,
/// and no TLS.
result<link_endpoint> endpoint_of(const settings::caf_address& where,
                                  const std::optional<tls::node_files>& tls,
                                  const settings::server_config& server);
/// Its NURL's pin is all that is asked of its certificate.
result<link_endpoint> endpoint_of(const settings::nurl& where, const std::optional<tls::node_files>& tls,
                                  const settings::server_config& server);

} // namespace truckee::actors
