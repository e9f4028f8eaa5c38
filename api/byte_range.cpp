#include "truckee/api/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::api {

namespace {

std::optional<std::uint64_t> number_in(std::string_view digits) {
  std::uint64_t out = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stopped, how] = std::from_chars(digits.data(), end, out);
  return digits.empty() || how != std::errc{} || stopped != end ? std::nullopt : std::optional(out);
}

} // namespace

std::optional<byte_range> parse_byte_range(std::string_view field) {
  constexpr std::string_view unit = "bytes=";
  if (!field.starts_with(unit))
    return std::nullopt;
  field.remove_prefix(unit.size());
  const auto dash = field.find('-');
  if (dash == field.npos)
    return std::nullopt;
  const auto first = number_in(field.substr(0, dash));
  const auto last = number_in(field.substr(dash + 1));
  if (dash == 0)
    return last ? std::optional(byte_range{.from_end = last}) : std::nullopt;
  const bool open = dash + 1 == field.size();
  if (!first || (!last && !open) || (last && *last < *first))
    return std::nullopt;
  return byte_range{.first = *first, .last = last.value_or(UINT64_MAX)};
}

std::optional<file_part> part_of(const byte_range& range, std::uint64_t size) {
  if (range.from_end) {
    const auto count = std::min(*range.from_end, size);
    return count == 0 ? std::nullopt : std::optional(file_part{size - count, count});
  }
  if (range.first >= size)
    return std::nullopt;
  return file_part{range.first, std::min(range.last, size - 1) - range.first + 1};
}

} // namespace truckee::api
