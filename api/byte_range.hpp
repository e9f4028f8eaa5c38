#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace truckee::api {

/// One range of bytes, as a Range field has it.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;            ///< as it stands, to the end
  std::optional<std::uint64_t> from_end = {}; ///< instead of both: the last so many
};

/// Nothing where it is several, of another unit, or no range: HTTP lets a server give all of it then.
std::optional<byte_range> parse_byte_range(std::string_view field);

/// So many bytes from there on.
struct file_part {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

/// The range in a file of `size` bytes; nothing where it has none of them.
std::optional<file_part> part_of(const byte_range& range, std::uint64_t size);

} // namespace truckee::api
