#pragma once

#include "truckee/base/result.hpp"
#include "truckee/gbs/message.hpp"
#include "truckee/grid/slot.hpp"

#include <set>
#include <string>
#include <vector>

/// What a server's answers say. Whatever arrives is a value or a refusal; nothing of it is trusted.
namespace truckee::gbs {

/// Why an answer is not what was asked for.
enum class refusal_kind : std::uint8_t {
  unauthorized,      ///< the swissnum is not the server's
  bad_write_enabler, ///< the slot was made with another one; nothing was written
  not_found,         ///< no such share or slot
  not_taken,         ///< the server takes the request for wrong (4xx); nothing was done
  no_space,          ///< 507: nothing was written
  trouble,   ///< the server, or who stands before it, has troubles of its own (5xx): what it did is not known
  malformed, ///< an answer that makes no sense: what it did is not known
};

/// A server's refusal, or an answer that is none.
struct refusal {
  refusal_kind kind = refusal_kind::malformed;
  unsigned status = 0; ///< of HTTP
  std::string detail;  ///< for people: one line, names the field that is wrong
};

template <class T>
using answer = tl::expected<T, refusal>;

/// What a server says of itself.
struct server_version {
  std::string software; ///< e.g. "tahoe-lafs/1.20.0"; one line of visible text, empty where it does not tell
  std::uint64_t bytes_available = 0; ///< room for shares; 0 also where it takes none
  std::uint64_t mutable_share_bytes_max = 0;
};

answer<server_version> read_version(const response& x);

/// Numbers above 255 are left out: no share of a mutable file has one.
answer<std::set<share_number>> read_shares(const response& x);

/// The bytes of `range` that there are: fewer at the share's end, none after it. not_found: no such share.
answer<shared_bytes> read_range(const response& x, const grid::read_vector& range);

/// What a server says to a change: whether all tests passed, and what each share of the slot gave before it.
struct change_answer {
  bool success = false;
  grid::share_reads reads;
};

/// `reads` are those that the change asked for.
answer<change_answer> read_read_test_write(const response& x, const std::vector<grid::read_vector>& reads);

/// A lease was added or renewed; not_found: there is no share.
answer<void> read_lease(const response& x);

/// The advice was taken; not_found: there is no such share.
answer<void> read_corruption_advice(const response& x);

/// Whether all tests of `change` pass on what the server itself shows to have had: a server that then says that one failed
/// did not write for another reason, as Tahoe-LAFS's does whose disk is full. False where it does not show enough.
bool tests_hold(const grid::read_test_write& change, const grid::share_reads& shown);

} // namespace truckee::gbs
