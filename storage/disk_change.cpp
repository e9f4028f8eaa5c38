#include "truckee/storage/disk_change.hpp"

#include "truckee/storage/file_aside.hpp"

#include <algorithm>
#include <cerrno>

namespace truckee::storage {

disk_backend::changing::changing(disk_backend& store, const storage_index& slot, const open_slot& old,
                                 const slot_plan& plan)
  : store_(store), slot_(slot), live_(store.slot_directory(slot)), old_(old), plan_(plan) {
  begin();
}

void disk_backend::changing::next(io_result<void> fulfilled) {
  wishes_.clear();
  if (!fulfilled && !turned_)
    spoil(fulfilled.error());
  if (!fulfilled)
    return turned_ ? take_back(std::move(fulfilled.error())) : fail(std::move(fulfilled.error()));
  turned_ ? succeed() : turn();
}

void disk_backend::changing::begin() {
  work_ = store_.free_name_aside();
  if (auto done = prepare(); !done)
    return fail(std::move(done.error()));
  if (!store_.full_)
    wishes_.clear();
  if (wishes_.empty())
    turn();
}

void disk_backend::changing::turn() {
  turned_ = true;
  if (!new_prefix_.empty())
    store_.prefix_is_there(new_prefix_);
  if (auto done = close_files(); !done)
    return fail(std::move(done.error()));
  if (auto done = store_.turn_or_lift(flip_); !done)
    return fail(std::move(done.error()));
  if (!store_.full_)
    return succeed();
  wishes_.push_back({.directory = flip_.live.parent_path()});
}

/// Nobody was told yet, so take it back; a power loss now may still find either state, each whole. What lies aside may not go
/// while power loss could still bring it back as the live one.
void disk_backend::changing::take_back(io_failure why) {
  if (const auto undone = store_.turn(flip_, true); !undone)
    why.what += "; it is visible all the same, for it could not be taken back: " + undone.error().what;
  aside_is_free_ = store_.sync_directory(flip_.live.parent_path()).has_value();
  fail(std::move(why));
}

void disk_backend::changing::succeed() {
  store_.remember(slot_, entries_, old_, plan_, written_);
  if (flip_.how == flip::kind::exchange && !flip_.whole_slot)
    store_.keep_spare(slot_, old_, plan_.begin()->first, std::move(work_));
  else
    store_.discard(work_);
}

/// What was staged may not have come to the disk, and it is not here to be written again.
void disk_backend::changing::spoil(const io_failure& why) {
  for (const auto& [share, what] : plan_)
    if (what && what->staged)
      dynamic_cast<file_aside&>(*what->staged).spoil(why);
}

/// What cannot or must not be removed now is removed when the store is opened next.
void disk_backend::changing::fail(io_failure why) {
  files_.clear();
  wishes_.clear();
  if (aside_is_free_)
    store_.discard(work_);
  if (!is_again_ && is_full(why) && store_.spares_.clear()) {
    is_again_ = aside_is_free_ = true;
    turned_ = false;
    written_.clear();
    return begin();
  }
  result_ = tl::unexpected(std::move(why));
}

io_result<void> disk_backend::changing::prepare() {
  if (auto there = store_.in_place(); !there)
    return there;
  if (auto done = store_.lift_.finish(live_); !done)
    return done;
  // A folder that is replaced as a whole takes along what others put there: that is looked at now. One file is one file.
  entries_ = old_.entries;
  if (old_.present && (plan_.size() > 1 || !plan_.begin()->second)) {
    auto now = store_.files_.list(live_);
    if (!now)
      return tl::unexpected(now.error());
    entries_ = std::move(*now);
  }
  store_.memory_.forget(slot_); // what is known of it is true again only once all went well
  if (!old_.present) {
    flip_ = {flip::kind::put, work_, live_, true};
    return ensure_prefix().and_then([this] { return prepare_directory(); });
  }
  const bool only_removes =
      std::none_of(plan_.begin(), plan_.end(), [](const auto& item) { return item.second.has_value(); });
  if (only_removes && plan_.size() == entries_.size()) {
    flip_ = {flip::kind::take, work_, live_, true};
    return {};
  }
  if (plan_.size() > 1) {
    flip_ = {flip::kind::exchange, work_, live_, true};
    return prepare_directory();
  }
  const auto& [share, what] = *plan_.begin();
  const auto file = live_ / std::to_string(share.value);
  if (!what) {
    flip_ = {flip::kind::take, work_, file};
    return {};
  }
  auto made = store_.write_new(work_, slot_, share, *what, old_file_of(old_, share));
  if (!made)
    return tl::unexpected(made.error());
  flip_ = {old_.shares.contains(share) ? flip::kind::exchange : flip::kind::put, work_, file};
  add_file(share, std::move(*made), what->image.bytes_to_write());
  return {};
}

/// A prefix directory that was just made is on the disk before anything below it is acknowledged.
io_result<void> disk_backend::changing::ensure_prefix() {
  auto prefix = live_.parent_path();
  if (store_.is_prefix_there(prefix))
    return {};
  auto made = store_.files_.make_directory(prefix);
  if (!made && made.error().code != EEXIST)
    return made;
  new_prefix_ = std::move(prefix);
  wishes_.push_back({.directory = store_.shares_});
  return {};
}

/// The slot as it shall be: what stays is linked, what changes is written.
io_result<void> disk_backend::changing::prepare_directory() {
  auto& files = store_.files_;
  if (auto done = files.make_directory(work_); !done)
    return done;
  for (const auto& entry : entries_) {
    const auto share = share_of(entry);
    if (share && plan_.contains(*share))
      continue;
    if (entry.kind == entry_kind::directory)
      return io_fail(EISDIR, "keep a directory among shares,", live_ / entry.name);
    if (auto done = files.link(live_ / entry.name, work_ / entry.name); !done)
      return done;
  }
  // All are written before the first is synced: the disk then has the most to do at once.
  for (const auto& [share, what] : plan_) {
    if (!what)
      continue;
    const auto file = work_ / std::to_string(share.value);
    auto made = what->staged ? store_.adopt(file, *what)
                             : store_.write_file(file, what->image, old_file_of(old_, share));
    if (!made)
      return tl::unexpected(made.error());
    add_file(share, std::move(*made), what->image.bytes_to_write());
  }
  wishes_.push_back({.directory = work_});
  return {};
}

void disk_backend::changing::add_file(share_number share, std::unique_ptr<writable_file> file,
                                      std::uint64_t bytes) {
  wishes_.push_back({.file = file.get(), .bytes = bytes});
  files_.emplace_back(share, std::move(file));
}

io_result<void> disk_backend::changing::close_files() {
  for (auto& [share, file] : files_) {
    if (const auto stamp = file->stamp())
      written_.emplace(share, *stamp);
    if (auto done = file->close(); !done)
      return done;
  }
  files_.clear();
  return {};
}

} // namespace truckee::storage
