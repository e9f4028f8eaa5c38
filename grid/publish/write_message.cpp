#include "truckee/grid/publish/write_message.hpp"

#include <algorithm>

namespace truckee::grid {

test_vector test_for(const belief& expected) {
  if (const auto* version = std::get_if<file_version>(&expected)) {
    auto specimen = pack_checkstring(*version);
    const auto size = specimen.size();
    return {0, size, shared_bytes(std::move(specimen))};
  }
  if (const auto* bad = std::get_if<bad_share>(&expected); bad && !bad->seen.empty())
    return {0, std::max(prefix_read_size, bad->seen.size()), shared_bytes::copy_of(bad->seen)};
  return {0, 1, shared_bytes()};
}

namespace {

result<share_change> change_for(const planned_share& planned, const share_contents& encoded) {
  share_change out;
  out.share = planned.share;
  out.tests.push_back(test_for(planned.expect));
  out.tests.insert(out.tests.end(), planned.also.begin(), planned.also.end());
  switch (planned.step) {
  case share_step::write: {
    const auto share = encoded.find(planned.share);
    if (share == encoded.end())
      return fail(errc::internal, "share " + std::to_string(planned.share.value) + " was never encoded");
    out.writes = share->second.writes;
    out.staged = share->second.staged;
    if (planned.exact)
      out.new_length = share->second.length;
    break;
  }
  case share_step::patch:
    out.writes = planned.bytes;
    break;
  case share_step::remove:
    out.new_length = 0;
    break;
  case share_step::test_only:
    if (std::holds_alternative<no_share>(planned.expect))
      out.new_length = 0;
    break;
  }
  return out;
}

} // namespace

result<read_test_write> build_message(const publish_message& message, const share_contents& encoded,
                                      const storage_index& slot, const slot_secrets& secrets) {
  read_test_write out{slot, secrets, {}, {message.read_back}};
  out.changes.reserve(message.shares.size());
  for (const auto& planned : message.shares) {
    auto change = change_for(planned, encoded);
    if (!change)
      return tl::unexpected(change.error());
    out.changes.push_back(std::move(*change));
  }
  return out;
}

std::uint64_t message_size(const read_test_write& message) {
  // Names, numbers and secrets around the payload; an estimate for deadlines needs no more.
  constexpr std::uint64_t envelope = 256;
  std::uint64_t size = envelope;
  for (const auto& change : message.changes) {
    for (const auto& test : change.tests)
      size += test.specimen.size();
    for (const auto& write : change.writes)
      size += write.data.size();
  }
  return size;
}

slot_read build_reread(const reread_message& message, const storage_index& slot) {
  return {slot, {}, {message.read_back}};
}

bool passes(const test_vector& test, byte_view share_start) {
  const auto from = share_start.subspan(std::min<std::uint64_t>(share_start.size(), test.offset));
  return equal(from.first(std::min<std::uint64_t>(from.size(), test.length)), test.specimen.view());
}

namespace {

/// The first bytes of each share; nothing if the answer's shape is not what was asked for.
std::optional<std::map<share_number, bytes>> beginnings(const share_reads& reads, const read_vector& asked,
                                                        std::string& why) {
  std::map<share_number, bytes> out;
  for (const auto& [share, parts] : reads) {
    if (share.value == 255) {
      why = "share number 255 cannot be";
      return std::nullopt;
    }
    if (parts.size() != 1 || parts.front().size() > asked.length) {
      why = "share " + std::to_string(share.value) + " was not read as asked";
      return std::nullopt;
    }
    out.emplace(share, to_bytes(parts.front().view()));
  }
  return out;
}

struct test_results {
  bool all_pass = true; ///< of those that lie within what was read back
  bool all_seen = true;
};

test_results results_of(const read_test_write& sent, const std::map<share_number, bytes>& found) {
  const auto& seen = sent.reads.front();
  test_results out;
  for (const auto& change : sent.changes) {
    const auto share = found.find(change.share);
    const byte_view start = share == found.end() ? byte_view{} : byte_view{share->second};
    for (const auto& test : change.tests) {
      if (test.offset + test.length > seen.length)
        out.all_seen = false;
      else
        out.all_pass = out.all_pass && passes(test, start);
    }
  }
  return out;
}

write_outcome malformed(std::string why) {
  write_outcome out;
  out.kind = write_outcome_kind::malformed;
  out.detail = std::move(why);
  return out;
}

write_outcome_kind kind_of(storage_status status) {
  switch (status) {
  case storage_status::ok:
    return write_outcome_kind::written;
  case storage_status::test_failed:
    return write_outcome_kind::test_failed;
  case storage_status::no_space:
    return write_outcome_kind::no_space;
  case storage_status::read_only:
    return write_outcome_kind::read_only;
  case storage_status::bad_write_enabler:
    return write_outcome_kind::bad_write_enabler;
  case storage_status::too_large:
  case storage_status::refused:
  case storage_status::malformed:
  case storage_status::corrupt:
  case storage_status::io_error:
  case storage_status::not_found:
    return write_outcome_kind::refused;
  }
  return write_outcome_kind::malformed; // a number outside the enumeration
}

} // namespace

write_outcome judge_answer(const read_test_write& sent, const read_test_write_answer& answer) {
  write_outcome out;
  out.kind = kind_of(answer.status);
  out.detail = answer.detail;
  if (out.kind == write_outcome_kind::malformed)
    return malformed("the server's status is not one we know");
  if (out.kind == write_outcome_kind::refused && out.detail.empty())
    out.detail = to_string(answer.status);
  if (out.kind == write_outcome_kind::no_space)
    out.bytes_available = answer.bytes_available;
  if (out.kind == write_outcome_kind::bad_write_enabler)
    out.recorded_node = answer.recorded_node;
  if (out.kind != write_outcome_kind::written && out.kind != write_outcome_kind::test_failed)
    return out;

  std::string why;
  auto found = beginnings(answer.reads, sent.reads.front(), why);
  if (!found)
    return malformed(std::move(why));
  const auto tests = results_of(sent, *found);
  if (out.kind == write_outcome_kind::written && !tests.all_pass)
    return malformed("says that it wrote, but shows shares that fail a test");
  if (out.kind == write_outcome_kind::test_failed && tests.all_pass && tests.all_seen)
    return malformed("says that a test failed, but shows shares that pass all tests");
  out.found = std::move(*found);
  return out;
}

std::optional<write_outcome> judge_stage(const stage_answer& answer) {
  if (answer.status == storage_status::ok)
    return std::nullopt;
  auto kind = kind_of(answer.status);
  if (kind == write_outcome_kind::test_failed || kind == write_outcome_kind::malformed)
    return malformed("answers a piece of a share with \"" + std::string(to_string(answer.status)) + "\"");
  write_outcome out;
  out.kind = kind;
  out.detail = answer.detail.empty() ? std::string(to_string(answer.status)) : answer.detail;
  if (kind == write_outcome_kind::no_space)
    out.bytes_available = answer.bytes_available;
  return out;
}

write_outcome transport_failure(bool sent, std::string detail) {
  write_outcome out;
  out.kind = sent ? write_outcome_kind::unknown : write_outcome_kind::unreachable;
  out.detail = std::move(detail);
  return out;
}

reread_outcome judge_reread(const reread_message& message, const slot_read_answer& answer) {
  reread_outcome out;
  if (answer.status != storage_status::ok && answer.status != storage_status::not_found) {
    out.detail = answer.detail.empty() ? std::string(to_string(answer.status)) : answer.detail;
    return out;
  }
  auto found = beginnings(answer.reads, message.read_back, out.detail);
  if (!found)
    return out;
  // A share that is there and cannot be read is not a share that is gone.
  if (!answer.damaged.empty()) {
    out.detail = "share " + std::to_string(answer.damaged.begin()->first.value) + " cannot be read";
    return out;
  }
  out.answered = true;
  out.found = std::move(*found);
  return out;
}

} // namespace truckee::grid
