#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/storage/disk_store.hpp"

#include <filesystem>
#include <memory>

/// Who takes part in bench/table.py: each is a process of its own that is told in lines what to do next, so that all are
/// asked in turn and what disturbs the machine disturbs all.
namespace truckee::bench {

/// Where files are kept, what of an acknowledged write is on the disk, and how files are spread.
struct place {
  std::filesystem::path home;
  storage::durability durability = storage::durability::none;
  std::size_t servers = 10; ///< in this process
  grid::spread shape = {3, 10, 7};
};

/// Servers in this process; without more words ten, 3 of 10. Has one file for each size that was created; whatever fails ends the process.
class side {
public:
  virtual ~side() = default;

  /// Makes the file of this size anew.
  virtual void create(const shared_bytes& content) = 0;
  /// Replaces the content of the file of this size.
  virtual void update(const shared_bytes& content) = 0;
  /// The content of the file of this size.
  virtual shared_bytes read(std::size_t size) = 0;
  /// So many updates of files of 1 KiB, each file's next one when its last one is acknowledged.
  virtual void flight(std::size_t files, std::size_t updates) = 0;
  /// How often a disk was asked so far to keep what was written.
  virtual std::uint64_t syncs() = 0;
};

/// One store by itself, with so many slots of one share of 1 KiB: what files cost that nobody asks for.
class crowd {
public:
  explicit crowd(const place& where);

  void fill(std::size_t slots);
  /// Of slots here and there.
  void update(std::size_t times);
  void read(std::size_t times);
  /// Closes the store and opens it.
  void reopen();

private:
  storage_index slot_of(std::size_t number) const;
  void write(std::size_t number, bool is_new);

  place where_;
  std::unique_ptr<storage::share_store> store_;
  std::size_t slots_ = 0;
  std::size_t next_ = 0;
};

/// The limit: the same cryptography, code and store calls one after the other, without actors, maps or surprises.
std::unique_ptr<side> loop_side(const place& where);
/// Truckee's client.
std::unique_ptr<side> client_side(const place& where);

/// One of those that the loop writes to.
std::unique_ptr<storage::share_store> open_store(const place& where, std::size_t number);

/// Same number, same bytes; they look random.
shared_bytes content_of(std::size_t size, std::uint64_t number);

/// What was wrong, and the end.
[[noreturn]] void give_up(const std::string& why);

} // namespace truckee::bench
