#pragma once

/// The inspections of messages/hello.hpp; they never change.

#include "truckee/messages/caf/inspection.hpp"
#include "truckee/messages/hello.hpp"

namespace truckee::messages {

template <class Inspector>
auto inspect(Inspector& f, hello& x) {
  return inspect_members(f, x, x.protocol, x.software);
}

template <class Inspector>
auto inspect(Inspector& f, greeting& x) {
  return inspect_members(f, x, x.protocol, x.software);
}

} // namespace truckee::messages
