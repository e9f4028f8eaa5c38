#include "truckee/actors/links/transport.hpp"

namespace truckee::actors {

namespace {

using stage_ptr = std::shared_ptr<const grid::stage_piece>;

} // namespace

std::uint64_t bytes_of(const storage_request& request) {
  if (const auto* piece = std::get_if<stage_ptr>(&request))
    return (*piece)->piece.data.size();
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
  if (std::holds_alternative<stage_ptr>(request))
    return out + bytes_of(request);
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
  if (bytes_as_message(request) <= bytes_max)
    return std::nullopt;
  delivered out;
  if (std::holds_alternative<stage_ptr>(request)) {
    out.answer = grid::stage_answer{grid::storage_status::too_large, 0,
                                    "a piece of a share with " + std::to_string(bytes_of(request)) +
                                        " bytes is longer than a message to it, which may have " +
                                        std::to_string(bytes_max) + "; nothing was sent: bring smaller ones"};
    return out;
  }
  const auto* write = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request);
  if (write == nullptr)
    return std::nullopt;
  grid::read_test_write_answer refusal;
  refusal.status = grid::storage_status::too_large;
  refusal.detail = std::to_string((*write)->changes.size()) + " shares with " +
                   std::to_string(bytes_of(request)) +
                   " bytes would go to it in one message, which may have " + std::to_string(bytes_max) +
                   "; nothing was sent: let more servers share the file, or make it smaller";
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
