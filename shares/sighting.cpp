#include "truckee/shares/sighting.hpp"

#include <algorithm>

namespace truckee::shares {

namespace {

std::optional<crypto::private_key> key_in(const share_format& format, const file_access& access,
                                          const shared_bytes& head) {
  const auto range = format.private_key_range(head.view());
  if (!range || range->offset + range->length > head.size())
    return std::nullopt;
  return open_private_key(access, head.view().subspan(range->offset, range->length));
}

} // namespace

sighting look_at(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                 bool want_private_key) {
  sighting out;
  for (const auto& [share, reads] : answer.reads) {
    if (reads.size() != 1 || reads.front().size() > asked) {
      out.answer.bad.push_back({share, {}, "the server answered another question"});
      continue;
    }
    const auto& head = reads.front();
    const auto format = format_of(head.view());
    const auto version =
        format ? (*format)->verify_head(access, share, head.view()) : tl::unexpected(format.error());
    if (!version) {
      const auto seen = head.view().first(std::min<std::size_t>(head.size(), grid::prefix_read_size));
      out.answer.bad.push_back({share, to_bytes(seen), to_string(version.error())});
      continue;
    }
    grid::found_share found{share, *version, false};
    if (want_private_key && access.write) {
      if (auto key = key_in(**format, access, head)) {
        found.private_key_at_hand = true;
        if (!out.private_key)
          out.private_key = std::move(key);
      }
    }
    out.answer.good.push_back(found);
    out.heads.emplace(share, head);
  }
  for (const auto& [share, why] : answer.damaged)
    out.answer.bad.push_back({share, {}, "the server cannot read it: " + why});
  return out;
}

} // namespace truckee::shares
