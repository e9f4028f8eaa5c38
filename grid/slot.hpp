#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/base/words.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is said about one slot (one storage index on one server): read, test and set. Source:
/// docs/formats.md section 12.
namespace truckee::grid {

/// `length` bytes from `offset` of a share; cut where the share ends.
struct read_vector {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const read_vector&, const read_vector&) = default;
};

/// Passes when reading (offset, length) gives exactly `specimen`. (0, 1, "") passes only where there are no
/// bytes.
struct test_vector {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  shared_bytes specimen;
  friend bool operator==(const test_vector&, const test_vector&) = default;
};

/// Bytes to be written from `offset` of a share on; what lies between its end and them becomes zeros.
struct write_vector {
  std::uint64_t offset = 0;
  shared_bytes data;
  friend bool operator==(const write_vector&, const write_vector&) = default;
};

/// Tests on, and changes to, one share. A change may carry tests only.
struct share_change {
  share_number share;
  std::vector<test_vector> tests;
  std::vector<write_vector> writes;
  /// 0 deletes the share; below the present length truncates; above does nothing.
  std::optional<std::uint64_t> new_length;
  /// The share becomes what was staged for it under this name, with `writes` over it; nothing of the one that is there stays.
  std::optional<staging_id> staged = std::nullopt;
  friend bool operator==(const share_change&, const share_change&) = default;
};

/// What entitles a client to write to a slot and to hold a lease on it.
struct slot_secrets {
  server_secret write_enabler;
  server_secret lease_renew;
  server_secret lease_cancel;
};

/// Brings bytes of a share to be, which nobody sees until a read_test_write makes a share of them: too large for one message.
/// Pieces may come in any order, and again.
struct stage_piece {
  storage_index slot;
  share_number share;
  staging_id staging;
  write_vector piece;  ///< what lies between the end and it becomes zeros; as a share's
  bool let_go = false; ///< instead: what was staged under this name is needed no more
};

/// All tests must pass or nothing is written; all writes land together or none.
struct read_test_write {
  storage_index slot;
  slot_secrets secrets;
  std::vector<share_change> changes; ///< at most one per share
  std::vector<read_vector> reads;    ///< applied to every share of the slot, before the writes
};

/// The bytes each share gave for each read vector, in the order asked.
using share_reads = std::map<share_number, std::vector<shared_bytes>>;

/// How a store answered.
enum class storage_status : std::uint8_t {
  ok,                ///< done
  test_failed,       ///< a test did not pass; nothing was written
  bad_write_enabler, ///< the slot was made with another write enabler; nothing was written
  no_space,          ///< it would not fit; nothing was written
  too_large,         ///< a limit on share size, slots or vectors; nothing was written
  read_only,         ///< the store takes no writes
  refused,           ///< a policy of the server
  malformed,         ///< the request makes no sense (two changes of one share, an absurd offset)
  corrupt,           ///< what is on disk does not parse as a container
  io_error,          ///< the operating system said no; nothing was written
  not_found,         ///< no share of that slot (leases); nothing staged under that name (read_test_write)
};
inline constexpr std::uint8_t storage_status_count = static_cast<std::uint8_t>(storage_status::not_found) + 1;

inline constexpr std::array<std::string_view, storage_status_count> storage_status_words{
    "ok",      "test_failed", "bad_write_enabler", "no_space", "too_large", "read_only",
    "refused", "malformed",   "corrupt",           "io_error", "not_found"};
static_assert(are_words(storage_status_words, storage_status::not_found));
/// The word for programs, e.g. "test_failed".
constexpr std::string_view to_word(storage_status status) {
  return word_in(storage_status_words, status);
}
/// For people, e.g. "test failed".
std::string_view to_string(storage_status status);

/// The answer to read_test_write. `reads` is filled for ok and test_failed.
struct read_test_write_answer {
  storage_status status = storage_status::ok;
  share_reads reads;
  std::uint64_t bytes_available = 0;      ///< with no_space
  std::optional<server_id> recorded_node; ///< with bad_write_enabler: who recorded the enabler
  std::string detail;                     ///< for people
};

/// The answer to stage_piece: ok, it is kept for the time being. With anything else, what was brought under this name may be gone.
struct stage_answer {
  storage_status status = storage_status::ok;
  std::uint64_t bytes_available = 0; ///< with no_space
  std::string detail;                ///< for people
};

/// Asks for bytes of a slot's shares; changes nothing.
struct slot_read {
  storage_index slot;
  std::vector<share_number> shares; ///< empty: all of the slot
  std::vector<read_vector> reads;
};

/// The answer to slot_read: what could be read, and what could not.
struct slot_read_answer {
  storage_status status = storage_status::ok;
  share_reads reads;
  /// Shares that are there but could not be read, with the reason.
  std::map<share_number, std::string> damaged;
  std::string detail;
};

/// What a storage server says of itself.
struct store_info {
  server_id id;
  std::string software;   ///< e.g. "truckee/0.1.0"
  bytes permutation_seed; ///< placement order; the id's 20 bytes unless configured
  bool read_only = false;
  std::uint64_t bytes_available = 0;
  std::uint64_t share_bytes_max = 0;
  std::uint64_t slots = 0;
};

} // namespace truckee::grid
