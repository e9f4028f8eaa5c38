#include "truckee/doors/basp/rules.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::doors::basp {

std::string name_of(std::uint64_t version) {
  auto name = "BASP " + std::to_string(version);
  if (version == static_cast<std::uint64_t>(generation::caf_0_17))
    name += " (CAF 0.17)";
  if (version == static_cast<std::uint64_t>(generation::caf_1_1))
    name += " (CAF 1.1)";
  return name;
}

std::string name_of(generation g) {
  return name_of(static_cast<std::uint64_t>(g));
}

std::optional<node_name> parse_node(std::string_view text) {
  constexpr std::size_t digits = 40;
  if (text.size() <= digits || text[digits] != '#')
    return std::nullopt;
  const auto host = from_hex(text.substr(0, digits));
  std::uint32_t process = 0;
  const auto* end = text.data() + text.size();
  const auto number = std::from_chars(text.data() + digits + 1, end, process);
  if (!host || number.ec != std::errc{} || number.ptr != end)
    return std::nullopt;
  node_name out;
  store_be(std::span(out).first<4>(), process);
  std::copy(host->begin(), host->end(), out.begin() + 4);
  return out;
}

} // namespace truckee::doors::basp
