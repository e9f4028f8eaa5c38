#include "storage/fault_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <random>

namespace truckee::storage {

namespace {

constexpr std::size_t sector = 512;
constexpr std::uint64_t root = 0;

} // namespace

class fault_readable final : public readable_file {
public:
  fault_readable(fault_file_system& files, bytes content, std::filesystem::path name)
    : files_(files), content_(std::move(content)), name_(std::move(name)) {}

  std::uint64_t size() const override { return content_.size(); }

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
  bytes content_; // what it was when opened; files here are never written twice
  std::filesystem::path name_;
};

class fault_writable final : public writable_file {
public:
  fault_writable(fault_file_system& files, std::uint64_t inode, std::filesystem::path name)
    : files_(files), inode_(inode), generation_(files.generation_), name_(std::move(name)) {}

  io_result<void> append(byte_view data) override {
    const std::lock_guard lock(files_.mutex_);
    auto failure = begin("write");
    auto& content = files_.inodes_.at(inode_).data;
    // A write that fails may have written a part.
    const auto part = failure ? data.first(data.size() / 2) : data;
    if (generation_ == files_.generation_)
      content.insert(content.end(), part.begin(), part.end());
    if (failure)
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

fault_file_system::fault_file_system() {
  inodes_[root].directory = true;
}
fault_file_system::~fault_file_system() = default;

void fault_file_system::fail_call(std::uint64_t number, int code) {
  fail_at_ = calls_ + number;
  fail_code_ = code;
  fail_ever_after_ = false;
}

void fault_file_system::stop_at(std::uint64_t number, int code) {
  fail_call(number, code);
  fail_ever_after_ = true;
}

void fault_file_system::refuse_directory_syncs(std::uint64_t after, int code) {
  directory_sync_code_ = code;
  directory_syncs_left_ = after;
}

void fault_file_system::heal() {
  fail_at_.reset();
  directory_sync_code_.reset();
}
std::uint64_t fault_file_system::calls() const {
  return calls_;
}
std::uint64_t fault_file_system::syncs() const {
  return syncs_;
}
const std::string& fault_file_system::last_call() const {
  return last_call_;
}
void fault_file_system::set_available(std::uint64_t available) {
  available_ = available;
}

/// Counts a call; the failure it is to have, if one was planned.
std::optional<io_failure> fault_file_system::planned(const char* what, const path& where) {
  const auto number = calls_++;
  if (fail_at_ && (number == *fail_at_ || (fail_ever_after_ && number > *fail_at_))) {
    if (number == *fail_at_)
      last_call_ = std::string(what) + " " + where.string();
    return io_fail(fail_code_, what, where).value();
  }
  return std::nullopt;
}

/// Counts the call and walks to the directory that holds `where`.
io_result<fault_file_system::place> fault_file_system::locate(const char* what, const path& where) {
  if (auto failure = planned(what, where))
    return tl::unexpected(*failure);
  place out;
  out.target = root;
  for (const auto& part : where) {
    if (part == "/" || part.empty())
      continue;
    if (!out.target)
      return io_fail(ENOENT, what, where);
    out.directory = *out.target;
    const auto& directory = inodes_.at(out.directory);
    if (!directory.directory)
      return io_fail(ENOTDIR, what, where);
    out.name = part.string();
    const auto found = directory.names.find(out.name);
    out.target = found == directory.names.end() ? std::optional<inode_id>{} : found->second;
  }
  return out;
}

/// Changes names as programs see them, in one step that waits for its way to the disk.
void fault_file_system::change(step names) {
  for (const auto& one : names) {
    auto& directory = inodes_.at(one.directory).names;
    if (one.target)
      directory[one.name] = *one.target;
    else
      directory.erase(one.name);
  }
  pending_.push_back(std::move(names));
}

void fault_file_system::apply_to_disk(const step& names) {
  for (const auto& one : names) {
    auto& directory = inodes_.at(one.directory).names_on_disk;
    if (one.target)
      directory[one.name] = *one.target;
    else
      directory.erase(one.name);
  }
}

bool fault_file_system::conflicts(const step& a, const step& b) {
  return std::any_of(a.begin(), a.end(), [&b](const name_change& x) {
    return std::any_of(b.begin(), b.end(),
                       [&x](const name_change& y) { return x.directory == y.directory && x.name == y.name; });
  });
}

/// Brings the chosen steps to the disk, and every earlier one that concerns a same name.
void fault_file_system::settle(const std::vector<bool>& chosen) {
  auto goes = chosen;
  for (std::size_t i = pending_.size(); i-- > 0;)
    for (std::size_t j = 0; goes[i] && j < i; ++j)
      if (conflicts(pending_[j], pending_[i]))
        goes[j] = true;
  std::vector<step> waiting;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (goes[i])
      apply_to_disk(pending_[i]);
    else
      waiting.push_back(std::move(pending_[i]));
  }
  pending_ = std::move(waiting);
}

void fault_file_system::crash(survival what, std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  std::vector<bool> kept(pending_.size());
  const auto until = pending_.empty() ? 0 : random() % (pending_.size() + 1);
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = what == survival::everything || (what == survival::ordered && i < until) ||
              (what == survival::scattered && random() % 2 == 0);
  settle(kept);
  pending_.clear();
  for (auto& [id, one] : inodes_) {
    one.names = one.names_on_disk;
    if (what == survival::nothing || one.data.size() == one.on_disk.size()) {
      one.data = one.on_disk;
      continue;
    }
    if (what != survival::everything) {
      const auto unsynced = one.data.size() - one.on_disk.size();
      one.data.resize(one.on_disk.size() + random() % (unsynced + 1));
    }
    if (what == survival::scattered)
      for (std::size_t at = one.on_disk.size(); at < one.data.size(); at += sector)
        if (random() % 2 == 0)
          std::fill_n(one.data.begin() + static_cast<std::ptrdiff_t>(at),
                      std::min(sector, one.data.size() - at), std::byte{0});
    one.on_disk = one.data;
  }
  locks_.clear();
  heal();
  ++generation_;
}

std::unique_ptr<fault_file_system> fault_file_system::copy() const {
  const std::lock_guard lock(mutex_);
  auto out = std::make_unique<fault_file_system>();
  out->inodes_ = inodes_;
  out->next_inode_ = next_inode_;
  out->pending_ = pending_;
  out->available_ = available_;
  return out;
}

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
  return std::make_unique<fault_readable>(*this, found.data, file);
}

io_result<std::unique_ptr<writable_file>> fault_file_system::create(const path& file) {
  const std::lock_guard lock(mutex_);
  const auto at = locate("create", file);
  if (!at)
    return tl::unexpected(at.error());
  if (at->target)
    return io_fail(EEXIST, "create", file);
  const auto id = next_inode_++;
  inodes_[id] = {};
  change({{at->directory, at->name, id}});
  return std::make_unique<fault_writable>(*this, id, file);
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
  change({{first->directory, first->name, second->target}, {second->directory, second->name, first->target}});
  return {};
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
