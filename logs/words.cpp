#include "truckee/logs/words.hpp"

#include <algorithm>
#include <array>

namespace truckee::logs {

namespace {

constexpr std::array<std::string_view, level_count> levels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, component_count> components{
    "node", "link", "operation", "publish", "read", "keys", "budget", "storage", "log"};
constexpr std::array<std::string_view, line_format_count> line_formats{"text", "json"};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto at = std::find(words.begin(), words.end(), word);
  return at == words.end() ? std::nullopt : std::optional(static_cast<Enum>(at - words.begin()));
}

template <std::size_t N>
std::string joined(const std::array<std::string_view, N>& words) {
  std::string out;
  for (const auto& word : words)
    out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

} // namespace

std::string_view to_text(level x) {
  return levels[std::min<std::size_t>(static_cast<std::size_t>(x), levels.size() - 1)];
}
std::string_view to_text(component x) {
  return components[std::min<std::size_t>(static_cast<std::size_t>(x), components.size() - 1)];
}
std::string_view to_text(line_format x) {
  return line_formats[std::min<std::size_t>(static_cast<std::size_t>(x), line_formats.size() - 1)];
}

std::optional<level> level_named(std::string_view word) {
  return named<level>(levels, word);
}
std::optional<component> component_named(std::string_view word) {
  return named<component>(components, word);
}
std::optional<line_format> line_format_named(std::string_view word) {
  return named<line_format>(line_formats, word);
}

std::string level_words() {
  return joined(levels);
}
std::string component_words() {
  return joined(components);
}

} // namespace truckee::logs
