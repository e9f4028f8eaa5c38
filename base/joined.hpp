#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace truckee {

/// Sentences in one line.
inline std::string joined(const std::vector<std::string>& texts, std::string_view between = "; ") {
  std::string out;
  for (const auto& text : texts) {
    if (!out.empty())
      out += between;
    out += text;
  }
  return out;
}

} // namespace truckee
