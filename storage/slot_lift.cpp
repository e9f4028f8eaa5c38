#include "truckee/storage/slot_lift.hpp"

#include "truckee/storage/disk_backend.hpp"

#include <algorithm>
#include <cerrno>

namespace truckee::storage {

using std::filesystem::path;

namespace {

constexpr std::string_view prefix_of_names = "lifted-";

} // namespace

slot_lift::slot_lift(file_system& files, path aside, bool full)
  : files_(files), aside_(std::move(aside)), full_(full) {}

path slot_lift::lifted(const path& live) const {
  return aside_ / (std::string(prefix_of_names) + live.filename().string());
}

io_result<void> slot_lift::sync(const path& directory) {
  return full_ ? files_.sync_directory(directory) : io_result<void>{};
}

io_result<void> slot_lift::copy_names(const path& live, const path& work) {
  const auto entries = files_.list(live);
  if (!entries)
    return tl::unexpected(entries.error());
  if (auto done = files_.make_directory(work); !done)
    return done;
  for (const auto& entry : *entries)
    if (auto done = files_.link(live / entry.name, work / entry.name); !done)
      return done;
  return sync(work);
}

io_result<void> slot_lift::lift(const path& live, const path& work) {
  auto done = copy_names(live, work);
  if (done)
    done = files_.move(work, lifted(live));
  if (!done) {
    (void)remove_tree(files_, work, entry_kind::directory); // else when the store is opened next
    return done;
  }
  reached(live, progress::named);
  return take_the_place_of(live);
}

std::optional<slot_lift::progress> slot_lift::progress_of(const path& live) {
  const std::lock_guard lock(mutex_);
  const auto found = half_way_.find(live);
  return found == half_way_.end() ? std::optional<progress>{} : found->second;
}

void slot_lift::reached(const path& live, progress how_far) {
  const std::lock_guard lock(mutex_);
  half_way_.insert_or_assign(live, how_far);
}

io_result<void> slot_lift::finish(const path& live) {
  return progress_of(live) ? take_the_place_of(live) : io_result<void>{};
}

io_result<void> slot_lift::make_whole(const path& live) {
  return progress_of(live) == progress::emptied ? take_the_place_of(live) : io_result<void>{};
}

io_result<void> slot_lift::take_the_place_of(const path& live) {
  // Nothing of the old folder goes before the new one is sure to be found.
  if (auto done = sync(aside_); !done)
    return done;
  const auto old = files_.list(live);
  if (!old && old.error().code != ENOENT)
    return tl::unexpected(old.error());
  reached(live, progress::emptied);
  for (const auto& entry : old.value_or(std::vector<directory_entry>{}))
    if (auto done = files_.remove_file(live / entry.name); !done)
      return done;
  if (auto done = files_.replace(lifted(live), live); !done)
    return done;
  {
    const std::lock_guard lock(mutex_);
    half_way_.erase(live);
  }
  return sync(live.parent_path());
}

io_result<void> slot_lift::recover(const path& shares) {
  const auto entries = files_.list(aside_);
  if (!entries)
    return tl::unexpected(entries.error());
  for (const auto& entry : *entries) {
    if (!entry.name.starts_with(prefix_of_names))
      continue;
    const auto slot = entry.name.substr(prefix_of_names.size());
    if (auto done = take_the_place_of(shares / prefix_of(slot) / slot); !done)
      return done;
  }
  return {};
}

io_result<bool> slot_lift::interrupted() {
  const auto entries = files_.list(aside_);
  if (!entries && entries.error().code == ENOENT)
    return false;
  if (!entries)
    return tl::unexpected(entries.error());
  return std::any_of(entries->begin(), entries->end(),
                     [](const auto& entry) { return entry.name.starts_with(prefix_of_names); });
}

} // namespace truckee::storage
