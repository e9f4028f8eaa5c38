#include "truckee/actors/operations/append.hpp"

namespace truckee::actors {

modifier append_of(shared_bytes data, std::uint64_t content_bytes_max) {
  return [data = std::move(data),
          content_bytes_max](const std::optional<shared_bytes>& now) -> result<std::optional<shared_bytes>> {
    const std::size_t have = now ? now->size() : 0;
    if (have + data.size() > content_bytes_max)
      return fail(errc::too_large, "the file would have " + std::to_string(have + data.size()) +
                                       " bytes and at most " + std::to_string(content_bytes_max) +
                                       " are taken");
    if (data.empty())
      return std::nullopt;
    buffer both(have + data.size());
    if (now)
      std::copy(now->view().begin(), now->view().end(), both.data());
    std::copy(data.view().begin(), data.view().end(), both.data() + have);
    return std::optional(shared_bytes(std::move(both)));
  };
}

} // namespace truckee::actors
