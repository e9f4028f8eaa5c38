#include "storage/fault_file_system.hpp"

#include <algorithm>
#include <cerrno>

namespace truckee::storage {

class fault_readable final : public readable_file {
public:
  fault_readable(fault_file_system& files, bytes content, const file_stamp& stamp, std::filesystem::path name)
    : files_(files), content_(std::move(content)), stamp_(stamp), name_(std::move(name)),
      generation_(files.generation_) {
    ++files_.inodes_.at(stamp_.inode).readers;
  }
  fault_readable(const fault_readable&) = delete;
  fault_readable& operator=(const fault_readable&) = delete;
  ~fault_readable() override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ == files_.generation_)
      --files_.inodes_.at(stamp_.inode).readers;
  }

  std::uint64_t size() const override { return content_.size(); }
  file_stamp stamp() const override { return stamp_; }

  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    const std::lock_guard lock(files_.mutex_);
    if (auto failure = files_.planned("read", name_))
      return tl::unexpected(*failure);
    if (offset > content_.size() || out.size() > content_.size() - offset)
      return io_fail(EIO, "read beyond the end of", name_);
    const auto from = byte_view(content_).subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(from.begin(), from.end(), out.begin());
    return {};
  }

private:
  fault_file_system& files_;
  bytes content_; // what it was when opened; nobody writes anew into a file that is open
  file_stamp stamp_;
  std::filesystem::path name_;
  std::uint64_t generation_;
};

class fault_writable final : public writable_file {
public:
  fault_writable(fault_file_system& files, std::uint64_t inode, std::filesystem::path name)
    : files_(files), inode_(inode), generation_(files.generation_), name_(std::move(name)) {}

  io_result<void> append(byte_view data) override {
    const std::lock_guard lock(files_.mutex_);
    auto failure = begin("write");
    if (!failure && files_.full_)
      failure = io_fail(ENOSPC, "write", name_).value();
    auto& content = files_.inodes_.at(inode_).data;
    ++files_.inodes_.at(inode_).version;
    // A write that fails may have written a part.
    const auto part = failure ? data.first(data.size() / 2) : data;
    if (generation_ == files_.generation_) {
      content.resize(std::max(content.size(), written_ + part.size()));
      std::copy(part.begin(), part.end(), content.begin() + static_cast<std::ptrdiff_t>(written_));
      written_ += part.size();
      files_.bytes_written_ += part.size();
    }
    if (failure)
      return tl::unexpected(*failure);
    return {};
  }

  io_result<void> write_at(std::uint64_t offset, byte_view data) override {
    const std::lock_guard lock(files_.mutex_);
    const auto appended = std::exchange(written_, static_cast<std::size_t>(offset));
    auto done = append(data);
    written_ = appended;
    return done;
  }

  io_result<void> cut(std::uint64_t size) override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ == files_.generation_ && files_.inodes_.at(inode_).data.size() <= size)
      return {}; // no call of the system
    if (auto failure = begin("cut"))
      return tl::unexpected(*failure);
    files_.inodes_.at(inode_).data.resize(static_cast<std::size_t>(size));
    return {};
  }

  io_result<void> write_out(std::uint64_t, std::uint64_t) override {
    const std::lock_guard lock(files_.mutex_);
    if (auto failure = begin("write out"))
      return tl::unexpected(*failure);
    return {};
  }

  io_result<void> sync() override {
    const std::lock_guard lock(files_.mutex_);
    if (auto failure = begin("sync"))
      return tl::unexpected(*failure);
    ++files_.syncs_;
    auto& file = files_.inodes_.at(inode_);
    file.on_disk = file.data;
    return {};
  }

  io_result<file_stamp> stamp() override {
    const std::lock_guard lock(files_.mutex_);
    if (auto failure = begin("look at"))
      return tl::unexpected(*failure);
    return files_.stamp_of(inode_);
  }

  io_result<void> close() override {
    const std::lock_guard lock(files_.mutex_);
    if (auto failure = begin("close"))
      return tl::unexpected(*failure);
    return {};
  }

private:
  std::optional<io_failure> begin(const char* what) {
    if (generation_ != files_.generation_)
      return io_failure{EIO, "the file was opened before the crash"};
    return files_.planned(what, name_);
  }

  fault_file_system& files_;
  std::uint64_t inode_;
  std::uint64_t generation_;
  std::filesystem::path name_;
  std::size_t written_ = 0;
};

class fault_lock final : public file_lock {
public:
  fault_lock(fault_file_system& files, std::string name)
    : files_(files), name_(std::move(name)), generation_(files.generation_) {}
  fault_lock(const fault_lock&) = delete;
  fault_lock& operator=(const fault_lock&) = delete;
  ~fault_lock() override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ == files_.generation_)
      files_.locks_.erase(name_);
  }

private:
  fault_file_system& files_;
  std::string name_;
  std::uint64_t generation_;
};

io_result<std::unique_ptr<readable_file>> fault_file_system::open(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("open", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "open", file);
  const auto& found = inodes_.at(*at->target);
  if (found.directory)
    return io_fail(EISDIR, "open", file);
  return std::make_unique<fault_readable>(*this, found.data, stamp_of(*at->target), file);
}

io_result<file_stamp> fault_file_system::stamp(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("look at", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "look at", file);
  return stamp_of(*at->target);
}

file_stamp fault_file_system::stamp_of(inode_id id) const {
  const auto& what = inodes_.at(id);
  return {what.directory ? entry_kind::directory : entry_kind::file,
          0,
          id,
          what.data.size(),
          what.version,
          what.version};
}

io_result<std::unique_ptr<writable_file>> fault_file_system::create(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("create", file);
  if (!at)
    return tl::unexpected(at.error());
  if (at->target)
    return io_fail(EEXIST, "create", file);
  if (full_)
    return io_fail(ENOSPC, "create", file);
  const auto id = next_inode_++;
  inodes_[id] = {};
  change({{at->directory, at->name, id}});
  return std::make_unique<fault_writable>(*this, id, file);
}

io_result<std::unique_ptr<writable_file>> fault_file_system::reuse(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("write anew", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "write anew", file);
  const auto& found = inodes_.at(*at->target);
  std::size_t names = 0;
  for (const auto& [id, directory] : inodes_)
    for (const auto& [name, target] : directory.names)
      names += target == *at->target ? 1 : 0;
  if (found.directory || found.readers > 0 || names != 1)
    return io_fail(EBUSY, "write anew", file);
  return std::make_unique<fault_writable>(*this, *at->target, file);
}

io_result<std::unique_ptr<writable_file>> fault_file_system::go_on(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("go on with", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "go on with", file);
  if (inodes_.at(*at->target).directory)
    return io_fail(EISDIR, "go on with", file);
  return std::make_unique<fault_writable>(*this, *at->target, file);
}

io_result<void> fault_file_system::overwrite(const path& file, std::uint64_t offset, byte_view data,
                                             bool lasting) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("write over", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "write over", file);
  auto& found = inodes_.at(*at->target);
  if (found.directory || offset + data.size() > found.data.size())
    return io_fail(EIO, "write beyond the end of", file);
  std::copy(data.begin(), data.end(), found.data.begin() + static_cast<std::ptrdiff_t>(offset));
  ++found.version;
  if (!lasting)
    return {};
  if (auto failure = planned("sync", file))
    return tl::unexpected(*failure);
  ++syncs_;
  found.on_disk = found.data;
  return {};
}

io_result<std::vector<directory_entry>> fault_file_system::list(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("list", directory);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "list", directory);
  const auto& found = inodes_.at(*at->target);
  if (!found.directory)
    return io_fail(ENOTDIR, "list", directory);
  std::vector<directory_entry> out;
  for (const auto& [name, id] : found.names)
    out.push_back({name, inodes_.at(id).directory ? entry_kind::directory : entry_kind::file});
  return out;
}

io_result<void> fault_file_system::make_directory(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("make", directory);
  if (!at)
    return tl::unexpected(at.error());
  if (at->target)
    return io_fail(EEXIST, "make", directory);
  if (full_)
    return io_fail(ENOSPC, "make", directory);
  const auto id = next_inode_++;
  inodes_[id].directory = true;
  change({{at->directory, at->name, id}});
  return {};
}

io_result<void> fault_file_system::remove_file(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("remove", file);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "remove", file);
  if (inodes_.at(*at->target).directory)
    return io_fail(EISDIR, "remove", file);
  change({{at->directory, at->name, std::nullopt}});
  return {};
}

io_result<void> fault_file_system::remove_directory(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("remove", directory);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "remove", directory);
  if (!inodes_.at(*at->target).names.empty())
    return io_fail(ENOTEMPTY, "remove", directory);
  change({{at->directory, at->name, std::nullopt}});
  return {};
}

io_result<void> fault_file_system::link(const path& file, const path& second) {
  const std::lock_guard lock(mutex_);
  const auto from = locate("link", file);
  if (!from)
    return tl::unexpected(from.error());
  --calls_; // both names are one call
  const auto to = locate("link", second);
  if (!to)
    return tl::unexpected(to.error());
  if (!from->target)
    return io_fail(ENOENT, "link", file);
  if (to->target)
    return io_fail(EEXIST, "link", second);
  change({{to->directory, to->name, from->target}});
  return {};
}

io_result<void> fault_file_system::move(const path& from, const path& to) {
  const std::lock_guard lock(mutex_);
  const auto source = locate("move", from);
  if (!source)
    return tl::unexpected(source.error());
  --calls_;
  const auto target = locate("move", to);
  if (!target)
    return tl::unexpected(target.error());
  if (!source->target)
    return io_fail(ENOENT, "move", from);
  if (target->target)
    return io_fail(EEXIST, "move", to);
  if (is_immovable(*source->target))
    return io_fail(EXDEV, "move", from);
  change(
      {{source->directory, source->name, std::nullopt}, {target->directory, target->name, source->target}});
  return {};
}

io_result<void> fault_file_system::exchange(const path& a, const path& b) {
  const std::lock_guard lock(mutex_);
  const auto first = locate("exchange", a);
  if (!first)
    return tl::unexpected(first.error());
  --calls_;
  const auto second = locate("exchange", b);
  if (!second)
    return tl::unexpected(second.error());
  if (!first->target || !second->target)
    return io_fail(ENOENT, "exchange", first->target ? b : a);
  if (is_immovable(*first->target) || is_immovable(*second->target))
    return io_fail(EXDEV, "exchange", b);
  change({{first->directory, first->name, second->target}, {second->directory, second->name, first->target}});
  return {};
}

io_result<void> fault_file_system::replace(const path& from, const path& empty) {
  const std::lock_guard lock(mutex_);
  const auto source = locate("replace", from);
  if (!source)
    return tl::unexpected(source.error());
  --calls_;
  const auto target = locate("replace", empty);
  if (!target)
    return tl::unexpected(target.error());
  if (!source->target)
    return io_fail(ENOENT, "replace", from);
  if (is_immovable(*source->target))
    return io_fail(EXDEV, "replace", from);
  if (target->target && !inodes_.at(*target->target).names.empty())
    return io_fail(ENOTEMPTY, "replace", empty);
  change(
      {{source->directory, source->name, std::nullopt}, {target->directory, target->name, source->target}});
  return {};
}

bool fault_file_system::is_immovable(inode_id id) const {
  const auto& what = inodes_.at(id);
  return what.directory && what.lower;
}

io_result<void> fault_file_system::sync_directory(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("sync", directory);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->target)
    return io_fail(ENOENT, "sync", directory);
  if (directory_sync_code_ && directory_syncs_left_-- == 0) {
    directory_syncs_left_ = 0;
    return io_fail(*directory_sync_code_, "sync", directory);
  }
  ++syncs_;
  std::vector<bool> chosen;
  for (const auto& one : pending_)
    chosen.push_back(std::any_of(one.begin(), one.end(),
                                 [&at](const name_change& name) { return name.directory == *at->target; }));
  settle(chosen);
  return {};
}

synced fault_file_system::sync_together(const path& held, std::span<const sync_wish> wishes) {
  if (before_sync_)
    before_sync_();
  if (!whole_ || wishes.size() < 2)
    return file_system::sync_together(held, wishes);
  const auto done = sync_all(held);
  return {std::vector<io_result<void>>(wishes.size(), done), 1};
}

io_result<void> fault_file_system::sync_all(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("sync the file system of", directory);
  if (!at)
    return tl::unexpected(at.error());
  settle(std::vector<bool>(pending_.size(), true));
  for (auto& [id, one] : inodes_)
    one.on_disk = one.data;
  return {};
}

io_result<std::uint64_t> fault_file_system::available_bytes(const path& directory) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("ask the space of", directory);
  if (!at)
    return tl::unexpected(at.error());
  return available_;
}

io_result<std::unique_ptr<file_lock>> fault_file_system::lock(const path& file) {
  const std::lock_guard lock(mutex_);
  if (auto failure = planned("lock", file))
    return tl::unexpected(*failure);
  if (!locks_.insert(file.string()).second)
    return tl::unexpected(io_failure{EWOULDBLOCK, file.string() + " is locked by process (this one)"});
  return std::make_unique<fault_lock>(*this, file.string());
}

} // namespace truckee::storage
