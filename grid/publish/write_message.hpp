#pragma once

#include "truckee/base/result.hpp"
#include "truckee/grid/publish/publish_message.hpp"

#include <map>

/// From planned shares to the bytes of a message, and from a server's answer to a typed outcome.
namespace truckee::grid {

/// The test on what is believed: (0, 57 or 41) = its checkstring; (0, 75) = the bytes seen; (0, 1) = "".
test_vector test_for(const belief& expected);

/// Whether the test passes on a share of which this is the beginning, long enough to see all that it looks at.
bool passes(const test_vector& test, byte_view share_start);

/// Each planned share with its tests; deletes have new length 0, and so have tests of an absent share, or the server would
/// make an empty one. errc::internal if a planned share was not encoded.
result<read_test_write> build_message(const publish_message& message, const share_contents& encoded,
                                      const storage_index& slot, const slot_secrets& secrets);

/// Bytes the message moves to the server; for deadlines and budgets.
std::uint64_t message_size(const read_test_write& message);

/// The re-read of a whole slot.
slot_read build_reread(const reread_message& message, const storage_index& slot);

/// Judges a hostile answer: counts, sizes, and whether it agrees with the tests that were sent, as far as they lie within
/// what was read back. An answer that says "written" although its own read-back fails a test, or "test failed" although
/// all pass, is malformed.
write_outcome judge_answer(const read_test_write& sent, const read_test_write_answer& answer);
/// Why a server does not take what is brought to it in pieces; nothing: it has the piece.
std::optional<write_outcome> judge_stage(const stage_answer& answer);
/// For errors of the transport: `sent` tells whether the message may have reached the server.
write_outcome transport_failure(bool sent, std::string detail);
reread_outcome judge_reread(const reread_message& message, const slot_read_answer& answer);

} // namespace truckee::grid
