#pragma once

#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/types.hpp"

#include <cstring>
#include <mutex>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/message.hpp>
#if TRUCKEE_CAF_1
#include <caf/byte_buffer.hpp>
#else
#include <caf/to_string.hpp>
#endif

/// To a peer's bytes and back, on either generation of CAF.
namespace truckee::test {

/// A system that knows the types; nothing runs in it.
class type_system {
public:
  type_system() : system_((once(), config_)) {}
  caf::actor_system& operator*() { return system_; }

private:
  static void once() {
    static std::once_flag flag;
    std::call_once(flag, [] { truckee::register_types(); });
  }
  messages::system_config config_;
  caf::actor_system system_;
};

using wire_bytes = std::vector<std::uint8_t>;

/// Calls the serialiser on anything; empty if it says no.
template <class T>
wire_bytes to_wire(caf::actor_system& system, const T& x) {
#if TRUCKEE_CAF_1
  caf::byte_buffer out;
  caf::binary_serializer sink{system, out};
  if (!sink.apply(x))
    return {};
#else
  std::vector<char> out;
  caf::binary_serializer sink{system, out};
  if (sink(const_cast<T&>(x)))
    return {};
#endif
  wire_bytes copy(out.size());
  if (!out.empty()) // memcpy takes no null, whatever the length
    std::memcpy(copy.data(), out.data(), out.size());
  return copy;
}

/// Reads anything from hostile bytes; false if they are refused.
template <class T>
bool from_wire(caf::actor_system& system, const wire_bytes& data, T& x) {
#if TRUCKEE_CAF_1
  caf::binary_deserializer source{system, data.data(), data.size()};
  return source.apply(x);
#else
  caf::binary_deserializer source{system, reinterpret_cast<const char*>(data.data()), data.size()};
  return !source(x);
#endif
}

} // namespace truckee::test
