#include "truckee/actors/links/transport.hpp"

namespace truckee::actors {

std::uint64_t bytes_of(const storage_request& request) {
  const auto* write = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request);
  std::uint64_t out = 0;
  if (write != nullptr)
    for (const auto& change : (*write)->changes)
      for (const auto& part : change.writes)
        out += part.data.size();
  return out;
}

delivered delivered::unsent(std::string why, bool timed_out) {
  return {messages::delivery::unreachable, timed_out, {}, std::move(why)};
}

delivered delivered::unknown(std::string why, bool timed_out) {
  return {messages::delivery::unknown, timed_out, {}, std::move(why)};
}

} // namespace truckee::actors
