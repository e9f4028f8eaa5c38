#pragma once

#include "truckee/gbs/serving.hpp"
#include "truckee/http/head.hpp"

/// Requests and answers of the protocol as HTTP/1.1 has them; pure.
namespace truckee::gbs {

/// What came, without its body.
received as_received(const http::request_head& head);

/// An answer's head, up to and with its empty line. The connection goes on after its body, unless `last`.
std::string head_of(const response& x, bool last);

/// How many bytes a request's body may have, and its answer, by its head.
struct expected_bytes {
  std::uint64_t body_max = 0;
  std::uint64_t answer = 0;
};
expected_bytes expected_of(const asked& x);

/// What reads of a change may ask for, all together; more is refused (413). A whole answer in CBOR is what Tahoe-LAFS's own client reads.
bool asks_for_too_much(const grid::read_test_write& x);

// -- what a store said, as an answer

response answer_of(const grid::read_test_write_answer& x);
response answer_of(const share_asked& what, const grid::slot_read_answer& x);
/// Shares that are damaged are there, too.
response list_answer_of(const grid::slot_read_answer& x);
response lease_answer_of(grid::storage_status status, std::string_view detail);
/// An advice that was heard is taken, whether or not it could be written down: a client can do nothing about that.
response advice_answer_of(grid::storage_status status, std::string_view detail);
/// Of a status that is not `ok`.
response refusal_of(grid::storage_status status, std::string_view detail);

} // namespace truckee::gbs
