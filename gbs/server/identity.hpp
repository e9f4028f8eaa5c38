#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/random.hpp"
#include "truckee/gbs/nurl.hpp"
#include "truckee/tls/self_signed.hpp"

#include <filesystem>

/// Who a server is to Tahoe-LAFS's clients, as files in a store's folder. They have the names that a Tahoe-LAFS node gives them, so
/// that a store can be carried from the one to the other and stay known by its NURL:
///
///     private/node.pem        key and certificate
///     private/storage.furl    pb://TUBID@HINTS/SWISSNUM
///     private/storage.nurl    ours alone: where clients find the server, one line
///
/// A node's store lies in its folder; so they are looked for here, and then in the folder above.
namespace truckee::gbs {

/// What TLS and clients need.
struct server_identity {
  std::filesystem::path folder; ///< private/
  bool ours = false; ///< lies in the store; else a node's own, where nothing but storage.nurl is written
  tls::self_signed key;
  secret_text swissnum;
};

/// Finds them, or makes them below `store`, where `may_make`; what is made can be read by its owner only. Errors: configuration (a file
/// does not hold what it must, or there is none and none may be made), io.
result<server_identity> find_or_make_identity(const std::filesystem::path& store, bool may_make,
                                              random_source& random);

/// Where a server is that listens there.
nurl nurl_of(const server_identity& who, const address& at);

/// Writes down where the server is: storage.nurl, and storage.furl where that is ours. `id` is the store's node id, which clients
/// compute its secrets with. The NURL; errors: io.
result<nurl> write_down(const server_identity& who, const server_id& id, const address& at);

} // namespace truckee::gbs
