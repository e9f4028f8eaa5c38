#pragma once

#include "truckee/base/executor.hpp"
#include "truckee/storage/share_store.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace truckee::storage {

/// Writes to the stores of one disk on their way to it together: while the disk is asked for some, others come, and the next
/// time it is asked for all of them at once. Any thread may call.
class group_commit : public std::enable_shared_from_this<group_commit> {
public:
  using store_ptr = std::shared_ptr<share_store>;
  using done = std::function<void(grid::read_test_write_answer)>;
  /// How many writes were answered, and how often the disk was asked meanwhile.
  using told = std::function<void(std::size_t writes, std::uint64_t syncs)>;

  /// `pool` is where the disk is waited for. At most `open_max` writes are begun and not at their end: each has a file open or two.
  group_commit(std::shared_ptr<executor> pool, std::size_t open_max, told tell);

  /// Begins it here, unless too many are begun already, and answers from one of the pool's threads.
  void write(store_ptr store, grid::read_test_write request, done answer);

private:
  struct entry {
    store_ptr store; ///< longer than what it began
    grid::read_test_write request;
    done answer;
    std::unique_ptr<slot_write> began = nullptr; ///< null: waits for its beginning
  };

  bool enter();
  void queue(entry what);
  void run();
  bool gather(std::vector<entry>& under_way);
  std::size_t answer_ended(std::vector<entry>& under_way);

  const std::shared_ptr<executor> pool_;
  const std::size_t open_max_;
  const told tell_;
  std::mutex mutex_;
  std::vector<entry> came_;   ///< begun, not yet part of a group
  std::deque<entry> waiting_; ///< not begun
  std::size_t open_ = 0;      ///< begun and not at their end
  bool runs_ = false;
};

/// The groups of a process, one a disk.
class group_commits {
public:
  explicit group_commits(
      std::shared_ptr<executor> pool, group_commit::told tell = [](std::size_t, std::uint64_t) {});

  std::shared_ptr<group_commit> of(const disk_place& at);

private:
  const std::shared_ptr<executor> pool_;
  const group_commit::told tell_;
  const std::size_t open_max_;
  std::mutex mutex_;
  std::map<std::pair<const file_system*, std::uint64_t>, std::shared_ptr<group_commit>> groups_;
};

} // namespace truckee::storage
