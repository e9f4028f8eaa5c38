#include "truckee/actors/operations/strict_repairer.hpp"

#include "truckee/actors/operations/checker.hpp"
#include "truckee/actors/shell/metric_words.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// One brings a whole new version; the next one deletes what is older than that, with its damage.
constexpr std::uint32_t publishes_max = 2;

/// check -> publish -> check -> publish, as long as a publish would make it better.
class strict_repairer_state {
public:
  using handle = repairer;
  static constexpr const char* name = "truckee.strict_repairer";

  strict_repairer_state(shell<strict_repairer_state>* self, write_task write)
    : self_(self), write_(std::move(write)), services_(write_.context.services) {}

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          const auto promise = self_->template make_response_promise<repair_reply>();
          promise_ = promise;
          check();
          return caf::result<repair_reply>(promise);
        },
        [this](const stop& x) {
          stopped_ = x.reason;
          if (checker_)
            send(self_, checker_, stop{x.reason});
          if (writer_)
            send(self_, writer_, stop{x.reason}); // it knows when it is safe to end
        },
    };
  }

private:
  void check() {
    checker_ = spawn_checker(
        self_->system(),
        {.context = write_.context.part({0, 0.5}),
         .verify = true,
         .strict = write_.strict,
         .is_part = true,
         .standing = standing_});
    messages::request(
        self_, checker_, std::chrono::hours(24), run{}, [this](const check_reply& x) { on_check(x); },
        [this](const caf::error& e) { finish(as_error(e, self_->system())); });
  }

  void on_check(const check_reply& x) {
    checker_ = checker{};
    if (publishes_ == 0)
      reply_.before = x;
    const bool mendable = standing_->mendable || !x.bad.empty();
    if (publishes_ > 0 && (stopped_ || !x.ok || !mendable || publishes_ == publishes_max))
      return finish(std::nullopt);
    if (stopped_)
      return finish(error{*stopped_, "the repair was stopped before anything was written"});
    if (!x.ok)
      return finish(x.failure);
    if (!mendable)
      return finish(std::nullopt);
    publish();
  }

  void publish() {
    ++publishes_;
    auto write = write_;
    write.context = write_.context.part({0.5, 1});
    writer_ = spawn_file_writer(self_->system(), std::move(write));
    messages::request(
        self_, writer_, std::chrono::hours(24), run{}, [this](const publish_reply& x) { on_published(x); },
        [this](const caf::error& e) { finish(as_error(e, self_->system())); });
  }

  void on_published(const publish_reply& x) {
    writer_ = file_writer{};
    const bool first = publishes_ == 1;
    if (first || x.ok) // a second one that fails leaves what the first one wrote
      reply_.write = x;
    if (x.ok || x.became == effect::may_be_applied)
      reply_.done = repair_action::republished;
    if (x.ok)
      check();
    else
      finish(first ? std::optional(x.failure) : std::nullopt);
  }

  void finish(std::optional<error> failure) {
    reply_.ok = !failure;
    services_->metrics->operation_ended(operation_kind::repair, outcome_of(failure),
                                        services_->time->now() - start_);
    if (failure)
      reply_.failure = std::move(*failure);
    promise_->deliver(std::move(reply_));
    self_->quit();
  }

  shell<strict_repairer_state>* self_;
  const write_task write_;
  services_ptr services_;
  std::optional<caf::typed_response_promise<repair_reply>> promise_;
  messages::checker checker_;
  messages::file_writer writer_;
  repair_reply reply_;
  std::shared_ptr<grid::strict_standing> standing_ = std::make_shared<grid::strict_standing>();
  std::uint32_t publishes_ = 0;
  std::optional<errc> stopped_;
  std::chrono::steady_clock::time_point start_ = services_->time->now();
};

} // namespace

messages::repairer spawn_strict_repairer(caf::actor_system& system, write_task write) {
  return messages::spawn<strict_repairer_state>(system, std::move(write));
}

} // namespace truckee::actors
