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

namespace {

/// As the strict order knows a share that it can neither seal nor count.
grid::bad_share unknown_share(const shared_bytes& head, std::string reason) {
  return {to_bytes(head.view().first(std::min<std::size_t>(head.size(), grid::damaged_bytes_max))),
          std::move(reason)};
}

std::optional<grid::slot_contents> contents_of(const file_access& access,
                                               const grid::slot_read_answer& answer, const sighting& seen) {
  if (!answer.damaged.empty())
    return std::nullopt; // there, and nobody can say what: no test would hold
  grid::slot_contents out;
  for (const auto& good : seen.answer.good) {
    const auto& head = seen.heads.at(good.share);
    // The barrier signs shares anew where all have their signatures at one place.
    if (good.version.format() == grid::share_format::mdmf) {
      out.emplace(good.share, unknown_share(head, "an MDMF share, which cannot be kept strictly"));
      continue;
    }
    const auto format = format_of(head.view());
    const auto sealed = format ? (*format)->sealed(access, good.version, head.view()) : std::nullopt;
    if (!sealed)
      return std::nullopt;
    out.emplace(good.share, *sealed);
  }
  for (const auto& bad : seen.answer.bad) {
    const auto& reads = answer.reads.at(bad.share);
    if (reads.size() == 1 && reads.front().empty())
      continue; // a share without bytes is none
    if (bad.seen.empty())
      return std::nullopt;
    out.emplace(bad.share, unknown_share(reads.front(), bad.reason));
  }
  return out;
}

} // namespace

sighting look_at_slot(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                      bool want_private_key) {
  auto out = look_at(access, answer, asked, want_private_key);
  out.slot = contents_of(access, answer, out);
  return out;
}

} // namespace truckee::shares
