#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/storage/disk_store.hpp"

#include <filesystem>
#include <memory>

/// Who takes part in bench/table.py: each is a process of its own that is told in lines what to do next, so that all are
/// asked in turn and what disturbs the machine disturbs all.
namespace truckee::bench {

/// Where files are kept, and what of an acknowledged write is on the disk.
struct place {
  std::filesystem::path home;
  storage::durability durability = storage::durability::none;
};

/// Ten servers in this process, 3 of 10. Has one file for each size that was created; whatever fails ends the process.
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
};

/// The limit: the same cryptography, code and store calls one after the other, without actors, maps or surprises.
std::unique_ptr<side> loop_side(const place& where);
/// Truckee's client.
std::unique_ptr<side> client_side(const place& where);

/// Same number, same bytes; they look random.
shared_bytes content_of(std::size_t size, std::uint64_t number);

/// What was wrong, and the end.
[[noreturn]] void give_up(const std::string& why);

} // namespace truckee::bench
