#pragma once

#include "test_support.hpp"

#include <algorithm>
#include <toml++/toml.h>

/// The samples in configs/, whose keys tests compare with the code's.
namespace truckee::test {

inline std::filesystem::path sample_config(const std::string& name) {
  return std::filesystem::path{TRUCKEE_TEST_DATA}.parent_path().parent_path() / "configs" / name;
}

/// "table.key" for every key in the file, in ascending order, each once.
inline std::vector<std::string> keys_in(const std::filesystem::path& file) {
  std::vector<std::string> out;
  const auto document = toml::parse_file(file.string());
  for (const auto& [name, node] : document) {
    const auto add = [&out, table = std::string{name.str()}](const toml::table& t) {
      for (const auto& [key, value] : t)
        out.push_back(table + "." + std::string{key.str()});
    };
    if (const auto* list = node.as_array())
      for (const auto& each : *list)
        add(*each.as_table());
    else
      add(*node.as_table());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

} // namespace truckee::test
