#include "truckee/actors/publish/publish_coordinator.hpp"

#include "truckee/actors/publish/publish_log.hpp"
#include "truckee/actors/publish/publish_picture.hpp"
#include "truckee/actors/publish/share_writer.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/shell/tell_progress.hpp"
#include "truckee/codec/sdmf/encode.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/publish/write_message.hpp"
#include "truckee/shares/share_check.hpp"

#include <stop_token>

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

double seconds_between(clock::time_point from, clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

class publish_coordinator_state {
public:
  using handle = extended<publish_coordinator, void(continuation)>;
  static constexpr const char* name = "truckee.publish_coordinator";

  publish_coordinator_state(shell<publish_coordinator_state>* self, services_ptr services, publish_task task)
    : self_(self), services_(std::move(services)),
      task_(std::make_shared<const publish_task>(std::move(task))), running_(services_->metrics),
      picture_(services_->time, task_->servers, detail_of(*task_), task_->before),
      log_(services_->log, task_->operation, task_->servers) {}

  behavior<handle> make_behavior() {
    return {
        [this](const start_publish&) { return start(); },
        [this](const shares_sent& x) { on_shares_sent(x); },
        [this](const stop& x) { on_stop(x.reason); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  static publish_detail detail_of(const publish_task& task) {
    publish_detail out;
    out.mode = task.new_file ? publish_mode::new_file
               : task.again  ? publish_mode::refill
                             : publish_mode::update;
    out.version = task.sequence;
    out.spread = {task.shape.needed, task.shape.total, task.happy};
    return out;
  }

  // -- encoding
  // ----------------------------------------------------------------------------------------------

  caf::result<publish_answer> start() {
    promise_ = self_->template make_response_promise<publish_answer>();
    send_picture();
    // Waiting for room and encoding count: whoever asked does not wait longer than for one publish.
    send_later(self_, duration(services_->limits.publish_deadline),
               continuation{[this] { on_stop(errc::timeout); }});
    if (services_->budget)
      take_room();
    else
      encode();
    return *promise_;
  }

  /// Shares exist in memory only once there is room for them: many publishes at once wait here, in order.
  void take_room() {
    tell("Waiting for other publishes' bytes", 0.01);
    // A shape that makes no sense is told by encoding; it takes no room.
    const auto bytes =
        codec::is_valid(task_->shape)
            ? codec::share_size(task_->content.size(), task_->shape, task_->keys.signing) * task_->shape.total
            : 0;
    request(
        self_, services_->budget, duration(services_->limits.publish_deadline) + link_grace,
        take_bytes{bytes, task_->operation},
        [this](const bytes_taken& x) {
          grant_ = x.grant;
          if (stopped_)
            refuse({*stopped_, "stopped while it waited for room; nothing was sent"});
          else
            encode();
        },
        [this](const caf::error& e) {
          refuse({errc::timeout, "no room for its shares in time: " + describe(e, self_->system())});
        });
  }

  void encode() {
    tell("Encrypting", 0.02);
    const auto me = caf::actor_cast<handle>(self_->ctrl());
    offload(
        self_, *services_->compute,
        [this, services = services_, task = task_, stop = stop_.get_token(), me] {
          codec::codec_context context{*services->random, *services->compute, *services->codes,
                                       services->buffers.get(), services->time};
          codec::encode_request request{task->content.view(), task->shape, task->sequence, task->keys};
          request.on_stage = [this, me](codec::encode_stage stage) {
            send_anonymously(me, continuation{[this, stage] { tell_stage(stage); }});
          };
          request.stop = stop;
          request.again = task->again ? &*task->again : nullptr;
          return codec::encode_sdmf(request, context);
        },
        [this](result<codec::encoded_file>&& encoded) {
          if (encoded)
            begin_push(std::move(*encoded));
          else if (stopped_)
            refuse({*stopped_, "stopped while it was encoded; nothing was sent"});
          else
            refuse(encoded.error());
        });
  }

  void tell_stage(codec::encode_stage now) {
    if (loop_)
      return;
    switch (now) {
    case codec::encode_stage::encrypt:
      return tell_stage(stage::encrypt, "Encrypting", 0.02);
    case codec::encode_stage::encode:
      return tell_stage(stage::encode, "Encoding", 0.05);
    case codec::encode_stage::hash:
      return tell_stage(stage::hash, "Hashing", 0.08);
    case codec::encode_stage::sign:
      return tell_stage(stage::sign, "Signing", 0.18);
    case codec::encode_stage::pack:
      return tell_stage(stage::pack, "Packing", 0.2);
    }
  }

  void tell_stage(stage which, const char* text, double progress) {
    tell(text, progress);
    picture_.stage_begins(which);
    show_picture();
  }

  void refuse(error why) {
    // Encoding only knows that it was stopped; we know why.
    if (stopped_ && why.code == errc::cancelled)
      why.code = *stopped_;
    auto result = std::make_shared<publish_result>();
    result->failure = std::move(why);
    running_.ended({outcome_of(result->failure), services_->time->now() - start_, 0, task_->happy, 0, 0});
    answer(std::move(result));
  }

  // -- the loop
  // ----------------------------------------------------------------------------------------------

  void begin_push(codec::encoded_file&& encoded) {
    stages_ = {{stage::encrypt, encoded.timings.encrypt},
               {stage::encode, encoded.timings.encode},
               {stage::hash, encoded.timings.hash},
               {stage::sign, encoded.timings.sign},
               {stage::pack, encoded.timings.pack}};
    for (const auto& each : stages_)
      services_->metrics->stage_took(each.which, std::chrono::duration<double>(each.seconds));
    for (std::size_t i = 0; i < encoded.shares.size(); ++i)
      shares_.emplace(share_number{static_cast<std::uint8_t>(i)}, encoded.shares[i]);
    auto loop = grid::publish_loop::start(request_for(encoded));
    if (!loop) {
      refuse(loop.error());
      return;
    }
    loop_.emplace(std::move(*loop));
    push_start_ = services_->time->now();
    picture_.stages_ended(stages_);
    picture_.stage_begins(stage::push);
    if (stopped_)
      stop_loop(*stopped_);
    pump();
  }

  grid::publish_request request_for(const codec::encoded_file& encoded) const {
    grid::publish_request out;
    out.version = version_of(encoded.header);
    out.happy = task_->happy;
    out.map = task_->map;
    out.new_file = task_->new_file;
    out.base = task_->base;
    out.same_version = task_->again.has_value();
    out.servers = task_->servers->candidates(task_->keys.slot);
    out.earlier = task_->earlier;
    out.limits = services_->limits;
    out.order = task_->order;
    return out;
  }

  void pump() {
    const auto actions = loop_->step();
    for (const auto& message : actions.writes)
      write(message);
    for (const auto& message : actions.rereads)
      reread(message);
    show();
    if (actions.finished)
      finish();
  }

  void write(const grid::publish_message& message) {
    picture_.message_sent(message.id, message.server, message.shares.size());
    log_.sends(message, task_->map);
    const auto* entry = task_->servers->find(message.server);
    auto built = grid::build_message(message, shares_, task_->keys.slot, secrets_for(message.server));
    if (entry == nullptr || !built) {
      grid::write_outcome no;
      no.kind = grid::write_outcome_kind::unreachable;
      no.detail = entry == nullptr ? "it is not in the grid file any more" : to_string(built.error());
      log_.answered(message.id, no.kind);
      picture_.message_answered(message.id, outcome_of(no.kind), no.detail, 0);
      loop_->on_write(message.id, no);
      send_later(self_, duration(0), continuation{[this] { pump(); }});
      return;
    }
    const auto bytes = grid::message_size(*built);
    share_bytes_ += bytes;
    services_->metrics->share_bytes_sent(bytes);
    auto& writer = writers_[message.server];
    if (!writer) {
      writer = spawn_share_writer(self_->system(), services_, *entry, task_->operation,
                                  caf::actor_cast<publish_coordinator>(self_->ctrl()));
    }
    send(self_, writer,
         send_shares{message.id, std::make_shared<const grid::read_test_write>(std::move(*built)),
                     duration(services_->limits.server_deadline(bytes))});
  }

  grid::slot_secrets secrets_for(const server_id& server) const {
    const auto lease = crypto::derive_lease_secrets(services_->lease, task_->keys.slot, server);
    return {crypto::derive_write_enabler(task_->keys.write, server), lease.renew, lease.cancel};
  }

  void on_shares_sent(const shares_sent& x) {
    if (!loop_ || loop_->finished())
      return;
    const auto server = task_->servers->name_of(x.server);
    log_.answered(x.id, x.outcome.kind);
    servers_.push_back({server, outcome_of(x.outcome.kind), x.outcome.detail, x.seconds});
    picture_.message_answered(x.id, servers_.back().outcome, x.outcome.detail, x.seconds);
    loop_->on_write(x.id, x.outcome);
    pump();
  }

  void reread(const grid::reread_message& message) {
    const auto* entry = task_->servers->find(message.server);
    picture_.message_sent(message.id, message.server, 0);
    read_from(self_, entry->link, grid::build_reread(message, task_->keys.slot),
              duration(services_->limits.reread_deadline), [this, message](const read_answer& x) {
                if (loop_->finished())
                  return;
                const bool answered = x.how == delivery::answered;
                picture_.message_answered(message.id,
                                          answered ? server_outcome::answered : server_outcome::no_answer,
                                          x.detail, x.seconds);
                loop_->on_reread(message.id, answered ? grid::judge_reread(message, x.answer)
                                                      : grid::reread_outcome{false, {}, x.detail});
                pump();
              });
  }

  void on_stop(errc reason) {
    stopped_ = reason;
    stop_.request_stop();
    if (promise_ && services_->budget && !grant_) {
      refuse({reason, "stopped while it waited for room; nothing was sent"});
      return;
    }
    if (!loop_ || loop_->finished())
      return;
    stop_loop(reason);
    pump();
  }

  void stop_loop(errc reason) {
    if (reason == errc::timeout)
      loop_->deadline_passed();
    else
      loop_->cancel();
  }

  // -- what others see
  // -----------------------------------------------------------------------------------------

  void show() {
    const auto status = loop_->status();
    running_.progress(status.goal, status.placed, status.outstanding);
    if (!task_->listener)
      return;
    show_picture();
    operation_progress out;
    out.operation = task_->operation;
    out.text = status.text;
    out.progress = task_->span.at(0.2 + 0.8 * status.progress);
    out.bytes_total = task_->content.size();
    out.bytes_done = static_cast<std::uint64_t>(static_cast<double>(out.bytes_total) * status.progress);
    out.goal = static_cast<std::uint32_t>(status.goal);
    out.placed = static_cast<std::uint32_t>(status.placed);
    out.outstanding = static_cast<std::uint32_t>(status.outstanding);
    send(self_, task_->listener, std::move(out));
  }

  /// Now, or together with what else changes meanwhile.
  void show_picture() {
    if (picture_is_due_ || !task_->listener)
      return;
    const auto rest = picture_interval - (services_->time->now() - last_picture_);
    if (rest <= duration(0)) {
      send_picture();
      return;
    }
    picture_is_due_ = true;
    send_later(self_, rest, continuation{[this] {
                 picture_is_due_ = false;
                 send_picture();
               }});
  }

  void send_picture() {
    if (!task_->listener)
      return;
    last_picture_ = services_->time->now();
    const auto shares = loop_ ? loop_->status().places : std::map<grid::share_place, grid::share_state>{};
    send(self_, task_->listener, publish_news{task_->operation, picture_.taken(shares)});
  }

  void tell(std::string text, double progress) {
    if (!loop_)
      tell_progress(self_, *task_, std::move(text), task_->span.at(progress));
  }

  void finish() {
    auto result = std::make_shared<publish_result>();
    result->report = loop_->report();
    const auto push = seconds_between(push_start_, services_->time->now());
    stages_.push_back({stage::push, push});
    services_->metrics->stage_took(stage::push, std::chrono::duration<double>(push));
    log_.ended(result->report, task_->keys.slot, stages_, share_bytes_);
    picture_.stages_ended(stages_);
    picture_.happiness_is(result->report.happiness);
    result->stages = std::move(stages_);
    result->servers = std::move(servers_);
    result->share_bytes = share_bytes_;
    const auto& report = result->report;
    for (const auto& problem : report.problems)
      services_->metrics->share_rehomed(outcome_of(problem.kind));
    using metrics::surprise;
    for (const auto& [kind, shares] : {std::pair(surprise::stale, report.stale_met),
                                       {surprise::hidden, report.hidden.size()},
                                       {surprise::uncoordinated_write, report.surprises.size()},
                                       {surprise::own_copy, report.own_copies},
                                       {surprise::converged, report.converged}})
      services_->metrics->surprised(kind, shares);
    if (report.ok())
      services_->metrics->plaintext_given(task_->content.size());
    running_.ended({outcome_of(report.failure()), services_->time->now() - start_, report.happiness,
                    report.happy, report.stale.size(), report.unknown_servers.size()});
    answer(std::move(result));
  }

  void answer(std::shared_ptr<const publish_result> result) {
    picture_.stage_begins(std::nullopt);
    send_picture();
    for (const auto& [id, writer] : writers_)
      send(self_, writer, stop{});
    if (grant_)
      send(self_, services_->budget, give_bytes_back{*grant_});
    promise_->deliver(publish_answer{std::move(result)});
    self_->quit();
  }

  shell<publish_coordinator_state>* self_;
  services_ptr services_;
  std::shared_ptr<const publish_task> task_; ///< shared with the encoding job, which may outlive the actor
  metrics::running_publish running_;
  publish_picture picture_;
  publish_log log_;
  bool picture_is_due_ = false;
  clock::time_point last_picture_;
  clock::time_point start_ = services_->time->now();
  clock::time_point push_start_;
  std::optional<caf::typed_response_promise<publish_answer>> promise_;
  std::stop_source stop_;
  std::optional<errc> stopped_;
  std::optional<std::uint64_t> grant_;

  std::map<share_number, shared_bytes> shares_;
  std::optional<grid::publish_loop> loop_;
  std::map<server_id, share_writer> writers_;
  std::vector<stage_seconds> stages_;
  std::vector<server_report> servers_;
  std::uint64_t share_bytes_ = 0;
};

} // namespace

messages::publish_coordinator spawn_publish_coordinator(caf::actor_system& system, services_ptr services,
                                                        publish_task task) {
  return messages::spawn<publish_coordinator_state>(system, std::move(services), std::move(task));
}

} // namespace truckee::actors
