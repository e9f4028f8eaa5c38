#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace truckee::settings {

/// A file of sections with keys, as Tahoe-LAFS's tahoe.cfg is one: "[section]", "key = value" or "key: value", lines that
/// begin with # or ; and longer values on indented lines. Keys have no case. Errors (configuration) say
/// "FILE:LINE: [section] key: what was wrong, what is expected".
class ini_file {
public:
  static result<ini_file> parse(std::string_view text, std::filesystem::path file);
  /// A file of at most 1 MiB.
  static result<ini_file> read(const std::filesystem::path& file);

  struct value {
    std::string text; ///< without white space around it; its lines are joined by line feeds
    std::size_t line = 0;
  };
  /// Nothing where it is not there, or empty.
  const value* find(std::string_view section, std::string_view key) const;
  std::string text(std::string_view section, std::string_view key) const;
  result<std::uint64_t> number(std::string_view section, std::string_view key, std::uint64_t otherwise,
                               std::uint64_t least, std::uint64_t most) const;
  /// yes, true, on and 1, or their opposites, in any case.
  result<bool> flag(std::string_view section, std::string_view key, bool otherwise) const;
  /// An error at a key that is there, or of the whole section.
  tl::unexpected<error> problem(std::string_view section, std::string_view key, std::string_view what) const;

private:
  std::filesystem::path file_;
  std::map<std::pair<std::string, std::string>, value, std::less<>> values_;
};

} // namespace truckee::settings
