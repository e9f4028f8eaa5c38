#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/descriptor.hpp"

namespace truckee::http {

/// A socket that listens, and where.
struct listening_socket {
  descriptor socket; ///< does not block
  address at;        ///< numeric; the real port if 0 was asked for
};

/// Listens on the host itself, or on the first address its name stands for that can be listened on. Errors
/// (configuration): why nobody could listen there, in words.
result<listening_socket> listen_on(const address& at);

} // namespace truckee::http
