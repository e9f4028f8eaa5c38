#include "truckee/actors/operations/strict_repairer.hpp"

#include "truckee/actors/operations/checker.hpp"
#include "truckee/actors/operations/repairer.hpp"
#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/publish/publish_coordinator.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"
#include "truckee/grid/strict/rules.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// One brings a whole new version; the next one deletes what is older than that, with its damage.
constexpr std::uint32_t publishes_max = 2;

/// check -> publish -> check -> publish, as long as a publish would make it better. Where all that is amiss is servers that
/// missed the confirmed version, they get just that instead of the first publish (R8): map -> read -> fill in. Where one has
/// nothing at all and something newer may be confirmed yet, it gets that before the publish, which has no room otherwise.
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
          if (mapper_)
            send(self_, mapper_, stop{x.reason});
          if (reader_)
            send(self_, reader_, stop{x.reason});
          if (coordinator_)
            send(self_, coordinator_, stop{x.reason});
          if (writer_)
            send(self_, writer_, stop{x.reason}); // it knows when it is safe to end
        },
    };
  }

private:
  void check() {
    checker_ = spawn_checker(self_->system(), {.context = write_.context.part({0, 0.5}),
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
    if (publishes_ == 0 && !filled_in_)
      reply_.before = x;
    const bool mendable = standing_->mendable || !x.bad.empty();
    const bool did = publishes_ > 0 || reply_.done == repair_action::refilled;
    if (did && (stopped_ || !x.ok || !mendable || publishes_ == publishes_max))
      return finish(std::nullopt);
    if (stopped_)
      return finish(error{*stopped_, "the repair was stopped before anything was written"});
    if (!x.ok)
      return finish(x.failure);
    if (!mendable)
      return finish(std::nullopt);
    if (publishes_ == 0 && !filled_in_ && x.bad.empty() &&
        (standing_->only_missing || standing_->has_empty_slot))
      map_to_fill_in();
    else
      publish();
  }

  // -- R8 --

  void map_to_fill_in() {
    filled_in_ = true;
    mapper_ = spawn_map_updater(self_->system(), strict_map_task_for(write_.context, grid::map_mode::repair,
                                                                     {0.5, 0.55}, *write_.strict));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) {
          mapped_ = x.mapped;
          read_to_fill_in();
        },
        [this](const caf::error&) { publish_after_all(); });
  }

  void read_to_fill_in() {
    const auto version = mapped_->slots ? grid::strict::greatest_on_enough(*mapped_->slots) : std::nullopt;
    if (!version || !mapped_->key || grid::strict::missing_places(*mapped_->slots, *version).empty())
      return publish_after_all();
    version_ = *version;
    reader_ = spawn_retriever(self_->system(), {.context = write_.context.part({0.55, 0.6}),
                                                .mapped = mapped_,
                                                .mapper = mapper_,
                                                .version = version_});
    messages::request(
        self_, reader_, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& x) {
          reader_ = retriever{};
          if (x.ok)
            fill_in(x);
          else
            publish_after_all();
        },
        [this](const caf::error&) { publish_after_all(); });
  }

  void fill_in(const content_answer& read) {
    auto again = existing_in(*mapped_, version_, read.salts);
    if (!again || stopped_)
      return publish_after_all();
    publish_task task{
        .context = write_.context.part({0.6, 1}),
        .keys = crypto::file_keys(*mapped_->key),
        .content = read.content,
        .shape = {version_.k, version_.n, static_cast<std::uint8_t>(write_.strict->confirming())},
        .sequence = version_.sequence,
        .map = mapped_->map,
        .base = version_,
        .strict = grid::strict_base{*mapped_->slots, {}},
        .again = std::move(again),
        .before = {{stage::map, mapped_->seconds}}};
    task.strict->fill_in = true;
    reply_.write.content_bytes = read.content.size();
    coordinator_ = spawn_publish_coordinator(self_->system(), std::move(task));
    messages::request(
        self_, coordinator_, duration(services_->limits.publish_deadline) + std::chrono::seconds(30),
        start_publish{},
        [this](const publish_answer& x) {
          coordinator_ = publish_coordinator{};
          if (x.result->failure || !x.result->report.ok())
            return publish_after_all();
          fill_reply(reply_.write, *write_.context.servers, *x.result);
          reply_.write.ok = true;
          reply_.write.became = effect::applied;
          reply_.done = repair_action::refilled;
          drop_mapper();
          check();
        },
        [this](const caf::error&) { publish_after_all(); });
  }

  /// What is there changed meanwhile, or not everybody answers: a new version is right whatever it is.
  void publish_after_all() {
    drop_mapper();
    if (stopped_)
      return finish(error{*stopped_, "the repair was stopped before anything was published"});
    publish();
  }

  void drop_mapper() {
    if (mapper_)
      send(self_, mapper_, stop{});
    mapper_ = map_updater{};
  }

  // -- a new version --

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
    const bool first = publishes_ == 1 && reply_.done != repair_action::refilled;
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
  map_updater mapper_;
  retriever reader_;
  publish_coordinator coordinator_;
  std::shared_ptr<const mapped_file> mapped_; ///< to fill in
  grid::file_version version_;
  bool filled_in_ = false; ///< or tried to
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
