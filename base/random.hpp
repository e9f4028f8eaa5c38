#pragma once

#include "truckee/base/bytes.hpp"

#include <memory>
#include <random>

namespace truckee {

/// Where random bytes come from. Injected everywhere, so that one seed gives the same bytes again.
/// Implementations are safe to call from several threads.
class random_source {
public:
  virtual ~random_source() = default;
  virtual void fill(mutable_byte_view out) = 0;

  /// A number in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);

  template <class Fixed>
  Fixed make() {
    Fixed out;
    fill(out.view());
    return out;
  }
};

/// The operating system's generator.
random_source& system_random();
/// The same, for who shares it.
std::shared_ptr<random_source> shared_system_random();

} // namespace truckee
