#pragma once

namespace truckee {

/// One visitor of several lambdas, for std::visit.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace truckee
