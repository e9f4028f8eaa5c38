#pragma once

#include <algorithm>
#include <cstdint>

namespace truckee::actors {

/// Which part of an operation's bar one of its steps fills.
struct progress_span {
  double from = 0;
  double to = 1;

  double at(double fraction) const { return from + (to - from) * std::clamp(fraction, 0.0, 1.0); }
  double at(std::uint64_t done, std::uint64_t of) const {
    return at(of == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(of));
  }
};

} // namespace truckee::actors
