#include "truckee/gbs/server/wire.hpp"

#include "truckee/gbs/limits.hpp"
#include "truckee/http/answers.hpp"

#include <algorithm>
#include <set>
#include <variant>

namespace truckee::gbs {

namespace {

using grid::storage_status;

std::string_view type_of(const response& x) {
  if (x.content_type.empty() && !x.body.empty())
    return "text/plain; charset=utf-8"; // words
  return x.content_type;
}

} // namespace

received as_received(const http::request_head& head) {
  received out{std::string(head.method), std::string(head.target), {}, {}};
  out.headers.reserve(head.fields.size());
  for (const auto& [name, value] : head.fields)
    out.headers.emplace_back(std::string(name), secret_text(value));
  return out;
}

std::string head_of(const response& x, bool last) {
  std::string out = "HTTP/1.1 " + std::to_string(x.status) + " ";
  out.append(http::reason_of(x.status)).append("\r\n");
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (!value.empty())
      out.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", type_of(x));
  add("Content-Range", x.content_range);
  add("Allow", x.allow);
  if (last)
    add("Connection", "close");
  if (x.status != 204)
    add("Content-Length", std::to_string(x.body.size()));
  return out.append("\r\n");
}

expected_bytes expected_of(const asked& x) {
  if (std::holds_alternative<grid::read_test_write>(x))
    return {change_bytes_max, cbor_answer_bytes_max};
  if (std::holds_alternative<advice_given>(x))
    return {advice_bytes_max, 0};
  if (const auto* share = std::get_if<share_asked>(&x))
    return {0, std::min(share->range ? share->range->length : range_bytes_max, range_bytes_max)};
  return {0, short_answer_bytes_max};
}

bool asks_for_too_much(const grid::read_test_write& x) {
  std::uint64_t sum = 0;
  for (const auto& each : x.reads)
    sum += std::min(each.length, cbor_answer_bytes_max + 1);
  return sum > cbor_answer_bytes_max;
}

response refusal_of(storage_status status, std::string_view detail) {
  switch (status) {
  case storage_status::bad_write_enabler:
    return bare(401);
  case storage_status::not_found:
    return bare(404);
  case storage_status::malformed:
    return told(400, detail);
  case storage_status::too_large:
    return told(413, detail);
  case storage_status::read_only:
    return told(403, "this server takes no writes");
  case storage_status::refused:
    return told(503, detail);
  case storage_status::no_space:
    return told(507, "there is no room for it");
  default: // where the files are is nobody's business
    return told(500, "the store could not do it; its log says why");
  }
}

response answer_of(const grid::read_test_write_answer& x) {
  if (x.status != storage_status::ok && x.status != storage_status::test_failed)
    return refusal_of(x.status, x.detail);
  return change_answer_of(x.status == storage_status::ok, x.reads);
}

response answer_of(const share_asked& what, const grid::slot_read_answer& x) {
  if (x.status != storage_status::ok)
    return refusal_of(x.status, x.detail);
  if (x.damaged.contains(what.share))
    return refusal_of(storage_status::corrupt, {});
  const auto at = x.reads.find(what.share);
  if (at == x.reads.end() || at->second.empty())
    return {404, std::string(share_type), {}, {}};
  return what.range ? range_answer(what.range->offset, at->second.front()) : share_answer(at->second.front());
}

response list_answer_of(const grid::slot_read_answer& x) {
  if (x.status != storage_status::ok)
    return refusal_of(x.status, x.detail);
  std::set<share_number> all;
  for (const auto& [share, nothing] : x.reads)
    all.insert(share);
  for (const auto& [share, why] : x.damaged)
    all.insert(share);
  return shares_answer({all.begin(), all.end()});
}

response lease_answer_of(storage_status status, std::string_view detail) {
  return status == storage_status::ok ? bare(204) : refusal_of(status, detail);
}

response advice_answer_of(storage_status status, std::string_view detail) {
  const bool heard = status == storage_status::ok || status == storage_status::io_error;
  return heard ? bare(200) : refusal_of(status, detail);
}

} // namespace truckee::gbs
