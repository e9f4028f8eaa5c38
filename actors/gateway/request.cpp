#include "truckee/actors/gateway/request.hpp"

#include "truckee/actors/gateway/operation_memory.hpp"
#include "truckee/actors/gateway/server_roster.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/base/overloaded.hpp"

namespace truckee::actors {

using namespace messages;

request_facts facts_of(const gateway_request& request) {
  using enum operation_kind;
  return std::visit(
      overloaded{
          [](const publish_request& x) -> request_facts {
            return {publish, shares::strength::write, x.token, x.write_cap, x.content.size(), x.timeout_ms};
          },
          [](const append_request& x) -> request_facts {
            return {append, shares::strength::write, x.token, x.write_cap, x.data.size(), x.timeout_ms};
          },
          [](const retrieve_request& x) -> request_facts {
            return {retrieve, shares::strength::read, x.token, x.cap, 0, x.timeout_ms};
          },
          [](const check_request& x) -> request_facts {
            return {x.verify ? verify : check, shares::strength::verify, x.token, x.cap, 0, x.timeout_ms};
          },
          [](const repair_request& x) -> request_facts {
            return {repair, shares::strength::write, x.token, x.write_cap, 0, x.timeout_ms};
          },
          [](const list_leases_request& x) -> request_facts {
            return {leases, shares::strength::verify, x.token, x.cap, 0, 0};
          },
      },
      request);
}

bool makes_new_file(const gateway_request& request) {
  const auto* publish = std::get_if<publish_request>(&request);
  return publish != nullptr && publish->write_cap.empty();
}

file_format format_of_new(const gateway_request& request) {
  const auto* publish = std::get_if<publish_request>(&request);
  return publish != nullptr ? publish->format : file_format::sdmf;
}

std::string_view brought_key(const gateway_request& request) {
  const auto* publish = std::get_if<publish_request>(&request);
  return publish != nullptr ? std::string_view(publish->private_key) : std::string_view();
}

bool writes(const gateway_request& request) {
  return std::holds_alternative<publish_request>(request) || std::holds_alternative<append_request>(request);
}

std::optional<write_name> name_of_write(const gateway_request& request) {
  return std::visit(
      []<class Request>(const Request& x) -> std::optional<write_name> {
        if constexpr (std::is_same_v<reply_to_t<Request>, publish_reply>)
          return write_name{x.operation, hash_of(x)};
        else
          return std::nullopt;
      },
      request);
}

grid::spread spread_of(const gateway_request& request, const grid::spread& defaults) {
  const auto* publish = std::get_if<publish_request>(&request);
  return publish != nullptr ? publish->spread.value_or(defaults) : defaults;
}

std::optional<bad_content> check_content(const gateway_request& request, std::uint64_t content_bytes_max) {
  if (!writes(request))
    return std::nullopt;
  const auto bytes = facts_of(request).content_bytes;
  if (auto why = content_beyond(content_bytes_max, bytes))
    return bad_content{metrics::refusal::too_large, std::move(*why)};
  const auto* publish = std::get_if<publish_request>(&request);
  if (publish == nullptr || !publish->offset)
    return std::nullopt;
  // Of an MDMF file only what changes is held, which may be anywhere.
  if (const auto cap = crypto::parse_capability(publish->write_cap);
      cap && crypto::format_of(cap->file) == file_format::mdmf)
    return std::nullopt;
  const auto end = *publish->offset > UINT64_MAX - bytes ? UINT64_MAX : *publish->offset + bytes;
  if (auto why = content_beyond(content_bytes_max, end))
    return bad_content{metrics::refusal::too_large, std::move(*why)};
  return std::nullopt;
}

std::optional<error> check_place(const gateway_request& request) {
  const auto* publish = std::get_if<publish_request>(&request);
  if (publish == nullptr)
    return std::nullopt;
  if (publish->offset && publish->write_cap.empty())
    return error{errc::usage, "an offset is a place in a file that is there; give its capability"};
  if (publish->cut && !publish->offset)
    return error{errc::usage, "content without an offset is all of the file: there is nothing to cut off"};
  return std::nullopt;
}

std::optional<error> check_lent(const gateway_request& request, file_format format) {
  const auto* publish = std::get_if<publish_request>(&request);
  if (publish == nullptr || !publish->lent.source)
    return std::nullopt;
  if (!publish->content.empty())
    return error{errc::usage, "content is brought or lent, not both"};
  if (publish->offset)
    return error{errc::usage, "content that is lent is all of the file: it has no place in it"};
  if (format != file_format::mdmf)
    return error{errc::usage, "content that is read part by part makes an MDMF file; an SDMF file is one "
                              "segment, whose content is brought as a whole"};
  return std::nullopt;
}

gateway_reply failed(const gateway_request& request, error why, const std::optional<backlog>& busy) {
  return std::visit(
      [&]<class Request>(const Request&) -> gateway_reply {
        reply_to_t<Request> out;
        out.failure = std::move(why);
        out.busy = busy;
        return out;
      },
      request);
}

std::optional<error> failure_of(const gateway_reply& reply) {
  return std::visit([](const auto& x) { return x.ok ? std::nullopt : std::optional(x.failure); }, reply);
}

std::optional<effect> effect_of(const gateway_reply& reply) {
  const auto* write = std::get_if<publish_reply>(&reply);
  return write != nullptr ? std::optional(write->became) : std::nullopt;
}

namespace {

/// Where a reply names servers.
template <class Reply>
std::vector<server_report>& servers_of(Reply& x) {
  if constexpr (requires { x.before; })
    return x.before.servers;
  else
    return x.servers;
}

} // namespace

void name_left_out(gateway_reply& reply, const std::vector<server_report>& left_out) {
  std::visit(
      [&left_out](auto& x) {
        if (!x.ok)
          explain(x.failure, left_out);
        auto& servers = servers_of(x);
        servers.insert(servers.end(), left_out.begin(), left_out.end());
      },
      reply);
}

void name_file(gateway_reply& reply, const shares::file_access& access) {
  auto* publish = std::get_if<publish_reply>(&reply);
  if (publish && access.write)
    publish->write_cap =
        to_text(crypto::file_cap(crypto::write_cap{access.format, *access.write, access.fingerprint}));
}

void keep_facts(operation_record& record, const gateway_reply& reply) {
  std::visit([&record](const auto& x) { keep_facts(record, x); }, reply);
}

void reply_promise::deliver(gateway_reply reply) {
  std::visit(
      []<class Promise, class Reply>([[maybe_unused]] Promise& promise, [[maybe_unused]] Reply& x) {
        if constexpr (std::is_same_v<Promise, caf::typed_response_promise<Reply>>)
          promise.deliver(std::move(x));
      },
      promise_, reply);
}

} // namespace truckee::actors
