#pragma once

#include "truckee/base/result.hpp"
#include "truckee/gbs/message.hpp"
#include "truckee/grid/slot.hpp"

/// What a client asks of a storage server, byte for byte as Tahoe-LAFS's own client does, but for the offer to take
/// compressed answers, which this one does not make: a share does not shrink, and a bound on a body would not be one.
namespace truckee::gbs {

/// What a server can do and how much room it has.
request ask_version(const secret_text& swissnum);

/// Which shares of a slot a server has.
request ask_shares(const secret_text& swissnum, const storage_index& slot);

/// Bytes of one share. `range.length` must not be 0: HTTP has no empty range.
result<request> ask_range(const secret_text& swissnum, const storage_index& slot, share_number share,
                          const grid::read_vector& range);

/// Errors (too_large): more shares, tests or reads than a server takes.
result<request> ask_read_test_write(const secret_text& swissnum, const grid::read_test_write& change);

/// A lease on every share of a slot.
request ask_lease(const secret_text& swissnum, const storage_index& slot, const server_secret& renew,
                  const server_secret& cancel);

/// Tells that a share does not verify, and why, in UTF-8. Errors (too_large): the reason is empty or too long.
result<request> ask_corruption_advice(const secret_text& swissnum, const storage_index& slot,
                                      share_number share, std::string_view reason);

/// The body of a read-test-write, in pieces; shares are not copied.
std::vector<shared_bytes> body_of(const grid::read_test_write& change);

} // namespace truckee::gbs
