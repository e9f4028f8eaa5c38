#pragma once

#include "truckee/grid/slot.hpp"
#include "truckee/storage/file_system.hpp"

#include <span>

namespace truckee::storage {

/// Where files lie that reach the disk together.
struct disk_place {
  file_system* files = nullptr;
  std::filesystem::path held; ///< a directory there that its owner holds (file_system::hold)
  std::uint64_t device = 0;   ///< places with the same one are on one disk
};

/// A change in steps: what it wishes must be on the disk before the next one, so that whoever carries several of them through
/// asks the disk once for all.
class staged_change {
public:
  staged_change() = default;
  staged_change(const staged_change&) = delete;
  staged_change& operator=(const staged_change&) = delete;
  virtual ~staged_change() = default;

  /// None: it is at its end.
  virtual std::span<const sync_wish> wishes() const = 0;
  /// Goes on once they are fulfilled, or says why they are not.
  virtual void next(io_result<void> fulfilled) = 0;
};

/// A change of one slot's files, as a backend makes it.
class slot_change : public staged_change {
public:
  /// At its end: done, or all is as it was.
  virtual io_result<void> result() = 0;
};

/// A read_test_write on its way.
class slot_write : public staged_change {
public:
  /// At its end; once.
  virtual grid::read_test_write_answer answer() = 0;
};

/// One step of each of these changes at once, all of whose files lie at one place: their wishes are fulfilled together. How often
/// the disk was asked.
std::uint64_t go_on(const disk_place& at, std::span<staged_change* const> changes);

/// Takes a change to its end, alone.
void settle(const disk_place& at, staged_change& change);

} // namespace truckee::storage
