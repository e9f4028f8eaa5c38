#include "storage/fault_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <random>

/// What the failing file system keeps: names, data, what of both is on the disk, and what a crash leaves.
namespace truckee::storage {

namespace {

constexpr std::size_t sector = 512;
constexpr std::uint64_t root = 0;

} // namespace

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
std::uint64_t fault_file_system::calls(const std::string& of) const {
  const auto found = calls_by_name_.find(of);
  return found == calls_by_name_.end() ? 0 : found->second;
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
void fault_file_system::fill(bool full) {
  full_ = full;
}
void fault_file_system::sink_into_a_lower_layer() {
  for (auto& [id, one] : inodes_)
    one.lower = true;
}

/// Counts a call; the failure it is to have, if one was planned.
std::optional<io_failure> fault_file_system::planned(const char* what, const path& where) {
  const auto number = calls_++;
  ++calls_by_name_[what];
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
    ++inodes_.at(one.directory).version;
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
    one.readers = 0;
    one.names = one.names_on_disk;
    if (what == survival::nothing) {
      one.data = one.on_disk;
      continue;
    }
    // What was written over in place: each sector is the old or the new one.
    const auto shared = std::min(one.data.size(), one.on_disk.size());
    for (std::size_t at = 0; what != survival::everything && at < shared; at += sector)
      if (random() % 2 == 0)
        std::copy_n(one.on_disk.begin() + static_cast<std::ptrdiff_t>(at), std::min(sector, shared - at),
                    one.data.begin() + static_cast<std::ptrdiff_t>(at));
    if (one.data.size() == one.on_disk.size()) {
      one.on_disk = one.data;
      continue;
    }
    if (one.data.size() < one.on_disk.size()) { // its end may be the old one still
      if (what != survival::everything && random() % 2 == 0)
        one.data.insert(one.data.end(), one.on_disk.begin() + static_cast<std::ptrdiff_t>(one.data.size()),
                        one.on_disk.end());
      one.on_disk = one.data;
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
  for (auto& [id, one] : out->inodes_)
    one.readers = 0;
  out->next_inode_ = next_inode_;
  out->pending_ = pending_;
  out->available_ = available_;
  out->full_ = full_;
  out->whole_ = whole_;
  return out;
}

} // namespace truckee::storage
