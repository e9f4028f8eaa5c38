#pragma once

#include "truckee/actors/gateway/operation_record.hpp"
#include "truckee/metrics/labels.hpp"
#include "truckee/shares/file_access.hpp"

#include <variant>

namespace truckee::actors {

/// What a gateway may be asked to do with a file.
using gateway_request =
    std::variant<messages::publish_request, messages::append_request, messages::retrieve_request,
                 messages::check_request, messages::repair_request, messages::list_leases_request>;

using gateway_reply = std::variant<messages::publish_reply, messages::retrieve_reply, messages::check_reply,
                                   messages::repair_reply, messages::list_leases_reply>;

template <class Request>
struct reply_to;
template <>
struct reply_to<messages::publish_request> : std::type_identity<messages::publish_reply> {};
template <>
struct reply_to<messages::append_request> : std::type_identity<messages::publish_reply> {};
template <>
struct reply_to<messages::retrieve_request> : std::type_identity<messages::retrieve_reply> {};
template <>
struct reply_to<messages::check_request> : std::type_identity<messages::check_reply> {};
template <>
struct reply_to<messages::repair_request> : std::type_identity<messages::repair_reply> {};
template <>
struct reply_to<messages::list_leases_request> : std::type_identity<messages::list_leases_reply> {};
template <class Request>
using reply_to_t = typename reply_to<Request>::type;

/// The way back to whoever asked.
class reply_promise {
public:
  reply_promise() = default;
  template <class Reply>
  explicit reply_promise(caf::typed_response_promise<Reply> promise) : promise_(std::move(promise)) {}

  /// A reply to what was asked; once.
  void deliver(gateway_reply reply);

private:
  std::variant<std::monostate, caf::typed_response_promise<messages::publish_reply>,
               caf::typed_response_promise<messages::retrieve_reply>,
               caf::typed_response_promise<messages::check_reply>,
               caf::typed_response_promise<messages::repair_reply>,
               caf::typed_response_promise<messages::list_leases_reply>>
      promise_;
};

/// What the gateway has to know of a request of any kind.
struct request_facts {
  operation_kind kind;
  shares::strength needed; ///< of its capability
  messages::operation_token token;
  std::string_view cap; ///< empty: a new file, where it is a publish
  std::uint64_t content_bytes = 0;
  std::uint64_t timeout_ms = 0; ///< 0: none of its own
};
/// Refers to the request.
request_facts facts_of(const gateway_request& request);

bool makes_new_file(const gateway_request& request);
/// Of a new file.
file_format format_of_new(const gateway_request& request);
/// The private key in PEM that a new file is to have; empty: a fresh one, or it is no new file.
std::string_view brought_key(const gateway_request& request);
bool writes(const gateway_request& request);
/// Of a publish or an append: its id and what it asks for; nothing of another.
struct write_name {
  operation_id id;
  hash256 asked;
};
std::optional<write_name> name_of_write(const gateway_request& request);

/// How a write spreads what it makes; `defaults` where it does not say.
grid::spread spread_of(const gateway_request& request, const grid::spread& defaults);

/// What is wrong with a publish or append before anybody looks at its file; nothing: go on.
struct bad_content {
  metrics::refusal reason;
  error why;
};
std::optional<bad_content> check_content(const gateway_request& request, std::uint64_t content_bytes_max);

/// What is wrong with where a publish wants its content; nothing: go on.
std::optional<error> check_place(const gateway_request& request);

/// What is wrong with content that is to be read part by part, of a file of that format; nothing: go on.
std::optional<error> check_lent(const gateway_request& request, file_format format);

/// The reply that says it failed. `busy`: it was refused for want of room.
gateway_reply failed(const gateway_request& request, error why,
                     const std::optional<messages::backlog>& busy = {});
/// Nothing when it went well.
std::optional<error> failure_of(const gateway_reply& reply);
/// What became of what was to be written; nothing for other operations.
std::optional<effect> effect_of(const gateway_reply& reply);
/// Servers that were never reached belong into every answer, and into an error that lacks servers.
void name_left_out(gateway_reply& reply, const std::vector<messages::server_report>& left_out);
/// The capability of the file, also where it is new and its first publish failed after shares were sent.
void name_file(gateway_reply& reply, const shares::file_access& access);
/// Keeps what status shows of a reply.
void keep_facts(operation_record& record, const gateway_reply& reply);

} // namespace truckee::actors
