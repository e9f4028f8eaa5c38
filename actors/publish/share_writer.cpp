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
    auto sent = std::move(sent_);
    sent_.clear();
    for (const auto& [id, request] : sent)
      tell(id, grid::transport_failure(true, "the link to the server ended"), 0);
  }

private:
  /// Whoever waited waits no more; metrics and the log are told of what has no answer.
  void on_stop() {
    for (const auto& [id, request] : std::exchange(sent_, {}))
      note(id, grid::transport_failure(true, "nobody waits for its answer any longer"),
           services_->time->seconds_since(begun_.at(id)));
    self_->quit();
  }

  void deliver(const send_shares& x) {
    sent_.emplace(x.id, x.request);
    shares_.emplace(x.id, x.request->changes.size());
    begun_.emplace(x.id, services_->time->now());
    messages::request(
        self_, server_.link, x.deadline + link_grace, write_slot{x.request, x.deadline},
        [this, id = x.id](const write_answer& answer) { on_answer(id, answer); },
        [this, id = x.id](const caf::error& e) {
          if (sent_.erase(id) > 0)
            tell(id, grid::transport_failure(true, describe(e, self_->system())), 0);
        });
  }

  void on_answer(grid::message_id id, const write_answer& answer) {
    const auto at = sent_.find(id);
    if (at == sent_.end())
      return;
    const auto request = at->second;
    sent_.erase(at);
    switch (answer.how) {
    case delivery::answered:
      tell(id, grid::judge_answer(*request, answer.answer), answer.seconds);
      return;
    case delivery::unreachable:
      tell(id, grid::transport_failure(false, answer.detail), answer.seconds);
      return;
    case delivery::unknown:
      tell(id, grid::transport_failure(true, answer.detail), answer.seconds);
      return;
    }
  }

  void tell(grid::message_id id, grid::write_outcome outcome, double seconds) {
    note(id, outcome, seconds);
    send(self_, coordinator_, shares_sent{id, server_.id, std::move(outcome), seconds});
  }

  void note(grid::message_id id, const grid::write_outcome& outcome, double seconds) {
    if (const auto shares = shares_.find(id); shares != shares_.end()) {
      services_->metrics->server(server_.name)
          .shares_written(outcome_of(outcome.kind), shares->second, std::chrono::duration<double>(seconds));
      if (outcome.kind == grid::write_outcome_kind::written)
        logs::say(services_->log, logs::events::shares_written,
                  {{"operation", operation_},
                   {"server", server_.name},
                   {"shares", shares->second},
                   {"seconds", seconds}});
      else
        logs::say(services_->log, logs::events::share_write_failed,
                  {{"operation", operation_},
                   {"server", server_.name},
                   {"shares", shares->second},
                   {"outcome", to_word(outcome_of(outcome.kind))},
                   {"detail", outcome.detail},
                   {"seconds", seconds}});
      shares_.erase(shares);
    }
  }

  shell<share_writer_state>* self_;
  services_ptr services_;
  server_entry server_;
  std::uint64_t operation_;
  publish_coordinator coordinator_;
  std::map<grid::message_id, std::shared_ptr<const grid::read_test_write>> sent_;
  std::map<grid::message_id, time_source::time_point> begun_;
  std::map<grid::message_id, std::size_t> shares_; ///< how many each message carries, for the metrics
};

} // namespace

messages::share_writer spawn_share_writer(caf::actor_system& system, services_ptr services,
                                          const server_entry& server, std::uint64_t operation,
                                          messages::publish_coordinator coordinator) {
  return messages::spawn<share_writer_state>(system, std::move(services), server, operation,
                                             std::move(coordinator));
}

} // namespace truckee::actors
