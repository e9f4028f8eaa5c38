#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace truckee {

/// Bytes of the longest content that any gateway takes, whatever it is set to: one message carries all of it, and a longer one
/// is cut off with its connection (messages/caf/door.hpp).
inline constexpr std::uint64_t longest_content = std::uint64_t{1} << 30;

/// Content of an MDMF file that has more bytes is read and made part by part, wherever that can be: shares of less are made
/// faster where all is in memory.
inline constexpr std::uint64_t content_in_memory = std::uint64_t{32} << 20;

/// errc::too_large with both sizes, where content has more bytes than are taken.
inline std::optional<error> content_beyond(std::uint64_t most, std::uint64_t size) {
  if (size <= most)
    return std::nullopt;
  return error{errc::too_large, "the content has " + std::to_string(size) + " bytes and at most " +
                                    std::to_string(most) + " are taken"};
}

} // namespace truckee
