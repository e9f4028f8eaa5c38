#include "truckee/storage/disk_backend.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/storage/disk_change.hpp"
#include "truckee/storage/file_aside.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace truckee::storage {

namespace {

constexpr std::size_t prefix_length = 2;

std::optional<storage_index> slot_of(const directory_entry& entry, const std::string& prefix) {
  if (entry.kind != entry_kind::directory || !entry.name.starts_with(prefix))
    return std::nullopt;
  const auto raw = crypto::from_base32(entry.name);
  return raw ? storage_index::from(*raw) : std::nullopt;
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

/// 0 for what cannot be looked at; whoever writes there hears why.
std::uint64_t device_of(file_system& files, const std::filesystem::path& directory) {
  const auto about = files.stamp(directory);
  return about ? about->device : 0;
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

std::optional<share_number> share_of(const directory_entry& entry) {
  std::uint8_t number = 0;
  const auto* end = entry.name.data() + entry.name.size();
  const auto [stop, failed] = std::from_chars(entry.name.data(), end, number);
  if (entry.kind != entry_kind::file || failed != std::errc{} || stop != end ||
      std::to_string(number) != entry.name)
    return std::nullopt;
  return share_number{number};
}

const readable_file* old_file_of(const open_slot& old, share_number share) {
  const auto found = old.shares.find(share);
  return found == old.shares.end() || !found->second ? nullptr : found->second->file.get();
}

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
    is_local_(files.is_local(shares_)), place_{&files, aside_, device_of(files, shares_)},
    lock_(std::move(lock)), memory_(limits.remembered_bytes_max), lift_(files, aside_, full_),
    spares_(files, limits.spare_bytes_max) {}

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
  if (auto done = fill(**out, image, old_file).and_then([&] { return (*out)->cut(image.size()); }); !done)
    return tl::unexpected(done.error());
  return out;
}

/// Makes it at `work`, or where that leads to then.
io_result<std::unique_ptr<writable_file>> disk_backend::write_new(path& work, const storage_index& slot,
                                                                  share_number share, const new_share& what,
                                                                  const readable_file* old_file) {
  return what.staged ? adopt(work, what) : write_spare(work, slot, share, what.image, old_file);
}

/// What was staged, with the rest written over it, under a second name: so that the change can be given up and made again.
io_result<std::unique_ptr<writable_file>> disk_backend::adopt(const path& work, const new_share& what) {
  auto& staged = dynamic_cast<file_aside&>(*what.staged);
  if (auto done = files_.link(staged.name(), work); !done)
    return tl::unexpected(done.error());
  auto out = staged.go_on();
  if (!out)
    return out;
  auto done = place_image(what.image, nullptr, [&out](std::uint64_t offset, byte_view piece) {
    return (*out)->write_at(offset, piece);
  });
  if (done)
    done = (*out)->cut(what.image.size());
  if (!done)
    return tl::unexpected(done.error());
  return out;
}

io_result<std::shared_ptr<staged_file>> disk_backend::stage() {
  if (auto there = in_place(); !there)
    return tl::unexpected(there.error());
  return file_aside::make(*this, free_name_aside());
}

bool disk_backend::is_prefix_there(const path& prefix) {
  const std::lock_guard lock(prefixes_mutex_);
  return prefixes_.contains(prefix.string());
}

void disk_backend::prefix_is_there(const path& prefix) {
  const std::lock_guard lock(prefixes_mutex_);
  prefixes_.insert(prefix.string());
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

io_result<void> disk_backend::apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) {
  changing one(*this, slot, old, plan);
  settle(place_, one);
  return one.result();
}

std::unique_ptr<slot_change> disk_backend::begin(const storage_index& slot, const open_slot& old,
                                                 const slot_plan& plan) {
  return std::make_unique<changing>(*this, slot, old, plan);
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
