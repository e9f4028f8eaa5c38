#pragma once

#include "truckee/actors/gateway/caller.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/messages/operations.hpp"

#include <algorithm>
#include <concepts>

namespace truckee::actors {

/// What status shows of an operation, running or ended.
struct operation_record {
  using clock = std::chrono::steady_clock;

  messages::progress_event event; ///< as its caller sees it
  caller from;                    ///< whose it is
  clock::time_point asked;
  std::optional<clock::time_point> begun; ///< its servers were known
  bool reads_on = false;                  ///< reads another part of a version that its caller has a part of
  std::shared_ptr<const messages::publish_snapshot> publish;
  std::uint32_t tries = 0;
  std::vector<messages::stage_seconds> stages;              ///< of its reply
  std::optional<messages::strict_write_report> strict = {}; ///< of its reply
  std::vector<messages::server_report> problems; ///< servers that were never reached; and of its reply

  void take(std::shared_ptr<const messages::publish_snapshot> news);
};

/// A new one, asked for now.
operation_record open_record(std::uint64_t id, operation_kind kind, messages::operation_token token,
                             std::uint64_t content_bytes, const caller& from, const time_source& time);

/// The record of an operation that ended: its text is "Finished", with what a strict write came to, or says what went wrong,
/// and of a write whether it is in the file all the same.
void close_record(operation_record& record, const std::optional<error>& failure,
                  std::optional<effect> of_write, operation_record::clock::time_point now);

/// The record as a message. `servers`: every configured name, in order.
messages::operation_detail detail_of(const operation_record& record, const caller& viewer,
                                     const std::vector<std::string>& servers,
                                     operation_record::clock::time_point now);

/// Its event as `viewer` may see it, without its token where it is not his, with the time that has passed
/// until now.
messages::progress_event event_for(const caller& viewer, const operation_record& record,
                                   operation_record::clock::time_point now);

/// What a reply says went wrong on servers, beyond what a publish's picture shows.
std::vector<messages::server_report> problems_of(const messages::publish_reply& reply);
std::vector<messages::server_report> problems_of(const std::vector<messages::bad_share>& bad,
                                                 const std::vector<messages::server_report>& servers);

/// Keeps what status shows of any reply.
template <class Reply>
void keep_facts(operation_record& record, const Reply& reply) {
  const auto add = [&record](const std::vector<messages::server_report>& more) {
    for (const auto& x : more)
      if (std::ranges::none_of(record.problems, [&](const auto& y) {
            return y.server == x.server && y.outcome == x.outcome && y.detail == x.detail;
          }))
        record.problems.push_back(x);
  };
  if constexpr (requires { reply.before; }) {
    record.strict = reply.write.strict;
    add(problems_of(reply.before.bad, reply.before.servers));
    add(problems_of(reply.write));
  } else if constexpr (std::same_as<Reply, messages::publish_reply>) {
    record.stages = reply.stages;
    record.strict = reply.strict;
    add(problems_of(reply));
  } else if constexpr (requires { reply.bad; }) {
    if constexpr (requires { reply.stages; })
      record.stages = reply.stages;
    add(problems_of(reply.bad, reply.servers));
  } else {
    add(problems_of({}, reply.servers));
  }
  if constexpr (requires { reply.content; })
    record.event.bytes_total = reply.content.size();
  if constexpr (requires { reply.content_bytes; })
    record.event.bytes_total = reply.content_bytes;
}

} // namespace truckee::actors
