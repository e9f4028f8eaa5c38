#include "truckee/storage/staging_book.hpp"

#include <algorithm>
#include <vector>

namespace truckee::storage {

std::shared_ptr<staged_file> staging_book::find(const staging_name& name, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return nullptr;
  found->second.used_at = now;
  return found->second.file;
}

bool staging_book::is_full() {
  const std::lock_guard lock(mutex_);
  return entries_.size() >= count_max_;
}

bool staging_book::add(const staging_name& name, std::shared_ptr<staged_file> file, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  return entries_.size() < count_max_ && entries_.emplace(name, entry{std::move(file), now}).second;
}

void staging_book::let_go(const staging_name& name) {
  entries gone; // removing a large file takes its time: not under the lock
  const std::lock_guard lock(mutex_);
  if (auto node = entries_.extract(name))
    gone.insert(std::move(node));
}

/// Whoever holds one besides the book got it under the lock.
bool staging_book::is_idle(const entry& one, std::uint64_t now, std::uint64_t idle_seconds) {
  return one.file.use_count() == 1 && now >= one.used_at && now - one.used_at >= idle_seconds;
}

bool staging_book::let_go_oldest(std::uint64_t now, std::uint64_t idle_seconds) {
  std::shared_ptr<staged_file> gone;
  const std::lock_guard lock(mutex_);
  auto oldest = entries_.end();
  for (auto one = entries_.begin(); one != entries_.end(); ++one)
    if (is_idle(one->second, now, idle_seconds) &&
        (oldest == entries_.end() || one->second.used_at < oldest->second.used_at))
      oldest = one;
  if (oldest == entries_.end())
    return false;
  gone = std::move(oldest->second.file);
  entries_.erase(oldest);
  return true;
}

void staging_book::let_go_idle(std::uint64_t now, std::uint64_t idle_seconds) {
  std::vector<std::shared_ptr<staged_file>> gone;
  const std::lock_guard lock(mutex_);
  for (auto one = entries_.begin(); one != entries_.end();) {
    one->second.used_at = std::min(one->second.used_at, now);
    if (!is_idle(one->second, now, idle_seconds)) {
      ++one;
      continue;
    }
    gone.push_back(std::move(one->second.file));
    one = entries_.erase(one);
  }
}

std::size_t staging_book::size() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

} // namespace truckee::storage
