#include "truckee/actors/gateway/operation_record.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace truckee::actors {

using namespace messages;

namespace {

using clock = operation_record::clock;

double seconds_between(clock::time_point from, clock::time_point to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

/// Problems kept of one operation: a file may have more bad shares than a person reads.
constexpr std::size_t problems_max = 256;

publish_detail picture_of(const operation_record& record, const std::vector<std::string>& servers,
                          clock::time_point now) {
  auto out = record.publish->detail;
  out.tries = record.tries;
  // A row for every configured server, also for those that were never reached; then those that are gone.
  auto names = servers;
  std::vector<std::uint32_t> row;
  for (const auto& name : out.servers) {
    const auto at = std::ranges::find(names, name) - names.begin();
    row.push_back(static_cast<std::uint32_t>(at));
    if (static_cast<std::size_t>(at) == names.size())
      names.push_back(name);
  }
  out.servers = std::move(names);
  for (auto& share : out.shares) {
    share.server = row[share.server];
    if (record.event.finished && share.state == grid::share_state::outstanding)
      share.state = grid::share_state::unknown;
  }
  const double later = seconds_between(record.asked, record.publish->start);
  const double now_is = record.event.finished ? record.event.seconds : seconds_between(record.asked, now);
  for (auto& message : out.messages) {
    message.server = row[message.server];
    message.sent += later;
    if (!message.outcome)
      message.seconds = std::max(0.0, now_is - message.sent);
    if (!message.outcome && record.event.finished)
      message.outcome = server_outcome::no_answer;
  }
  return out;
}

std::vector<stage_seconds> stages_of(const operation_record& record, clock::time_point now) {
  const bool active = !record.event.finished;
  std::vector<stage_seconds> out;
  if (record.begun)
    out.push_back({stage::setup, seconds_between(record.asked, *record.begun)});
  else
    out.push_back({stage::setup, active ? seconds_between(record.asked, now) : record.event.seconds});
  const auto& told = !record.stages.empty() || !record.publish ? record.stages : record.publish->stages;
  out.insert(out.end(), told.begin(), told.end());
  const bool writes =
      record.event.kind == operation_kind::publish || record.event.kind == operation_kind::append;
  if (active && writes && record.begun && !record.publish)
    out.push_back({stage::map, seconds_between(*record.begun, now)});
  if (active && record.publish && record.publish->stage)
    out.push_back({*record.publish->stage, seconds_between(record.publish->stage_start, now)});
  return out;
}

} // namespace

void operation_record::take(std::shared_ptr<const publish_snapshot> news) {
  if (!publish || publish->start != news->start)
    ++tries;
  publish = std::move(news);
}

operation_record open_record(std::uint64_t id, operation_kind kind, operation_token token,
                             std::uint64_t content_bytes, const caller& from, const time_source& time) {
  operation_record out;
  out.asked = time.now();
  out.from = from;
  out.event.token = token;
  out.event.operation = id;
  out.event.kind = kind;
  out.event.text = "Waiting";
  out.event.bytes_total = content_bytes;
  out.event.started_ms = static_cast<std::uint64_t>(time.unix_now().count());
  return out;
}

void close_record(operation_record& record, const std::optional<error>& failure,
                  std::optional<effect> of_write, clock::time_point now) {
  auto& event = record.event;
  event.seconds = seconds_between(record.asked, now);
  event.finished = true;
  event.ok = !failure;
  event.outstanding = 0;
  if (!failure) {
    event.text = "Finished";
    if (record.strict && record.strict->outcome == strict_outcome::published)
      event.text += fmt::format(": published, on {} of {} servers, {} needed{}", record.strict->confirming,
                                record.strict->places, record.strict->needed,
                                record.strict->barriers > 0 ? ", after a barrier" : "");
    event.progress = 1;
    event.bytes_done = event.bytes_total;
    event.segments_done = event.segments_total;
    return;
  }
  event.failure = failure->code;
  auto sentence = to_string(*failure);
  if (failure->code != errc::uncoordinated_write && failure->code != errc::cancelled)
    sentence = "Failed: " + sentence;
  else
    sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  if (of_write == effect::may_be_applied)
    sentence += "; it may be applied";
  event.text = std::move(sentence);
}

operation_detail detail_of(const operation_record& record, const caller& viewer,
                           const std::vector<std::string>& servers, clock::time_point now) {
  operation_detail out;
  out.found = true;
  out.event = event_for(viewer, record, now);
  out.stages = stages_of(record, now);
  out.problems = record.problems;
  out.strict = record.strict;
  if (record.publish)
    out.publish = picture_of(record, servers, now);
  return out;
}

progress_event event_for(const caller& viewer, const operation_record& record, clock::time_point now) {
  auto out = record.event;
  if (!may_handle(viewer, record.from))
    out.token = {};
  if (!out.finished)
    out.seconds = seconds_between(record.asked, now);
  return out;
}

std::vector<server_report> problems_of(const publish_reply& reply) {
  std::vector<server_report> out;
  for (const auto& x : reply.conflicts)
    out.push_back(
        {x.server, server_outcome::another_writer,
         "share " + std::to_string(x.share.value) + ": expected " + x.expected + ", found " + x.found, 0});
  for (const auto& server : reply.unknown_servers)
    out.push_back({server, server_outcome::unknown, "silent since the write was sent: it may land later", 0});
  for (const auto& place : reply.stale)
    out.push_back({place.server, server_outcome::stale,
                   "an older share " + std::to_string(place.share.value) + " is left", 0});
  if (!reply.recoverable_now.empty())
    out.push_back({{}, server_outcome::recoverable_now, reply.recoverable_now, 0});
  if (out.size() > problems_max)
    out.resize(problems_max);
  return out;
}

std::vector<server_report> problems_of(const std::vector<bad_share>& bad,
                                       const std::vector<server_report>& servers) {
  std::vector<server_report> out;
  for (const auto& server : servers)
    if (server.outcome != server_outcome::answered && server.outcome != server_outcome::not_asked)
      out.push_back(server);
  for (const auto& x : bad)
    out.push_back(
        {x.server, server_outcome::bad_share, "share " + std::to_string(x.share.value) + ": " + x.reason, 0});
  if (out.size() > problems_max)
    out.resize(problems_max);
  return out;
}

} // namespace truckee::actors
