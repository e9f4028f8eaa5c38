#pragma once

#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/slot.hpp"

#include <map>

/// From planned shares to the bytes of a message, and from a server's answer to a typed outcome.
namespace truckee::grid {

/// The signed prefix of every share of the slot: (0, 75).
read_vector prefix_read();

/// The test on what is believed: (0, 57 or 41) = its checkstring; (0, 75) = the bytes seen; (0, 1) = "".
test_vector test_for(const belief& expected);

/// The whole share at offset 0, with its test, no new length; deletes have new length 0. errc::internal if a
/// planned share was not encoded.
result<read_test_write> build_message(const publish_message& message,
                                      const std::map<share_number, shared_bytes>& encoded,
                                      const storage_index& slot, const slot_secrets& secrets);

/// Bytes the message moves to the server; for deadlines and budgets.
std::uint64_t message_size(const read_test_write& message);

/// The re-read of a whole slot.
slot_read build_reread(const storage_index& slot);

/// Judges a hostile answer: counts, sizes, and whether it agrees with the tests that were sent. An answer
/// that says "written" although its own read-back fails a test, or "test failed" although all pass, is
/// malformed.
write_outcome judge_answer(const read_test_write& sent, const read_test_write_answer& answer);
/// For errors of the transport: `sent` tells whether the message may have reached the server.
write_outcome transport_failure(bool sent, std::string detail);
reread_outcome judge_reread(const slot_read_answer& answer);

} // namespace truckee::grid
