#pragma once

/// How two nodes find out whether they understand each other, before anything else is said. These two messages never
/// change: a peer of any age can read them.

#include "truckee/messages/caf/protocol.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace truckee::messages {

/// The generation of each protocol. It grows whenever a message changes, for members are written without names; a
/// peer of another generation is refused, with both named, on both sides.
inline constexpr std::uint32_t storage_protocol = 3;
inline constexpr std::uint32_t gateway_protocol = 8;

/// "truckee/0.1.0"
std::string software_name();

/// Introduces a caller. A store answers with its store_info, a gateway with a greeting; either refuses another
/// generation than its own by an error that refusal_in() reads.
struct hello {
  std::uint32_t protocol = 0; ///< storage_protocol or gateway_protocol of the caller
  std::string software;       ///< software_name() of the caller
};

/// What the hello of this program says.
inline hello hello_to_store() {
  return {storage_protocol, software_name()};
}
inline hello hello_to_gateway() {
  return {gateway_protocol, software_name()};
}

/// Who answers a hello.
struct greeting {
  std::uint32_t protocol = 0; ///< the generation the peer speaks
  std::string software;       ///< e.g. "truckee/0.1.0"
};

/// Why a caller is not understood: nothing where it is. `what`: "store", "gateway".
std::optional<std::string> mismatch(const hello& caller, std::uint32_t own, const char* what);

/// A refusal with a sentence, as the answer to any request.
caf::error refuse(const std::string& why);
/// The sentence, if it is such a refusal.
std::optional<std::string> refusal_in(const caf::error& e);

} // namespace truckee::messages
