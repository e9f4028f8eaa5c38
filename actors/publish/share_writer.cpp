#include "truckee/actors/publish/share_writer.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/grid/publish/write_message.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// Holds each message from when it is given until its one outcome is told, and watches the link and the
/// coordinator as long as it lives: a link outlives many writers, and keeps a note of everyone who watches it.
class share_writer_state {
public:
  using handle = share_writer;
  static constexpr const char* name = "truckee.share_writer";

  share_writer_state(shell<share_writer_state>* self, services_ptr services, server_entry server,
                     std::uint64_t operation, publish_coordinator coordinator)
    : self_(self), services_(std::move(services)), server_(std::move(server)), operation_(operation),
      coordinator_(std::move(coordinator)) {}

  behavior<handle> make_behavior() {
    self_->watch(server_.link);
    self_->watch(coordinator_);
    return {
        [this](const send_shares& x) { deliver(x); },
        [this](const stop&) { on_stop(); },
    };
  }

  void on_down(const caf::actor_addr& who) {
    if (same_actor(who, coordinator_.address())) {
      self_->quit();
      return;
    }
    // The link ended with the client; whether its last messages arrived, nobody knows.
    for (const auto& [id, what] : std::exchange(sent_, {}))
      tell(id, what, grid::transport_failure(true, "the link to the server ended"), 0);
  }

private:
  /// A message that has no outcome yet.
  struct pending {
    std::shared_ptr<const grid::read_test_write> request;
    time_source::time_point begun;
  };

  /// Whoever waited waits no more; metrics and the log are told of what has no answer.
  void on_stop() {
    for (const auto& [id, what] : std::exchange(sent_, {}))
      note(what, grid::transport_failure(true, "nobody waits for its answer any longer"),
           services_->time->seconds_since(what.begun));
    self_->quit();
  }

  void deliver(const send_shares& x) {
    sent_.emplace(x.id, pending{x.request, services_->time->now()});
    // The link answers within the deadline, or ends: a timer here would wake CAF's clock twice for nothing.
    messages::request_watched(
        self_, server_.link, write_slot{x.request, x.deadline},
        [this, id = x.id](const write_answer& answer) {
          if (const auto what = take(id))
            tell(id, *what, outcome_of_answer(*what->request, answer), answer.seconds);
        },
        [this, id = x.id](const caf::error& e) {
          if (const auto what = take(id))
            tell(id, *what, grid::transport_failure(true, describe(e, self_->system())), 0);
        });
  }

  /// Nothing where it has had its outcome.
  std::optional<pending> take(grid::message_id id) {
    const auto at = sent_.find(id);
    if (at == sent_.end())
      return std::nullopt;
    auto out = std::move(at->second);
    sent_.erase(at);
    return out;
  }

  static grid::write_outcome outcome_of_answer(const grid::read_test_write& request,
                                               const write_answer& answer) {
    if (answer.how == delivery::answered)
      return grid::judge_answer(request, answer.answer);
    return grid::transport_failure(answer.how == delivery::unknown, answer.detail);
  }

  void tell(grid::message_id id, const pending& what, grid::write_outcome outcome, double seconds) {
    note(what, outcome, seconds);
    send(self_, coordinator_, shares_sent{id, server_.id, std::move(outcome), seconds});
  }

  void note(const pending& what, const grid::write_outcome& outcome, double seconds) {
    const auto shares = what.request->changes.size();
    services_->metrics->server(server_.name)
        .shares_written(outcome_of(outcome.kind), shares, std::chrono::duration<double>(seconds));
    if (outcome.kind == grid::write_outcome_kind::written)
      logs::say(
          services_->log, logs::events::shares_written,
          {{"operation", operation_}, {"server", server_.name}, {"shares", shares}, {"seconds", seconds}});
    else
      logs::say(services_->log, logs::events::share_write_failed,
                {{"operation", operation_},
                 {"server", server_.name},
                 {"shares", shares},
                 {"outcome", to_word(outcome_of(outcome.kind))},
                 {"detail", outcome.detail},
                 {"seconds", seconds}});
  }

  shell<share_writer_state>* self_;
  services_ptr services_;
  server_entry server_;
  std::uint64_t operation_;
  publish_coordinator coordinator_;
  std::map<grid::message_id, pending> sent_;
};

} // namespace

messages::share_writer spawn_share_writer(caf::actor_system& system, services_ptr services,
                                          const server_entry& server, std::uint64_t operation,
                                          messages::publish_coordinator coordinator) {
  return messages::spawn<share_writer_state>(system, std::move(services), server, operation,
                                             std::move(coordinator));
}

} // namespace truckee::actors
