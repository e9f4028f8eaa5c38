#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/storage/file_image.hpp"
#include "truckee/storage/share_store.hpp"

#include <optional>
#include <vector>

/// Tahoe-LAFS's mutable container, versions 1 and 2: one share with its write enabler and leases in one file.
/// Source: docs/formats.md sections 10 and 11.
///
///   0 magic 32 | 32 node id 20 | 52 write enabler 32 | 84 data length 8 | 92 offset of extra leases 8 |
///   100 four leases of 92 | 468 data ... | at the extra-lease offset: count 4, count leases of 92
namespace truckee::storage {

inline constexpr std::size_t container_head_size = 468; ///< everything before the data
inline constexpr std::size_t lease_record_size = 92;
inline constexpr std::size_t leases_in_head = 4;
/// How long a lease runs from its last renewal: 31 days.
inline constexpr std::uint64_t lease_seconds = 31 * 24 * 3600;

/// A container's generation, as the magic at its beginning tells.
enum class container_version : std::uint8_t { v1 = 1, v2 = 2 };

/// owner 4 (0: free) | expiry 4 | renew secret 32 | cancel secret 32 | node id 20; kept as found.
using lease_record = secret_bytes<struct lease_record_tag, lease_record_size>;

/// What the head of a container says.
struct container {
  container_version version = container_version::v2;
  server_id node; ///< of the server that recorded the write enabler
  server_secret write_enabler;
  std::uint64_t data_length = 0;
  std::uint64_t extra_leases_at = container_head_size; ///< absolute offset
  /// The four places of the head, then the extra ones, free places included. Only the four unless read with
  /// leases.
  std::vector<lease_record> places{leases_in_head};
};

/// The head alone: enough to read data. Errors: malformed, naming the field; io.
/// Afterwards 468 + data_length lies within the file and before the extra leases.
result<container> read_container_head(const readable_file& file);

/// Head and extra leases. Allocates no more than the file's size.
result<container> read_container(const readable_file& file);

/// How many of a share's first bytes are remembered: what a publish tests and reads back.
inline constexpr std::uint64_t remembered_beginning = 128;

/// What a store may remember of a share: everything but the data, and how the data begins.
struct share_facts {
  container content; ///< with its leases
  bytes beginning;   ///< the first bytes of the data; may be empty though there are some

  /// What read_data() would give, where that lies within the beginning.
  std::optional<shared_bytes> data(std::uint64_t offset, std::uint64_t length) const;
};

/// The places in use.
std::vector<lease> leases_of(const container& from);

/// `length` bytes of data from `offset`, cut at the data length; never a byte beyond it.
result<shared_bytes> read_data(const container& head, const readable_file& file, std::uint64_t offset,
                               std::uint64_t length);

/// How many bytes read_data() would give.
std::uint64_t readable_length(const container& head, std::uint64_t offset, std::uint64_t length);

/// What a disk writes wholly or not at all, power loss or no.
inline constexpr std::uint64_t sector_size = 512;

/// Bytes to write over those that a file has at the same place, within one sector.
struct file_patch {
  std::uint64_t offset = 0;
  shared_bytes data;
};

/// Changes to one container, kept as an image of the new file. Pure: reads and writes nothing itself.
class container_edit {
public:
  /// A new, empty container.
  container_edit(container_version version, const server_id& node, const server_secret& write_enabler);
  /// Changes one that exists; `from` was read with its leases.
  container_edit(container from, std::uint64_t file_size);

  /// Writes data; grows the container and fills a hole with zeros where needed. The caller has checked that
  /// offset + size is a sane length.
  void write(std::uint64_t offset, shared_bytes data);
  /// The data becomes what was staged in a file of so many bytes, at its place behind the head; leases stay.
  void adopt(std::uint64_t staged_size);
  /// Cuts the data; the file keeps its size. Above the present length: nothing.
  void truncate(std::uint64_t new_length);
  /// Gives up the room that earlier versions left behind the data, as Tahoe-LAFS never does: the file becomes as
  /// short as it can be.
  void compact();
  /// Renews the lease with this renew secret (never to an earlier time), or adds one.
  void renew_or_add_lease(const server_secret& renew, const server_secret& cancel, std::uint32_t expires,
                          const server_id& node);
  void add_lease(const server_secret& renew, const server_secret& cancel, std::uint32_t expires,
                 const server_id& node);
  /// Frees every place with this cancel secret; true if there was one.
  bool cancel_lease(const server_secret& cancel);

  const container& now() const { return now_; }
  /// Whether the file would differ from the one it began with.
  bool changed() const { return needs_new_file_ || lease_.has_value(); }
  /// Where nothing changed but one lease, in a place that the file has already: what to write over it. Takes no room, and
  /// leaves the share as it was or has the lease, whatever happens.
  std::optional<file_patch> in_place() const;
  /// The new file.
  file_image finish() const;
  /// What there is to remember of it.
  share_facts facts() const;

private:
  /// Where a lease was changed.
  struct lease_change {
    std::size_t place = 0;
    std::size_t first = 0; ///< of the record's bytes
    std::size_t length = 0;
  };

  void changed_lease(const lease_change& what);
  void grow(std::uint64_t data_end);
  server_secret stored(const server_secret& secret) const;

  container now_;
  file_image image_;
  bool needs_new_file_ = false;
  std::optional<lease_change> lease_; ///< the only change besides
};

} // namespace truckee::storage
