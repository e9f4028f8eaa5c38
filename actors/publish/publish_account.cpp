#include "truckee/actors/publish/publish_account.hpp"

#include "truckee/actors/publish/publish_coordinator.hpp"
#include "truckee/actors/publish/publish_stages.hpp"
#include "truckee/actors/shell/metric_words.hpp"

namespace truckee::actors {

using namespace messages;

namespace {

publish_detail detail_of(const publish_task& task) {
  publish_detail out;
  out.mode = task.new_file ? publish_mode::new_file
             : task.again  ? publish_mode::refill
                           : publish_mode::update;
  out.version = task.sequence;
  out.spread = task.shape;
  return out;
}

} // namespace

publish_account::publish_account(const publish_task& task, publish_audience audience)
  : task_(task), services_(task.context.services), audience_(std::move(audience)),
    running_(services_->metrics),
    picture_(services_->time, task.context.servers, detail_of(task), task.before),
    log_(services_->log, task.context.operation, task.context.servers) {}

void publish_account::begins() {
  send_picture();
  if (!task_.context.listener || task_.context.watched)
    return;
  quiet_ = true;
  audience_.later(picture_interval, [this] { end_quiet(); });
}

void publish_account::end_quiet() {
  quiet_ = false;
  if (std::exchange(is_behind_, false))
    return say_where_it_stands();
  if (const auto last = std::exchange(unsaid_, std::nullopt))
    audience_.hear(*last);
  send_picture();
}

void publish_account::say(operation_progress what) {
  if (quiet_)
    unsaid_ = std::move(what);
  else
    audience_.hear(std::move(what));
}

void publish_account::waits(const char* why, double progress) {
  operation_progress out;
  out.operation = task_.context.operation;
  out.text = why;
  out.progress = task_.context.span.at(progress);
  say(std::move(out));
}

void publish_account::surveys(std::uint64_t bytes) {
  moves("Reading the content, to sign it", push_from, bytes);
}

void publish_account::brings(double part) {
  moves("Bringing shares to servers", push_from + (bring_to - push_from) * part,
        static_cast<std::uint64_t>(part * static_cast<double>(task_.content_bytes())));
}

void publish_account::moves(const char* what, double progress, std::uint64_t bytes) {
  operation_progress out;
  out.operation = task_.context.operation;
  out.text = what;
  out.progress = task_.context.span.at(progress);
  out.bytes_total = task_.content_bytes();
  out.bytes_done = bytes;
  out.goal = static_cast<std::uint32_t>(status_.goal);
  out.outstanding = static_cast<std::uint32_t>(status_.outstanding);
  out.placed = static_cast<std::uint32_t>(status_.placed);
  say(std::move(out));
}

void publish_account::stage_begins(stage which) {
  waits(words_of(which).text, words_of(which).from);
  picture_.stage_begins(which);
  show_picture();
}

void publish_account::push_begins(const shares::encode_timings& took) {
  for (const auto which : shares::encode_stages) {
    stages_.push_back({which, took.at(which)});
    services_->metrics->stage_took(which, std::chrono::duration<double>(took.at(which)));
  }
  push_start_ = services_->time->now();
  picture_.stages_ended(stages_);
  picture_.stage_begins(stage::push);
}

void publish_account::sends(const grid::publish_message& message) {
  picture_.message_sent(message.id, message.server, message.shares.size());
  log_.sends(message, task_.map);
}

void publish_account::sends(const grid::reread_message& message) {
  picture_.message_sent(message.id, message.server, 0);
}

void publish_account::sends_bytes(std::uint64_t bytes) {
  share_bytes_ += bytes;
  services_->metrics->share_bytes_sent(bytes);
}

void publish_account::answered(const shares_sent& x) {
  log_.answered(x.id, x.outcome.kind);
  servers_.push_back(
      {task_.context.name_of(x.server), outcome_of(x.outcome.kind), x.outcome.detail, x.seconds});
  picture_.message_answered(x.id, servers_.back().outcome, x.outcome.detail, x.seconds);
}

void publish_account::not_sent(grid::message_id id, const grid::write_outcome& why) {
  log_.answered(id, why.kind);
  picture_.message_answered(id, outcome_of(why.kind), why.detail, 0);
}

void publish_account::reread_answered(grid::message_id id, const read_answer& x) {
  const bool answered = x.how == delivery::answered;
  picture_.message_answered(id, answered ? server_outcome::answered : server_outcome::no_answer, x.detail,
                            x.seconds);
}

void publish_account::stands(bool at_the_end) {
  if (quiet_ && stood_ && !at_the_end) {
    is_behind_ = true;
    return;
  }
  stood_ = true;
  unsaid_.reset();
  say_where_it_stands();
}

void publish_account::say_where_it_stands() {
  status_ = audience_.look();
  running_.progress(status_.goal, status_.placed, status_.outstanding);
  show_picture();
  operation_progress out;
  out.operation = task_.context.operation;
  out.text = status_.text;
  out.progress = task_.context.span.at(push_from + (1 - push_from) * status_.progress);
  out.bytes_total = task_.content_bytes();
  out.bytes_done = static_cast<std::uint64_t>(static_cast<double>(out.bytes_total) * status_.progress);
  out.goal = static_cast<std::uint32_t>(status_.goal);
  out.placed = static_cast<std::uint32_t>(status_.placed);
  out.outstanding = static_cast<std::uint32_t>(status_.outstanding);
  audience_.hear(std::move(out));
}

void publish_account::show_picture() {
  if (quiet_ || picture_is_due_ || !task_.context.listener)
    return;
  const auto rest = picture_interval - (services_->time->now() - last_picture_);
  if (rest <= duration(0)) {
    send_picture();
    return;
  }
  picture_is_due_ = true;
  audience_.later(rest, [this] {
    picture_is_due_ = false;
    send_picture();
  });
}

void publish_account::send_picture() {
  if (!task_.context.listener)
    return;
  last_picture_ = services_->time->now();
  audience_.see(publish_news{task_.context.operation, picture_.taken(status_.places)});
}

std::shared_ptr<const publish_result> publish_account::refused(error why) {
  auto result = std::make_shared<publish_result>();
  result->failure = std::move(why);
  running_.ended({outcome_of(result->failure), services_->time->now() - start_, 0, task_.shape.happy, 0, 0});
  picture_.stage_begins(std::nullopt);
  send_picture();
  return result;
}

std::shared_ptr<const publish_result> publish_account::ended(grid::publish_report report) {
  const auto push = services_->time->seconds_since(push_start_);
  stages_.push_back({stage::push, push});
  services_->metrics->stage_took(stage::push, std::chrono::duration<double>(push));
  log_.ended(report, task_.keys.slot, stages_, share_bytes_);
  picture_.stages_ended(stages_);
  picture_.happiness_is(report.happiness);
  picture_.stage_begins(std::nullopt);
  send_picture();
  // What was begun on a kept map in vain moved no share, and is nobody's fault.
  const bool in_vain = report.end == grid::publish_end::kept_map_stale;
  for (const auto& problem : report.problems)
    if (!in_vain)
      services_->metrics->share_rehomed(outcome_of(problem.kind));
  using metrics::surprise;
  for (const auto& [kind, shares] : {std::pair(surprise::stale, report.stale_met),
                                     {surprise::hidden, in_vain ? 0 : report.hidden.size()},
                                     {surprise::uncoordinated_write, report.surprises.size()},
                                     {surprise::own_copy, report.own_copies},
                                     {surprise::converged, report.converged}})
    services_->metrics->surprised(kind, shares);
  if (report.ok())
    services_->metrics->plaintext_given(static_cast<file_format>(report.version.format()),
                                        task_.content_bytes());
  running_.ended({outcome_of(report.failure()), services_->time->now() - start_, report.happiness,
                  report.happy, report.stale.size(), in_vain ? 0 : report.unknown_servers.size()});
  auto result = std::make_shared<publish_result>();
  result->report = std::move(report);
  result->stages = std::move(stages_);
  result->servers = std::move(servers_);
  result->share_bytes = share_bytes_;
  return result;
}

} // namespace truckee::actors
