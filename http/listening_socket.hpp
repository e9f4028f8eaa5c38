#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/descriptor.hpp"

#include <filesystem>

namespace truckee::http {

/// A socket that listens, and where.
struct listening_socket {
  descriptor socket; ///< does not block
  address at;        ///< numeric; the real port if 0 was asked for
};

/// Listens on the host itself, or on the first address its name stands for that can be listened on. Errors
/// (configuration): why nobody could listen there, in words.
result<listening_socket> listen_on(const address& at);

/// Listens at a path, as a Unix socket that its owner alone may connect to (0600). One that a process left behind is replaced; anything else
/// that is there is not. Errors (configuration): why nobody could listen there, in words.
result<listening_socket> listen_at(const std::filesystem::path& path);

} // namespace truckee::http
