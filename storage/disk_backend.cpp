#include "truckee/storage/disk_backend.hpp"

#include "truckee/crypto/base32.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace truckee::storage {

namespace {

constexpr std::size_t prefix_length = 2;

/// Share files are named by their number, without leading zeros; anything else in a slot is somebody else's.
std::optional<share_number> share_of(const directory_entry& entry) {
  std::uint8_t number = 0;
  const auto* end = entry.name.data() + entry.name.size();
  const auto [stop, failed] = std::from_chars(entry.name.data(), end, number);
  if (entry.kind != entry_kind::file || failed != std::errc{} || stop != end ||
      std::to_string(number) != entry.name)
    return std::nullopt;
  return share_number{number};
}

std::optional<storage_index> slot_of(const directory_entry& entry, const std::string& prefix) {
  if (entry.kind != entry_kind::directory || !entry.name.starts_with(prefix))
    return std::nullopt;
  const auto raw = crypto::from_base32(entry.name);
  return raw ? storage_index::from(*raw) : std::nullopt;
}

const readable_file* old_file_of(const open_slot& old, share_number share) {
  const auto found = old.shares.find(share);
  return found == old.shares.end() || !found->second ? nullptr : found->second->file.get();
}

/// A share file of which enough is known that it may never be opened. It is, at the first read, and must still be the one
/// that is known.
class known_file final : public readable_file {
public:
  known_file(file_system& files, std::filesystem::path name, const file_stamp& stamp)
    : files_(files), name_(std::move(name)), stamp_(stamp) {}

  std::uint64_t size() const override { return stamp_.size; }
  file_stamp stamp() const override { return stamp_; }

  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    if (!file_) {
      auto opened = files_.open(name_);
      if (!opened)
        return tl::unexpected(opened.error());
      if (!unchanged(stamp_, (*opened)->stamp()))
        return io_fail(EIO, "read, for somebody changed it meanwhile,", name_);
      file_ = std::move(*opened);
    }
    return file_->read_at(offset, out);
  }

private:
  file_system& files_;
  const std::filesystem::path name_;
  const file_stamp stamp_;
  mutable std::unique_ptr<readable_file> file_; // a slot's calls do not overlap
};

io_result<void> fill(writable_file& file, const file_image& image, const readable_file* old_file) {
  return write_image(image, old_file, [&file](byte_view piece) { return file.append(piece); });
}

/// The names in a slot's folder once the plan is carried out.
std::vector<directory_entry> entries_after(const std::vector<directory_entry>& before,
                                           const slot_plan& plan) {
  std::vector<directory_entry> out;
  for (const auto& entry : before)
    if (const auto share = share_of(entry); !share || !plan.contains(*share))
      out.push_back(entry);
  for (const auto& [share, what] : plan)
    if (what)
      out.push_back({std::to_string(share.value), entry_kind::file});
  return out;
}

} // namespace

std::string prefix_of(const std::string& slot) {
  return slot.substr(0, prefix_length);
}

io_result<void> remove_tree(file_system& files, const std::filesystem::path& tree, entry_kind kind) {
  if (kind != entry_kind::directory)
    return files.remove_file(tree);
  const auto entries = files.list(tree);
  if (!entries)
    return tl::unexpected(entries.error());
  for (const auto& entry : *entries)
    if (auto done = remove_tree(files, tree / entry.name, entry.kind); !done)
      return done;
  return files.remove_directory(tree);
}

disk_backend::disk_backend(file_system& files, path shares, path aside, path identity, durability wanted,
                           std::unique_ptr<file_lock> lock, const store_limits& limits)
  : files_(files), shares_(std::move(shares)), aside_(std::move(aside)), aside_held_(files.hold(aside_)),
    identity_(std::move(identity)), full_(wanted == durability::full),
    quick_(!full_ && files.is_local(shares_)), lock_(std::move(lock)), memory_(limits.remembered_bytes_max),
    lift_(files, aside_, full_), spares_(files, limits.spare_bytes_max) {}

io_result<void> disk_backend::in_place() {
  if (!lock_ || lock_->in_place()) {
    const auto id = files_.stamp(identity_);
    if (id && id->kind == entry_kind::file)
      return {};
    if (!id && id.error().code != ENOENT)
      return tl::unexpected(id.error());
  }
  return tl::unexpected(io_failure{
      ESTALE, "the store at " + shares_.parent_path().string() +
                  " was removed or replaced while it was open (its lock or id file is gone); nothing is "
                  "written there until it is opened again"});
}

disk_backend::path disk_backend::prefix_directory(const storage_index& slot) const {
  return shares_ / prefix_of(crypto::to_base32(slot.view()));
}

disk_backend::path disk_backend::slot_directory(const storage_index& slot) const {
  return prefix_directory(slot) / crypto::to_base32(slot.view());
}

/// Nothing where the slot is not remembered, or anything of it is not as it was.
std::optional<open_slot> disk_backend::open_remembered(const storage_index& slot, const path& directory) {
  const auto known = memory_.find(slot);
  if (!known)
    return std::nullopt;
  const auto is_as_it_was = [this](const path& what, const file_stamp& then) {
    const auto now = files_.stamp(what);
    return now && unchanged(then, *now);
  };
  bool same = is_as_it_was(directory, known->directory);
  open_slot out;
  out.present = true;
  out.entries = known->entries;
  for (const auto& entry : known->entries) {
    const auto share = share_of(entry);
    if (!share || !same)
      continue;
    const auto file = directory / entry.name;
    const auto remembered = known->shares.find(*share);
    if (remembered == known->shares.end()) {
      out.shares.emplace(*share, open_unknown(file));
      continue;
    }
    const auto& [stamp, facts] = remembered->second;
    same = is_as_it_was(file, stamp);
    out.shares.emplace(*share, open_share{std::make_unique<known_file>(files_, file, stamp), facts});
  }
  if (same)
    return out;
  memory_.forget(slot);
  return std::nullopt;
}

/// Only what is known for sure: a share of which nothing is known is opened and read again.
void disk_backend::remember(const storage_index& slot, const std::vector<directory_entry>& entries,
                            const open_slot& old, const slot_plan& plan, const stamps& written) {
  remembered_slot what;
  what.entries = entries_after(entries, plan);
  if (what.entries.empty())
    return; // the folder is gone with its last share
  const auto directory = files_.stamp(slot_directory(slot));
  if (!directory)
    return;
  what.directory = *directory;
  for (const auto& [share, open] : old.shares)
    if (open && open->known && !plan.contains(share))
      what.shares.emplace(share, remembered_share{open->file->stamp(), open->known});
  for (const auto& [share, stamp] : written)
    what.shares.emplace(share, remembered_share{stamp, plan.at(share)->facts});
  memory_.keep(slot, std::move(what));
}

io_result<open_share> disk_backend::open_unknown(const path& file) {
  return files_.open(file).map(
      [](std::unique_ptr<readable_file>&& opened) { return open_share{std::move(opened)}; });
}

io_result<open_slot> disk_backend::open(const storage_index& slot) {
  const auto directory = slot_directory(slot);
  if (auto known = open_remembered(slot, directory))
    return std::move(*known);
  if (auto done = lift_.make_whole(directory); !done)
    return tl::unexpected(done.error());
  open_slot out;
  auto entries = files_.list(directory);
  if (!entries && entries.error().code == ENOENT) {
    if (auto there = in_place(); !there)
      return tl::unexpected(there.error());
    return out;
  }
  if (!entries)
    return tl::unexpected(entries.error());
  out.present = true;
  for (const auto& entry : *entries)
    if (const auto share = share_of(entry))
      out.shares.emplace(*share, open_unknown(directory / entry.name));
  out.entries = std::move(*entries);
  return out;
}

io_result<std::vector<storage_index>> disk_backend::slots() {
  const auto prefixes = files_.list(shares_);
  if (!prefixes)
    return tl::unexpected(prefixes.error());
  std::vector<storage_index> out;
  for (const auto& prefix : *prefixes) {
    if (prefix.kind != entry_kind::directory || prefix.name.size() != prefix_length)
      continue; // Tahoe-LAFS keeps unfinished uploads in shares/incoming
    const auto entries = files_.list(shares_ / prefix.name);
    if (!entries)
      return tl::unexpected(entries.error());
    for (const auto& entry : *entries)
      if (const auto slot = slot_of(entry, prefix.name))
        out.push_back(*slot);
  }
  return out;
}

io_result<std::uint64_t> disk_backend::available_bytes() {
  return files_.available_bytes(shares_).map(
      [this](std::uint64_t free) { return free + spares_.bytes(); }); // which go where they are needed
}

io_result<void> disk_backend::sync_directory(const path& directory) {
  return full_ ? files_.sync_directory(directory) : io_result<void>{};
}

io_result<std::unique_ptr<writable_file>> disk_backend::write_file(const path& file, const file_image& image,
                                                                   const readable_file* old_file) {
  auto out = files_.create(file);
  if (!out)
    return out;
  if (auto done = fill(**out, image, old_file); !done)
    return tl::unexpected(done.error());
  return out;
}

/// In the file that the share's last update replaced, whose name `work` becomes then.
io_result<std::unique_ptr<writable_file>> disk_backend::write_spare(path& work, const storage_index& slot,
                                                                    share_number share,
                                                                    const file_image& image,
                                                                    const readable_file* old_file) {
  auto spare = spares_.take(slot, share);
  if (spare.empty())
    return write_file(work, image, old_file);
  auto out = files_.reuse(spare);
  if (!out) {
    discard(spare);
    return write_file(work, image, old_file);
  }
  work = std::move(spare);
  if (auto done = fill(**out, image, old_file).and_then([&out] { return (*out)->cut(); }); !done)
    return tl::unexpected(done.error());
  return out;
}

io_result<void> disk_backend::finish_file(writable_file& file, share_number share, stamps& written) {
  if (full_)
    if (auto done = file.sync(); !done)
      return done;
  if (const auto stamp = file.stamp())
    written.emplace(share, *stamp);
  return file.close();
}

io_result<void> disk_backend::prepare_file(path& work, const storage_index& slot, const file_image& image,
                                           const open_slot& old, share_number share, stamps& written) {
  auto made = write_spare(work, slot, share, image, old_file_of(old, share));
  if (!made)
    return tl::unexpected(made.error());
  return finish_file(**made, share, written);
}

/// The slot as it shall be: what stays is linked, what changes is written.
io_result<void> disk_backend::prepare_directory(const path& work, const path& live,
                                                const std::vector<directory_entry>& entries,
                                                const open_slot& old, const slot_plan& plan,
                                                stamps& written) {
  if (auto done = files_.make_directory(work); !done)
    return done;
  for (const auto& entry : entries) {
    const auto share = share_of(entry);
    if (share && plan.contains(*share))
      continue;
    if (entry.kind == entry_kind::directory)
      return io_fail(EISDIR, "keep a directory among shares,", live / entry.name);
    if (auto done = files_.link(live / entry.name, work / entry.name); !done)
      return done;
  }
  // All are written before the first is synced: the disk then has the most to do at once.
  std::map<share_number, std::unique_ptr<writable_file>> files;
  for (const auto& [share, what] : plan) {
    if (!what)
      continue;
    auto made = write_file(work / std::to_string(share.value), what->image, old_file_of(old, share));
    if (!made)
      return tl::unexpected(made.error());
    files.emplace(share, std::move(*made));
  }
  for (const auto& [share, file] : files)
    if (auto done = finish_file(*file, share, written); !done)
      return done;
  return sync_directory(work);
}

/// A prefix directory that was just made is on the disk before anything below it is acknowledged.
io_result<void> disk_backend::ensure_prefix(const path& prefix) {
  const std::lock_guard lock(prefixes_mutex_);
  if (prefixes_.contains(prefix.string()))
    return {};
  auto made = files_.make_directory(prefix);
  if (!made && made.error().code != EEXIST)
    return made;
  if (auto done = sync_directory(shares_); !done)
    return done;
  prefixes_.insert(prefix.string());
  return {};
}

io_result<disk_backend::flip> disk_backend::prepare(path& work, const storage_index& slot,
                                                    const std::vector<directory_entry>& entries,
                                                    const open_slot& old, const slot_plan& plan,
                                                    stamps& written) {
  const auto live = slot_directory(slot);
  if (!old.present) {
    if (auto done = ensure_prefix(prefix_directory(slot)); !done)
      return tl::unexpected(done.error());
    if (auto done = prepare_directory(work, live, entries, old, plan, written); !done)
      return tl::unexpected(done.error());
    return flip{flip::kind::put, work, live, true};
  }
  const bool only_removes =
      std::none_of(plan.begin(), plan.end(), [](const auto& item) { return item.second.has_value(); });
  if (only_removes && plan.size() == entries.size())
    return flip{flip::kind::take, work, live, true};
  if (plan.size() > 1) {
    if (auto done = prepare_directory(work, live, entries, old, plan, written); !done)
      return tl::unexpected(done.error());
    return flip{flip::kind::exchange, work, live, true};
  }
  const auto& [share, what] = *plan.begin();
  const auto file = live / std::to_string(share.value);
  if (!what)
    return flip{flip::kind::take, work, file};
  if (auto done = prepare_file(work, slot, what->image, old, share, written); !done)
    return tl::unexpected(done.error());
  return flip{old.shares.contains(share) ? flip::kind::exchange : flip::kind::put, work, file};
}

io_result<void> disk_backend::turn(const flip& change, bool back) {
  if (change.how == flip::kind::exchange)
    return files_.exchange(change.aside, change.live);
  const bool in = (change.how == flip::kind::put) != back;
  return in ? files_.move(change.aside, change.live) : files_.move(change.live, change.aside);
}

/// A folder that came in the lower layer of an overlay is made anew in the upper one first: it cannot be moved.
io_result<void> disk_backend::turn_or_lift(const flip& change) {
  auto done = turn(change, false);
  if (done || done.error().code != EXDEV || !change.whole_slot || change.how == flip::kind::put)
    return done;
  if (auto lifted = lift_.lift(change.live, free_name_aside()); !lifted)
    return lifted;
  return turn(change, false);
}

/// Whether what lies aside may go: not while power loss could still bring it back as the live one.
io_result<void> disk_backend::commit(const flip& change, bool& aside_is_free) {
  if (auto done = turn_or_lift(change); !done)
    return done;
  const auto parent = change.live.parent_path();
  auto done = sync_directory(parent);
  if (done)
    return done;
  // Nobody was told yet, so take it back; a power loss now may still find either state, each whole.
  if (const auto undone = turn(change, true); !undone)
    done.error().what +=
        "; it is visible all the same, for it could not be taken back: " + undone.error().what;
  aside_is_free = sync_directory(parent).has_value();
  return done;
}

io_result<void> disk_backend::apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) {
  auto done = try_apply(slot, old, plan);
  if (!done && is_full(done.error()) && spares_.clear())
    done = try_apply(slot, old, plan);
  return done;
}

io_result<void> disk_backend::try_apply(const storage_index& slot, const open_slot& old,
                                        const slot_plan& plan) {
  if (auto there = in_place(); !there)
    return there;
  if (auto done = lift_.finish(slot_directory(slot)); !done)
    return done;
  // A folder that is replaced as a whole takes along what others put there: that is looked at now. One file is one file.
  auto entries = old.entries;
  if (old.present && (plan.size() > 1 || !plan.begin()->second)) {
    auto now = files_.list(slot_directory(slot));
    if (!now)
      return tl::unexpected(now.error());
    entries = std::move(*now);
  }
  memory_.forget(slot); // what is known of it is true again only once all went well
  auto work = free_name_aside();
  bool aside_is_free = true;
  stamps written;
  const auto change = prepare(work, slot, entries, old, plan, written);
  auto done = change ? commit(*change, aside_is_free) : io_result<void>(tl::unexpected(change.error()));
  if (done)
    remember(slot, entries, old, plan, written);
  // What cannot or must not be removed now is removed when the store is opened next.
  if (done && aside_is_free && change->how == flip::kind::exchange && !change->whole_slot)
    keep_spare(slot, old, plan.begin()->first, std::move(work));
  else if (aside_is_free)
    discard(work);
  return done;
}

io_result<void> disk_backend::write_over(const storage_index& slot, share_number share, const open_share& old,
                                         const file_patch& patch) {
  if (auto there = in_place(); !there)
    return there;
  if (auto done = lift_.finish(slot_directory(slot)); !done)
    return done;
  const auto file = slot_directory(slot) / std::to_string(share.value);
  const auto now = files_.stamp(file);
  if (!now)
    return tl::unexpected(now.error());
  if (!unchanged(old.file->stamp(), *now))
    return io_fail(EIO, "write over, for somebody changed it meanwhile,", file);
  memory_.forget(slot);
  return files_.overwrite(file, patch.offset, patch.data.view(), full_);
}

void disk_backend::keep_spare(const storage_index& slot, const open_slot& old, share_number share,
                              path file) {
  const auto* replaced = old_file_of(old, share);
  if (replaced == nullptr)
    discard(file);
  else
    spares_.keep(slot, share, std::move(file), replaced->size());
}

void disk_backend::discard(const path& work) {
  const auto gone = files_.remove_file(work);
  if (!gone && gone.error().code == EISDIR)
    (void)remove_tree(files_, work, entry_kind::directory);
}

} // namespace truckee::storage
