#include "truckee/actors/operations/append.hpp"

#include <algorithm>

namespace truckee::actors {

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
    return fail(errc::too_large, "the file would have " + std::to_string(now.size() + data.size()) +
                                     " bytes and at most " + std::to_string(add.content_bytes_max) +
                                     " are taken");
  buffer both(now.size() + data.size());
  std::copy(now.view().begin(), now.view().end(), both.data());
  std::copy(data.begin(), data.end(), both.data() + now.size());
  shared_bytes whole(std::move(both));
  return appended{whole, {kind::changed, grid::mark_of(now.view()), grid::mark_of(whole.view())}};
}

} // namespace truckee::actors
