#include "truckee/grid/file/own_versions.hpp"

#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>

namespace truckee::grid {

bool content_mark::begins(byte_view content) const {
  return content.size() >= size && crypto::sha256({content.first(size)}) == hash;
}

content_mark mark_of(byte_view content) {
  return {content.size(), crypto::sha256({content})};
}

namespace {

/// Could `found` be built on it?
bool may_be_below(const sent_version& ours, const file_version& found) {
  return ours.readable && ours.version.sequence < found.sequence;
}

bool holds(byte_view content, byte_view what) {
  return as_text(content).find(as_text(what)) != std::string_view::npos;
}

bool begins_with(byte_view content, byte_view what) {
  return content.size() >= what.size() && equal(content.first(what.size()), what);
}

} // namespace

std::optional<presence> presence_in(const std::vector<sent_version>& sent, const file_version& found) {
  if (std::ranges::any_of(sent, [&](const auto& ours) { return ours.version == found; }))
    return presence::contained;
  if (std::ranges::none_of(sent, [&](const auto& ours) { return may_be_below(ours, found); }))
    return presence::absent;
  return std::nullopt;
}

presence presence_in(const std::vector<sent_version>& sent, const file_version& found, byte_view content,
                     byte_view added) {
  if (const auto known = presence_in(sent, found))
    return *known;
  bool unclear = false;
  for (const auto& ours : sent) {
    if (!may_be_below(ours, found))
      continue;
    if (ours.added_at) {
      if (*ours.added_at <= content.size() && begins_with(content.subspan(*ours.added_at), added))
        return presence::contained;
      unclear = unclear || holds(content, added);
      continue;
    }
    if (!ours.after) {
      unclear = true;
      continue;
    }
    if (ours.after->begins(content))
      return presence::contained;
    const bool extends = ours.before && ours.before->begins(content);
    // Written over as a whole: perhaps after ours was read by others. Then it has come and gone, and must not come again.
    const bool written_over = !extends && ours.base_stays;
    unclear = unclear || written_over || holds(extends ? content.subspan(ours.before->size) : content, added);
  }
  return unclear ? presence::unclear : presence::absent;
}

effect effect_of_failure(const std::vector<sent_version>& sent) {
  const bool landed = std::ranges::any_of(sent, [](const auto& ours) { return ours.readable; });
  return landed ? effect::may_be_applied : effect::not_applied;
}

} // namespace truckee::grid
