#include "truckee/actors/operations/file_reader.hpp"

#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/shell/tell_progress.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// The first read, and two more that ask every server: a file that changes faster than that is told as such.
constexpr int tries_max = 3;

class file_reader_state {
public:
  using handle = file_reader;
  static constexpr const char* name = "truckee.file_reader";

  file_reader_state(shell<file_reader_state>* self, services_ptr services, read_task task)
    : self_(self), services_(std::move(services)), task_(std::move(task)) {}

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          promise_ = self_->template make_response_promise<retrieve_reply>();
          map();
          return caf::result<retrieve_reply>(*promise_);
        },
        [this](const stop& x) {
          tries_ = tries_max;
          fail_with({x.reason, "the read was stopped"});
        },
    };
  }

private:
  void map() {
    ++tries_;
    tell_progress(self_, task_, "Mapping shares", 0);
    auto task = map_task_for(services_, task_, grid::map_mode::read, {0, 0.2});
    task.request.ask_all = tries_ > 1;
    drop_mapper();
    mapper_ = spawn_map_updater(self_->system(), services_, std::move(task));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) { on_map(x); }, [this](const caf::error& e) { on_error(e); });
  }

  void on_map(const map_answer& x) {
    if (ended_)
      return;
    map_seconds_ += x.mapped->seconds;
    services_->metrics->stage_took(stage::map, std::chrono::duration<double>(x.mapped->seconds));
    note_failed_servers(x.mapped->map);
    const auto best = x.mapped->map.best();
    if (!best) {
      if (tries_ < tries_max && !x.mapped->map.servers_not_asked().empty()) {
        map();
        return;
      }
      fail_with(no_version(x.mapped->map));
      return;
    }
    reply_.version = best->sequence;
    reply_.root = to_hex(best->root.view());
    reader_ = spawn_retriever(
        self_->system(), services_,
        {task_.operation, task_.listener, task_.access, task_.servers, x.mapped, mapper_, *best, {0.2, 1}});
    messages::request(
        self_, reader_, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& answer) { on_content(answer); },
        [this](const caf::error& e) { on_error(e); });
  }

  void on_content(const content_answer& x) {
    if (ended_)
      return;
    for (const auto& lie : x.lying)
      reply_.bad.push_back({task_.servers->name_of(lie.server), lie.share, lie.reason});
    read_seconds_ += x.seconds;
    if (x.ok) {
      reply_.ok = true;
      reply_.content = x.content;
      finish();
      return;
    }
    const bool worth_it = x.changed || x.failure.code == errc::not_enough_shares;
    if (worth_it && tries_ < tries_max)
      map();
    else
      fail_with(x.failure);
  }

  error no_version(const grid::servermap& map) const {
    std::string detail;
    if (map.versions().empty() && map.bad_shares().empty()) {
      detail = "no server has a share of this file";
    } else {
      detail = "no version of this file can be read";
      for (const auto& version : map.summary().versions)
        detail += "; of " + describe(version.version) + " there are " +
                  std::to_string(version.distinct_shares) + " shares and " +
                  std::to_string(version.version.k) + " are needed";
    }
    for (const auto& [server, why] : map.servers_failed())
      detail += "; " + task_.servers->name_of(server) + ": " + why;
    return {errc::not_enough_shares, std::move(detail)};
  }

  void note_failed_servers(const grid::servermap& map) {
    reply_.servers.clear();
    for (const auto& [server, why] : map.servers_failed())
      reply_.servers.push_back({task_.servers->name_of(server), server_outcome::failed, why, 0});
    reply_.bad.clear();
    for (const auto& [place, bad] : map.bad_shares())
      reply_.bad.push_back({task_.servers->name_of(place.server), place.share, bad.reason});
  }

  void on_error(const caf::error& e) { fail_with(as_error(e, self_->system())); }

  void fail_with(error why) {
    reply_.failure = std::move(why);
    finish();
  }

  void finish() {
    if (ended_ || !promise_)
      return;
    ended_ = true;
    reply_.stages = {{stage::map, map_seconds_}, {stage::read, read_seconds_}};
    services_->metrics->operation_ended(operation_kind::retrieve,
                                        reply_.ok ? std::nullopt : metrics::outcome(reply_.failure.code),
                                        services_->time->now() - start_);
    drop_mapper();
    if (reader_)
      send(self_, reader_, stop{});
    promise_->deliver(std::move(reply_));
    self_->quit();
  }

  void drop_mapper() {
    if (mapper_)
      send(self_, mapper_, stop{});
  }

  shell<file_reader_state>* self_;
  services_ptr services_;
  read_task task_;
  map_updater mapper_;
  retriever reader_;
  std::optional<caf::typed_response_promise<retrieve_reply>> promise_;
  retrieve_reply reply_;
  int tries_ = 0;
  bool ended_ = false;
  double map_seconds_ = 0;
  double read_seconds_ = 0;
  clock::time_point start_ = services_->time->now();
};

} // namespace

messages::file_reader spawn_file_reader(caf::actor_system& system, services_ptr services, read_task task) {
  return messages::spawn<file_reader_state>(system, std::move(services), std::move(task));
}

} // namespace truckee::actors
