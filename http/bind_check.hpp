#pragma once

#include "truckee/base/address.hpp"

namespace truckee::http {

/// The numeric address to listen on: the host itself, or the first one its name stands for that can be
/// listened on. The port is left as it is. Errors (configuration): why nobody could listen there; the HTTP
/// server itself would only say "failed".
result<address> listenable(const address& at);

} // namespace truckee::http
