#include "truckee/gbs/requests.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/gbs/base64.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/limits.hpp"

#include <algorithm>
#include <limits>

namespace truckee::gbs {

namespace {

secret_text after(std::string_view before, const secret_text& value) {
  secret_text out;
  out.reserve(before.size() + value.size());
  out.append(before).append(value);
  return out;
}

void add_secret(request& to, std::string_view name, const server_secret& value) {
  to.headers.push_back({headers::secret, after(name, to_base64(value.view()))});
}

void add_lease_secrets(request& to, const server_secret& renew, const server_secret& cancel) {
  add_secret(to, "lease-renew-secret ", renew);
  add_secret(to, "lease-cancel-secret ", cancel);
}

request begin(method how, std::string target, const secret_text& swissnum, std::uint64_t answer_bytes_max) {
  request out{how, std::move(target), {}, {}, answer_bytes_max};
  out.headers.push_back(
      {headers::authorization, after("Tahoe-LAFS ", to_base64(as_bytes(std::string_view(swissnum))))});
  return out;
}

void add_accept(request& to) {
  to.headers.push_back({headers::accept, secret_text(cbor_type)});
}

void add_body(request& to, std::vector<shared_bytes> body) {
  to.headers.push_back({headers::content_type, secret_text(cbor_type)});
  to.body = std::move(body);
}

std::string slot_target(const storage_index& slot) {
  return "/storage/v1/mutable/" + crypto::to_base32(slot.view());
}

std::string share_target(const storage_index& slot, share_number share) {
  return slot_target(slot) + "/" + std::to_string(share.value);
}

void write_reads(cbor_writer& out, const std::vector<grid::read_vector>& reads) {
  out.array(reads.size());
  for (const auto& x : reads)
    out.map(2).text("offset").number(x.offset).text("size").number(x.length);
}

void write_change(cbor_writer& out, const grid::share_change& change) {
  out.number(change.share.value).map(3).text("test").array(change.tests.size());
  for (const auto& x : change.tests)
    out.map(3)
        .text("offset")
        .number(x.offset)
        .text("size")
        .number(x.length)
        .text("specimen")
        .bytes(x.specimen);
  out.text("write").array(change.writes.size());
  for (const auto& x : change.writes)
    out.map(2).text("offset").number(x.offset).text("data").bytes(x.data);
  out.text("new-length");
  if (change.new_length)
    out.number(*change.new_length);
  else
    out.null();
}

} // namespace

std::string_view to_word(method x) {
  switch (x) {
  case method::get:
    return "GET";
  case method::post:
    return "POST";
  case method::put:
    return "PUT";
  }
  return "GET";
}

request ask_version(const secret_text& swissnum) {
  auto out = begin(method::get, "/storage/v1/version", swissnum, short_answer_bytes_max);
  add_accept(out);
  return out;
}

request ask_shares(const secret_text& swissnum, const storage_index& slot) {
  auto out = begin(method::get, slot_target(slot) + "/shares", swissnum, short_answer_bytes_max);
  add_accept(out);
  return out;
}

result<request> ask_range(const secret_text& swissnum, const storage_index& slot, share_number share,
                          const grid::read_vector& range) {
  if (range.length == 0 || range.length > range_bytes_max)
    return fail(errc::too_large, "a read of " + std::to_string(range.length) + " bytes; 1 to " +
                                     std::to_string(range_bytes_max) + " can be asked for at a time");
  if (range.offset > std::numeric_limits<std::uint64_t>::max() - range.length)
    return fail(errc::too_large, "a read beyond the largest offset");
  auto out =
      begin(method::get, share_target(slot, share), swissnum, std::max(range.length, short_answer_bytes_max));
  out.headers.insert(out.headers.begin(),
                     {headers::range, secret_text("bytes=" + std::to_string(range.offset) + "-" +
                                                  std::to_string(range.offset + range.length - 1))});
  add_accept(out);
  return out;
}

std::vector<shared_bytes> body_of(const grid::read_test_write& change) {
  cbor_writer out;
  out.map(2).text("test-write-vectors").map(change.changes.size());
  for (const auto& x : change.changes)
    write_change(out, x);
  out.text("read-vector");
  write_reads(out, change.reads);
  return out.take();
}

result<request> ask_read_test_write(const secret_text& swissnum, const grid::read_test_write& change) {
  const auto too_many = [](std::size_t found, std::string_view what, std::size_t most) {
    return fail(errc::too_large, std::to_string(found) + " " + std::string(what) +
                                     " in one change; a server takes " + std::to_string(most));
  };
  if (change.changes.size() > shares_max)
    return too_many(change.changes.size(), "shares", shares_max);
  if (change.reads.size() > reads_max)
    return too_many(change.reads.size(), "reads", reads_max);
  for (const auto& x : change.changes) {
    if (x.tests.size() > tests_max)
      return too_many(x.tests.size(), "tests on one share", tests_max);
    if (x.writes.size() > writes_max)
      return too_many(x.writes.size(), "writes to one share", writes_max);
  }
  auto out =
      begin(method::post, slot_target(change.slot) + "/read-test-write", swissnum, cbor_answer_bytes_max);
  add_lease_secrets(out, change.secrets.lease_renew, change.secrets.lease_cancel);
  add_secret(out, "write-enabler ", change.secrets.write_enabler);
  add_accept(out);
  add_body(out, body_of(change));
  return out;
}

request ask_lease(const secret_text& swissnum, const storage_index& slot, const server_secret& renew,
                  const server_secret& cancel) {
  auto out = begin(method::put, "/storage/v1/lease/" + crypto::to_base32(slot.view()), swissnum,
                   short_answer_bytes_max);
  add_lease_secrets(out, renew, cancel);
  add_accept(out);
  return out;
}

result<request> ask_corruption_advice(const secret_text& swissnum, const storage_index& slot,
                                      share_number share, std::string_view reason) {
  if (reason.empty() || reason.size() > reason_bytes_max)
    return fail(errc::too_large, "a reason of " + std::to_string(reason.size()) +
                                     " bytes; a server takes 1 to " + std::to_string(reason_bytes_max));
  auto out = begin(method::post, share_target(slot, share) + "/corrupt", swissnum, short_answer_bytes_max);
  add_accept(out);
  cbor_writer body;
  body.map(1).text("reason").text(reason);
  add_body(out, body.take());
  return out;
}

} // namespace truckee::gbs
