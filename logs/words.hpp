#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The closed sets of words that log lines and log settings are made of.
namespace truckee::logs {

/// How much an operator should care; `off` is a threshold only.
enum class level : std::uint8_t {
  debug,   ///< every step
  info,    ///< what a node does
  warning, ///< something went wrong that the node can live with
  error,   ///< something that needs a person
  off,
};
inline constexpr std::uint8_t level_count = 5;

/// Who speaks; each has a level of its own.
enum class component : std::uint8_t {
  node,      ///< the process: its start, its ports, its end
  link,      ///< the connection to one storage server
  operation, ///< what the gateway was asked to do
  publish,   ///< the writing of one version
  read,      ///< maps, reads and verification
  keys,      ///< fresh keys for new files
  budget,    ///< room for shares in memory
  storage,   ///< one share store
  log,       ///< the log itself
};
inline constexpr std::uint8_t component_count = 9;

/// How a line is written.
enum class line_format : std::uint8_t {
  text, ///< key=value, separated by a space
  json, ///< one object a line
};
inline constexpr std::uint8_t line_format_count = 2;

std::string_view to_text(level x);
std::string_view to_text(component x);
std::string_view to_text(line_format x);

/// Nothing for a word that is none.
std::optional<level> level_named(std::string_view word);
std::optional<component> component_named(std::string_view word);
std::optional<line_format> line_format_named(std::string_view word);

/// "debug, info, warning, error, off": for messages about wrong words.
std::string level_words();
std::string component_words();

} // namespace truckee::logs
