#include "truckee/grid/publish/surprise.hpp"

#include <algorithm>

namespace truckee::grid {

std::string_view to_string(verdict v) {
  switch (v) {
  case verdict::ours:
    return "ours";
  case verdict::expected:
    return "expected";
  case verdict::stale:
    return "stale";
  case verdict::hidden:
    return "hidden";
  case verdict::conflict:
    return "conflict";
  }
  return "unknown verdict";
}

publish_view make_view(file_version ours, servermap map, std::optional<file_version> base,
                       version_set earlier) {
  publish_view view;
  view.ours = ours;
  view.base = base;
  view.earlier = std::move(earlier);
  if (base) {
    const auto readable = map.recoverable_versions();
    view.settled = {readable.begin(), readable.end()};
  } else {
    view.settled = map.versions();
  }
  view.map = std::move(map);
  return view;
}

namespace {

/// Does the found share carry nothing we would have to know before replacing it?
bool harmless(const publish_view& view, const belief& expected, const file_version& found) {
  if (view.earlier.contains(found) || view.settled.contains(found))
    return true;
  if (view.base && (found == *view.base || found.sequence < view.base->sequence))
    return true;
  // A writer would have had to pass a test on the newer share to put an older one there.
  const auto* held = std::get_if<file_version>(&expected);
  return held && found < *held && found.sequence < view.ours.sequence;
}

} // namespace

verdict judge(const publish_view& view, const share_place& place, const belief& expected, const belief& found,
              std::size_t seen_shares) {
  const auto* version = std::get_if<file_version>(&found);
  if (version && *version == view.ours)
    return verdict::ours;
  if (version ? expected == found : false)
    return verdict::expected;
  if (!version) {
    const auto* bad = std::get_if<bad_share>(&found);
    const auto* known = std::get_if<bad_share>(&expected);
    const bool same = bad ? known && known->seen == bad->seen : std::holds_alternative<no_share>(expected);
    return same ? verdict::expected : verdict::stale;
  }
  // A share whose prefix parses can be known as bad (its blocks or signature are): compare the bytes.
  if (const auto* known = std::get_if<bad_share>(&expected)) {
    auto prefix = pack_prefix(*version);
    if (known->seen.size() >= prefix.size() && equal(byte_view{known->seen}.first(prefix.size()), prefix))
      return verdict::expected;
  }
  if (harmless(view, expected, *version))
    return verdict::stale;
  if (view.map.answered(place.server))
    return verdict::conflict;
  if (version->sequence < view.ours.sequence && seen_shares < version->k)
    return verdict::stale;
  return verdict::hidden;
}

belief read_belief(byte_view seen) {
  if (seen.empty())
    return no_share{};
  if (auto version = parse_prefix(seen))
    return *version;
  else
    return bad_share{to_bytes(seen.first(std::min(seen.size(), prefix_read_size))), version.error().detail};
}

std::vector<uncoordinated_share> changes_since(const publish_view& before, const servermap& after) {
  std::vector<uncoordinated_share> out;
  for (const auto& [place, version] : after.shares()) {
    const auto expected = before.map.at(place);
    if (judge(before, place, expected, version, 0) == verdict::conflict)
      out.push_back({place, expected, version});
  }
  return out;
}

} // namespace truckee::grid
