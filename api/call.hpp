#pragma once

#include "truckee/api/answer.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/http/head.hpp"
#include "truckee/messages/gateway.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a caller of the HTTP API asks for, by the head of a request. Pure. docs/http.md says what it means.
namespace truckee::api {

/// A version as its tag names it: "7:3f2a...", with quotes.
std::string tag_of(sequence_number version, std::string_view root);

/// Tags of a condition; `any` is "*".
struct tags {
  bool any = false;
  std::vector<std::string> named = {}; ///< with their quotes; weak ones with W/
};

/// GET and HEAD.
struct read_call {
  messages::retrieve_request what;
  bool wants_body = true;
  std::optional<tags> only_if = {}; ///< If-Match
  std::optional<tags> unless = {};  ///< If-None-Match
  std::string range = {};           ///< as it came; empty: all of it
  std::string range_of = {};        ///< If-Range, a tag
};
/// PUT; and PATCH with Content-Range, which has an offset. The content is still to come.
struct write_call {
  messages::publish_request what;
  bool makes_file = false; ///< without a capability
};
/// PATCH. The data is still to come.
struct append_call {
  messages::append_request what;
};
using call = std::variant<read_call, write_call, append_call>;

/// What is taken of callers.
struct house_rules {
  secret_text token = {};      ///< each caller has to show it; empty: whoever reaches the port may ask
  bool own_hosts_only = false; ///< refuses a Host that is no loopback name
  std::uint64_t content_bytes_max = 0;
};

/// Whether that method changes a file, where it is one of this API's.
bool asks_for_write(std::string_view method);

/// What is asked, or the answer that says why it is not. Nothing is looked at before the token is right.
tl::expected<call, answer> parse_call(const http::request_head& head, const house_rules& rules);

/// How many bytes the body may have, and how many the answer is counted as.
struct call_bytes {
  std::uint64_t body_max = 0;
  std::uint64_t answer = 0;
};
call_bytes bytes_of(const call& x, const house_rules& rules);

} // namespace truckee::api
