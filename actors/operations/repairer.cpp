#include "truckee/actors/operations/repairer.hpp"

#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/publish/publish_coordinator.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"
#include "truckee/actors/steps/share_verifier.hpp"
#include "truckee/grid/file/repair_plan.hpp"

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// map -> verify -> plan -> read -> publish; after a version that no map could show, from the beginning.
class repairer_state {
public:
  using handle = repairer;
  static constexpr const char* name = "truckee.repairer";

  repairer_state(shell<repairer_state>* self, repair_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services) {}

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          const auto promise = self_->template make_response_promise<repair_reply>();
          promise_ = promise;
          map();
          return caf::result<repair_reply>(promise); // it may be answered already
        },
        [this](const stop& x) { on_stop(x.reason); },
    };
  }

private:
  void map() {
    tell("Mapping shares", 0);
    mapper_ = spawn_map_updater(self_->system(), map_task_for(context_, grid::map_mode::repair, {0, 0.1}));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) {
          if (!promise_)
            return;
          mapped_ = std::make_shared<mapped_file>(*x.mapped);
          verify();
        },
        [this](const caf::error& e) { break_off(e); });
  }

  void verify() {
    verifier_ =
        spawn_share_verifier(self_->system(), {.context = context_.part({0.1, 0.5}), .mapped = mapped_});
    messages::request(
        self_, verifier_, std::chrono::hours(24), verify_shares{},
        [this](const verify_answer& x) {
          if (!promise_)
            return;
          auto replaced = x.bad;
          replaced.insert(replaced.end(), x.unwritable.begin(), x.unwritable.end());
          for (const auto& [place, reason] : replaced) {
            const auto head = mapped_->heads.find(place);
            const auto seen = head == mapped_->heads.end() ? byte_view{} : head->second.view();
            mapped_->map.mark_bad(place, seen.first(std::min(seen.size(), grid::prefix_read_size)), reason);
          }
          decide();
        },
        [this](const caf::error& e) { break_off(e); });
  }

  void decide() {
    reply_.before = check_reply_of(*context_.servers, mapped_->map);
    const auto plan = grid::plan_repair(mapped_->map, task_.force);
    if (!plan) {
      finish(plan.error());
      return;
    }
    plan_ = *plan;
    if (plan_.step == grid::repair_step::nothing) {
      finish(std::nullopt);
      return;
    }
    if (!mapped_->key) {
      finish(error{errc::not_enough_shares,
                   "no share gave a private key that belongs to this write capability"});
      return;
    }
    if (plan_.version->format() == grid::share_format::mdmf &&
        plan_.version->data_length > services_->limits.content_in_memory_max)
      write(plan_.version->data_length, {}, lent());
    else
      read();
  }

  /// Too much for memory: the publish reads it part by part.
  std::shared_ptr<const content_lender> lent() const {
    return std::make_shared<const content_lender>(
        content_lender{plan_.version->data_length, standing_content{mapped_, mapper_, *plan_.version}});
  }

  void read() {
    const auto reader = spawn_retriever(self_->system(), {.context = context_.part({0.5, 0.6}),
                                                          .mapped = mapped_,
                                                          .mapper = mapper_,
                                                          .version = *plan_.version});
    messages::request(
        self_, reader, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& x) {
          if (!promise_)
            return;
          if (x.ok)
            write(x.content.size(), x, nullptr);
          else
            finish(x.failure);
        },
        [this](const caf::error& e) { break_off(e); });
  }

  /// The content is in `read` or `lent`.
  void write(std::uint64_t content_bytes, const content_answer& read,
             std::shared_ptr<const content_lender> lent) {
    const auto& version = *plan_.version;
    auto again = existing_in(*mapped_, version, read.salts);
    const auto how =
        grid::publish_of(plan_, mapped_->map, again.has_value(),
                         task_.sent ? task_.sent->versions : std::set<grid::file_version>{}, task_.defaults);
    if (!how.refill)
      again.reset();
    publish_task task{.context = context_.part({0.6, 1}),
                      .keys = crypto::file_keys(*mapped_->key),
                      .content = read.content,
                      .lent = std::move(lent),
                      .shape = how.shape,
                      .sequence = how.sequence,
                      .map = mapped_->map,
                      .base = version,
                      .earlier = how.earlier,
                      .again = std::move(again),
                      .before = {{stage::map, mapped_->seconds}}};
    reply_.done = how.refill ? repair_action::refilled : repair_action::republished;
    reply_.write.content_bytes = content_bytes;
    const auto deadline = deadline_of(task, services_->limits) + std::chrono::seconds(30);
    coordinator_ = spawn_publish_coordinator(self_->system(), std::move(task));
    messages::request(
        self_, coordinator_, deadline, start_publish{},
        [this](const publish_answer& x) {
          coordinator_ = publish_coordinator{};
          if (!x.result->failure) {
            fill_reply(reply_.write, *context_.servers, *x.result);
            if (task_.sent)
              sent_history::add(*task_.sent, {x.result->report.version});
          }
          if (!x.result->failure && !stopped_ &&
              grid::worth_another_repair(x.result->report, ++publishes_, services_->limits)) {
            start_over();
            return;
          }
          const auto failure = failure_of(*x.result, *context_.servers);
          reply_.write.ok = !failure;
          reply_.write.became = failure ? effect::may_be_applied : effect::applied;
          if (failure)
            reply_.write.failure = *failure;
          finish(failure);
        },
        [this](const caf::error& e) { break_off(e); });
  }

  /// What the map could not see is known to exist now: all is looked at anew.
  void start_over() {
    send(self_, mapper_, stop{});
    if (verifier_)
      send(self_, verifier_, stop{});
    reply_.write = {};
    reply_.done = repair_action::nothing;
    map();
  }

  void on_stop(errc reason) {
    stopped_ = true;
    if (coordinator_)
      send(self_, coordinator_, stop{reason}); // it knows when it is safe to end; its report follows
    else
      finish(error{reason, "the repair was stopped before anything was written"});
  }

  void break_off(const caf::error& e) { finish(as_error(e, self_->system())); }

  void finish(std::optional<error> failure) {
    if (!promise_)
      return;
    reply_.ok = !failure;
    services_->metrics->operation_ended(operation_kind::repair, outcome_of(failure),
                                        services_->time->now() - start_);
    if (failure)
      reply_.failure = std::move(*failure);
    send(self_, mapper_, stop{});
    if (verifier_)
      send(self_, verifier_, stop{});
    promise_->deliver(std::move(reply_));
    promise_.reset();
    self_->quit();
  }

  void tell(const char* text, double progress) { tell_progress(self_, context_, text, progress); }

  shell<repairer_state>* self_;
  repair_task task_;
  const operation_context& context_;
  services_ptr services_;
  std::optional<caf::typed_response_promise<repair_reply>> promise_;
  map_updater mapper_;
  share_verifier verifier_;
  publish_coordinator coordinator_;
  std::shared_ptr<mapped_file> mapped_;
  grid::repair_plan plan_;
  repair_reply reply_;
  std::uint32_t publishes_ = 0;
  bool stopped_ = false;
  clock::time_point start_ = services_->time->now();
};

} // namespace

std::optional<shares::existing_version> existing_in(const messages::mapped_file& mapped,
                                                    const grid::file_version& version,
                                                    const std::vector<crypto::version_salt>& salts) {
  std::vector<shared_bytes> heads;
  for (const auto& place : mapped.map.places(version))
    if (const auto head = mapped.heads.find(place); head != mapped.heads.end())
      heads.push_back(head->second);
  return shares::existing(version, heads, salts);
}

messages::repairer spawn_repairer(caf::actor_system& system, repair_task task) {
  return messages::spawn<repairer_state>(system, std::move(task));
}

} // namespace truckee::actors
