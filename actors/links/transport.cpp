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

std::uint64_t bytes_as_message(const storage_request& request) {
  constexpr std::uint64_t around_all = 4096; // secrets, names of types, CAF's own head
  constexpr std::uint64_t around_share = 64;
  constexpr std::uint64_t around_part = 32; // offsets and lengths
  const auto* write = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request);
  std::uint64_t out = around_all;
  if (write == nullptr)
    return out;
  out += around_part * (*write)->reads.size();
  for (const auto& change : (*write)->changes) {
    out += around_share;
    for (const auto& test : change.tests)
      out += around_part + test.specimen.size();
    for (const auto& part : change.writes)
      out += around_part + part.data.size();
  }
  return out;
}

std::optional<delivered> too_long_to_send(const storage_request& request, std::uint64_t bytes_max) {
  const auto* write = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request);
  if (write == nullptr || bytes_as_message(request) <= bytes_max)
    return std::nullopt;
  grid::read_test_write_answer refusal;
  refusal.status = grid::storage_status::too_large;
  refusal.detail = std::to_string((*write)->changes.size()) + " shares with " +
                   std::to_string(bytes_of(request)) +
                   " bytes would go to it in one message, which may have " + std::to_string(bytes_max) +
                   "; nothing was sent: let more servers share the file, or make it smaller";
  delivered out;
  out.answer = std::move(refusal);
  return out;
}

delivered delivered::unsent(std::string why, bool timed_out) {
  return {messages::delivery::unreachable, timed_out, {}, std::move(why)};
}

delivered delivered::unknown(std::string why, bool timed_out) {
  return {messages::delivery::unknown, timed_out, {}, std::move(why)};
}

} // namespace truckee::actors
