#include "truckee/actors/operations/append.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

error too_long(std::uint64_t size, std::uint64_t size_max) {
  return {errc::too_large, "the file would have " + std::to_string(size) + " bytes and at most " +
                               std::to_string(size_max) + " are taken"};
}

/// What a content is after a write into it, without the content.
struct written_place {
  std::uint64_t length = 0;    ///< of all
  std::uint64_t kept_from = 0; ///< what was there from here on stays
};

written_place place_in(std::uint64_t size, const addition& add) {
  const auto end = *add.offset + add.data.size();
  if (add.cut)
    return {end, end};
  return {add.data.empty() ? size : std::max(size, end), end};
}

/// Whether the write would change nothing.
bool has_it(byte_view now, const addition& add) {
  const auto place = place_in(now.size(), add);
  return place.length == now.size() && *add.offset <= now.size() &&
         equal(now.subspan(*add.offset, add.data.size()), add.data.view());
}

} // namespace

result<appended> append_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                             const shared_bytes& now, const addition& add) {
  using kind = grid::applied_change::kind;
  const auto data = add.data.view();
  if (data.empty())
    return appended{now, {kind::unchanged}};
  switch (grid::presence_in(own, version, now.view(), data)) {
  case grid::presence::contained:
    return appended{now, {kind::contained, {}, grid::mark_of(now.view())}};
  case grid::presence::unclear:
    return appended{now, {kind::unclear}};
  case grid::presence::absent:
    break;
  }
  if (now.size() + data.size() > add.content_bytes_max)
    return tl::unexpected(too_long(now.size() + data.size(), add.content_bytes_max));
  buffer both(now.size() + data.size());
  std::copy(now.view().begin(), now.view().end(), both.data());
  std::copy(data.begin(), data.end(), both.data() + now.size());
  shared_bytes whole(std::move(both));
  return appended{whole, {kind::changed, grid::mark_of(now.view()), grid::mark_of(whole.view())}};
}

result<appended> write_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                            const shared_bytes& now, const addition& add) {
  using kind = grid::applied_change::kind;
  const auto offset = *add.offset;
  if (offset > add.content_bytes_max || add.data.size() > add.content_bytes_max - offset)
    return tl::unexpected(too_long(offset > UINT64_MAX - add.data.size() ? offset : offset + add.data.size(),
                                   add.content_bytes_max));
  const auto place = place_in(now.size(), add);
  const bool there = (add.data.empty() && place.length == now.size()) || has_it(now.view(), add);
  const auto known = grid::presence_in(own, version);
  if (known == grid::presence::contained || (!known && there))
    return appended{now, {kind::contained, {}, grid::mark_of(now.view())}};
  if (!known)
    return appended{now, {kind::unclear}};
  if (there)
    return appended{now, {kind::unchanged}};
  buffer whole(place.length);
  const auto out = whole.view();
  const auto put = [&](std::uint64_t at, byte_view what) {
    if (at < out.size())
      std::ranges::copy(what.first(std::min<std::uint64_t>(what.size(), out.size() - at)),
                        out.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, now.view().first(std::min<std::uint64_t>(now.size(), offset)));
  if (offset > now.size() && now.size() < out.size())
    std::ranges::fill(out.subspan(now.size(), std::min<std::uint64_t>(offset, out.size()) - now.size()),
                      std::byte{0});
  put(offset, add.data.view());
  if (place.kept_from < now.size())
    put(place.kept_from, now.view().subspan(place.kept_from));
  shared_bytes content(std::move(whole));
  return appended{content, {kind::changed, grid::mark_of(now.view()), grid::mark_of(content.view())}};
}

result<appended> add_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                          const shared_bytes& now, const addition& add) {
  return add.offset ? write_once(own, version, now, add) : append_once(own, version, now, add);
}

} // namespace truckee::actors
