#include "truckee/metrics/labels.hpp"

#include <algorithm>
#include <array>

namespace truckee::metrics {

namespace {

template <std::size_t N, class E>
std::string_view pick(const std::array<std::string_view, N>& names, E x) {
  const auto index = static_cast<std::size_t>(x);
  return index < N ? names[index] : "other";
}

} // namespace

std::string_view to_label(surprise x) {
  static constexpr std::array<std::string_view, surprise_count> names{
      "stale", "hidden", "uncoordinated_write", "own_copy", "converged"};
  return pick(names, x);
}

http_method http_method_of(std::string_view name) {
  static constexpr std::array<std::string_view, 4> names{"GET", "HEAD", "PUT", "PATCH"};
  return static_cast<http_method>(std::ranges::find(names, name) - names.begin());
}

status_class status_class_of(unsigned status) {
  return static_cast<status_class>(std::clamp(status / 100, 2U, 5U) - 2);
}

std::string_view to_label(storage_operation x) {
  static constexpr std::array<std::string_view, storage_operation_count> names{
      "read_test_write", "read", "list", "lease", "version", "advice", "stage"};
  return pick(names, x);
}

std::size_t index_of(outcome x) {
  return x ? static_cast<std::size_t>(*x) + 1 : 0;
}

std::string_view to_label(outcome x) {
  return x ? to_word(*x) : "ok";
}

outcome outcome_at(std::size_t index) {
  return index == 0 ? outcome{} : outcome{static_cast<errc>(index - 1)};
}

} // namespace truckee::metrics
