#pragma once

#include "truckee/base/result.hpp"
#include "truckee/gbs/message.hpp"
#include "truckee/grid/slot.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The same protocol from the server's side: what was asked, and how it is answered. Source: docs/formats.md section 15.
namespace truckee::gbs {

/// A request as it came.
struct received {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, secret_text>> headers; ///< names in any case
  shared_bytes body;
};

struct version_asked {};
struct shares_asked {
  storage_index slot;
};
struct share_asked {
  storage_index slot;
  share_number share;
  std::optional<grid::read_vector> range; ///< nothing: all of it
};
struct lease_asked {
  storage_index slot;
  server_secret renew;
  server_secret cancel;
};
struct advice_given {
  storage_index slot;
  share_number share;
  std::string reason; ///< in UTF-8
};
using asked =
    std::variant<version_asked, shares_asked, share_asked, grid::read_test_write, lease_asked, advice_given>;

/// What was asked, or the answer that says why not. Nothing is looked at before the swissnum is right.
tl::expected<asked, response> parse_request(const received& x, const secret_text& swissnum);

/// The same before there is a body, of which nothing is said then.
tl::expected<asked, response> parse_head(const received& x, const secret_text& swissnum);

/// The body of a read-test-write; errors (malformed) name the field. Secrets and slot are left empty.
result<grid::read_test_write> parse_read_test_write(const shared_bytes& body);

// -- answers --

response version_answer(const grid::store_info& info, std::uint64_t immutable_share_bytes_max);
response shares_answer(const std::vector<share_number>& shares);
/// `data`: what there is of the range.
response range_answer(std::uint64_t offset, shared_bytes data);
response share_answer(shared_bytes data);
response change_answer_of(bool success, const grid::share_reads& reads);
/// Without content; 204 for a lease, 200 for an advice, 401 for a wrong write enabler.
response bare(unsigned status);
/// In words.
response told(unsigned status, std::string_view words);

} // namespace truckee::gbs
