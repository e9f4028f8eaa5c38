#include "truckee/metrics/labels.hpp"

#include <array>

namespace truckee::metrics {

namespace {

template <std::size_t N, class E>
std::string_view pick(const std::array<std::string_view, N>& names, E x) {
  const auto index = static_cast<std::size_t>(x);
  return index < N ? names[index] : "other";
}

constexpr std::array<std::string_view, outcome_count> outcomes{
    "ok",
    "usage",
    "configuration",
    "bad_capability",
    "insufficient_capability",
    "uncoordinated_write",
    "not_enough_servers",
    "not_enough_shares",
    "timeout",
    "cancelled",
    "loop_limit",
    "corrupt",
    "malformed",
    "no_space",
    "too_large",
    "read_only",
    "bad_write_enabler",
    "unreachable",
    "protocol",
    "refused",
    "not_found",
    "io",
    "internal",
};

} // namespace

std::string_view to_label(stage x) {
  static constexpr std::array<std::string_view, stage_count> names{"map",  "encrypt", "encode", "hash",
                                                                   "sign", "pack",    "push"};
  return pick(names, x);
}

std::string_view to_label(write_outcome x) {
  static constexpr std::array<std::string_view, write_outcome_count> names{
      "written",           "test_failed", "no_space", "too_large", "refused",     "read_only",
      "bad_write_enabler", "unreachable", "unknown",  "malformed", "server_error"};
  return pick(names, x);
}

std::string_view to_label(surprise x) {
  static constexpr std::array<std::string_view, surprise_count> names{
      "stale", "hidden", "uncoordinated_write", "own_copy", "converged"};
  return pick(names, x);
}

std::string_view to_label(operation x) {
  static constexpr std::array<std::string_view, operation_count> names{"retrieve", "check", "verify",
                                                                       "repair",   "write", "modify"};
  return pick(names, x);
}

std::string_view to_label(link_state x) {
  static constexpr std::array<std::string_view, link_state_count> names{"down", "connecting", "up",
                                                                        "refused"};
  return pick(names, x);
}

std::string_view to_label(storage_operation x) {
  static constexpr std::array<std::string_view, storage_operation_count> names{"read_test_write", "read",
                                                                               "list", "lease", "version"};
  return pick(names, x);
}

std::size_t index_of(outcome x) {
  return x ? static_cast<std::size_t>(*x) + 1 : 0;
}

std::string_view to_label(outcome x) {
  return pick(outcomes, index_of(x));
}

outcome outcome_at(std::size_t index) {
  return index == 0 ? outcome{} : outcome{static_cast<errc>(index - 1)};
}

} // namespace truckee::metrics
