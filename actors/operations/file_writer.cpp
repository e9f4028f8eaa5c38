#include "truckee/actors/operations/file_writer.hpp"

#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/publish/publish_coordinator.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/shell/tell_progress.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

class file_writer_state {
public:
  using handle = extended<file_writer, void(continuation)>;
  static constexpr const char* name = "truckee.file_writer";

  file_writer_state(shell<file_writer_state>* self, services_ptr services, write_task task)
    : self_(self), services_(std::move(services)), task_(std::move(task)) {
    reply_.content_bytes = task_.content.size();
  }

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          promise_ = self_->template make_response_promise<publish_reply>();
          if (task_.key)
            publish_new();
          else
            publish_next();
          return caf::result<publish_reply>(*promise_);
        },
        [this](const stop& x) { on_stop(x.reason); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  // -- a new file: no map, no retry
  // ----------------------------------------------------------------------------

  void publish_new() {
    auto task = publish_task_for(crypto::file_keys(*task_.key), task_.spread.value_or(task_.defaults));
    task.new_file = true;
    start_publish_of(std::move(task), [this](const publish_result& x) {
      fill_reply(reply_, *task_.servers, x);
      if (!x.failure)
        remember({x.report.version});
      finish(failure_of(x, *task_.servers));
    });
  }

  publish_task publish_task_for(crypto::file_keys keys, const grid::spread& spread) const {
    return publish_task{task_.operation,
                        task_.listener,
                        task_.servers,
                        std::move(keys),
                        task_.content,
                        codec::encoding{spread.needed, spread.total},
                        spread.happy,
                        sequence_number{1},
                        false,
                        {},
                        {},
                        {},
                        task_.wish.order,
                        {},
                        {},
                        {task_.modify ? 0.1 : 0.0, 1}};
  }

  template <class Then>
  void start_publish_of(publish_task task, Then then) {
    coordinator_ = spawn_publish_coordinator(self_->system(), services_, std::move(task));
    // The coordinator arms its own deadline; this one only guards against a defect of ours.
    messages::request(
        self_, coordinator_, duration(services_->limits.publish_deadline) + std::chrono::seconds(30),
        start_publish{},
        [this, then](const publish_answer& x) {
          coordinator_ = publish_coordinator{};
          then(*x.result);
        },
        [this](const caf::error& e) { finish(as_error(e, self_->system())); });
  }

  // -- an existing file
  // ------------------------------------------------------------------------------------------

  void publish_next() {
    if (task_.sent)
      task_.wish.earlier = *task_.sent;
    if (task_.modify)
      task_.wish.kind = grid::write_kind::modify;
    if (task_.only_if)
      task_.wish.kind = grid::write_kind::conditional;
    task_.wish.server_name = [servers = task_.servers](const server_id& id) { return servers->name_of(id); };
    operation_.emplace(task_.wish, *services_->random);
    act();
  }

  /// The condition names a version by what a person has seen of it; the first map says which one that is.
  bool resolve_condition(const grid::servermap& map) {
    if (!task_.only_if || task_.wish.only_if)
      return true;
    const auto best = map.best();
    const auto matches = [&](const grid::file_version& version) {
      return version.sequence == task_.only_if->version &&
             to_hex(version.root.view()).starts_with(task_.only_if->root);
    };
    if (best && matches(*best)) {
      task_.wish.only_if = best;
      operation_.emplace(task_.wish, *services_->random); // it begins with a map, which is at hand
      return true;
    }
    auto now = best ? "the file is at " + describe(*best) : std::string("no version of the file can be read");
    finish(error{errc::uncoordinated_write,
                 now + ", not at version " + std::to_string(task_.only_if->version.value) +
                     (task_.only_if->root.empty() ? "" : " (root " + task_.only_if->root + ")") +
                     "; read it again and decide anew. Nothing was written"});
    return false;
  }

  void act() {
    const auto action = operation_->next();
    switch (action.what) {
    case grid::write_action::kind::map:
      map(action);
      return;
    case grid::write_action::kind::read:
      read(*action.version);
      return;
    case grid::write_action::kind::apply:
      apply();
      return;
    case grid::write_action::kind::publish:
      publish(action);
      return;
    case grid::write_action::kind::wait:
      tell("Waiting after a collision", 0.05);
      logs::say(
          services_->log, logs::events::collision_wait,
          {{"operation", task_.operation}, {"seconds", std::chrono::duration<double>(action.delay).count()}});
      send_later(self_, duration(action.delay), continuation{[this] {
                   if (operation_->done())
                     return;
                   operation_->on_waited();
                   act();
                 }});
      return;
    case grid::write_action::kind::done:
      conclude();
      return;
    }
  }

  void map(const grid::write_action& action) {
    tell("Mapping shares", 0);
    auto task = map_task_for(services_, task_, action.mode, {0, 0.05});
    task.request.ask_all = action.ask_all;
    task.request.have_private_key = keys_.has_value();
    task.request.k = task_.defaults.needed;
    task.request.n = task_.defaults.total;
    drop_mapper();
    mapper_ = spawn_map_updater(self_->system(), services_, std::move(task));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) {
          if (!operation_->done())
            on_map(x);
        },
        [this](const caf::error& e) {
          operation_->on_map_failed(as_error(e, self_->system()));
          act();
        });
  }

  void on_map(const map_answer& x) {
    mapped_ = x.mapped;
    map_seconds_ += x.mapped->seconds;
    services_->metrics->stage_took(stage::map, std::chrono::duration<double>(x.mapped->seconds));
    if (x.mapped->key && !keys_)
      keys_.emplace(*x.mapped->key);
    if (!resolve_condition(x.mapped->map))
      return;
    if (!keys_)
      operation_->on_map_failed(no_key(x.mapped->map));
    else
      operation_->on_map(x.mapped->map);
    act();
  }

  error no_key(const grid::servermap& map) const {
    std::string detail =
        map.versions().empty() && map.bad_shares().empty()
            ? "no server that answered has a share of this file, so its signing key cannot be had"
            : "no share gave a private key that belongs to this write capability";
    for (const auto& [server, why] : map.servers_failed())
      detail += "; " + task_.servers->name_of(server) + ": " + why;
    return {errc::not_enough_shares, std::move(detail)};
  }

  void read(const grid::file_version& version) {
    reader_ = spawn_retriever(self_->system(), services_,
                              {task_.operation,
                               task_.listener,
                               task_.access,
                               task_.servers,
                               mapped_,
                               mapper_,
                               version,
                               {0.05, 0.1}});
    messages::request(
        self_, reader_, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& x) {
          if (operation_->done())
            return;
          if (x.ok)
            read_content_ = x.content;
          operation_->on_read(x.ok, x.failure.detail);
          act();
        },
        [this](const caf::error& e) {
          operation_->on_read(false, describe(e, self_->system()));
          act();
        });
  }

  void apply() {
    offload(
        self_, *services_->compute,
        [modify = task_.modify, content = read_content_] { return modify(content); },
        [this](result<std::optional<shared_bytes>>&& changed) {
          if (operation_->done())
            return;
          if (!changed) {
            operation_->on_apply_failed(changed.error());
          } else {
            if (*changed)
              task_.content = **changed;
            else if (read_content_)
              task_.content = *read_content_;
            reply_.content_bytes = task_.content.size();
            operation_->on_applied(changed->has_value());
          }
          act();
        });
  }

  void publish(const grid::write_action& action) {
    auto task = publish_task_for(*keys_, spread_for(action.base));
    task.sequence = action.sequence;
    task.map = mapped_->map;
    task.base = action.base;
    task.earlier = task_.wish.earlier;
    task.earlier.insert(operation_->result().sent.begin(), operation_->result().sent.end());
    task.before = {{stage::map, map_seconds_}};
    start_publish_of(std::move(task), [this](const publish_result& x) {
      fill_reply(reply_, *task_.servers, x);
      if (x.failure) {
        // Nothing was sent: encoding or the loop's own checks said no.
        operation_->on_publish_refused(*x.failure);
      } else {
        operation_->on_published(x.report);
      }
      // A publish that was at its end anyway when it was told to stop is not followed by another try.
      if (stopped_ && !operation_->done())
        operation_->stop(*stopped_);
      act();
    });
  }

  /// An existing file keeps its own k and N unless the caller asks for others.
  grid::spread spread_for(const std::optional<grid::file_version>& base) const {
    if (task_.spread)
      return *task_.spread;
    if (!base)
      return task_.defaults;
    return {base->k, base->n, std::min(task_.defaults.happy, base->n)};
  }

  void conclude() {
    const auto& x = operation_->result();
    switch (x.end) {
    case grid::write_end::written:
    case grid::write_end::unchanged:
      reply_.unchanged = x.end == grid::write_end::unchanged;
      finish(std::nullopt);
      return;
    case grid::write_end::running:
    case grid::write_end::uncoordinated_write:
    case grid::write_end::version_changed:
    case grid::write_end::unrecoverable:
    case grid::write_end::failed:
      break;
    }
    for (const auto& version : x.recoverable_now)
      reply_.recoverable_now += (reply_.recoverable_now.empty() ? "" : ", ") + describe(version);
    finish(x.failure ? *x.failure
                     : error{errc::internal, "the write ended as \"" + std::string(to_string(x.end)) + "\""});
  }

  // -- the end
  // -----------------------------------------------------------------------------------------------------

  void on_stop(errc reason) {
    const error why{reason, reason == errc::timeout ? "the write took longer than it was given"
                                                    : "the write was stopped"};
    if (coordinator_) {
      stopped_ = why;
      // The publish decides when it is safe to end; its report follows.
      send(self_, coordinator_, stop{reason});
      return;
    }
    if (operation_ && !operation_->done()) {
      operation_->stop(why);
      act();
    }
  }

  void remember(const std::set<grid::file_version>& sent) {
    if (task_.sent)
      sent_history::add(*task_.sent, sent);
  }

  void finish(std::optional<error> failure) {
    if (!promise_)
      return;
    if (operation_)
      remember(operation_->result().sent);
    reply_.ok = !failure;
    if (failure)
      reply_.failure = std::move(*failure);
    services_->metrics->operation_ended(task_.modify ? operation_kind::append : operation_kind::publish,
                                        reply_.ok ? std::nullopt : metrics::outcome(reply_.failure.code),
                                        services_->time->now() - start_);
    reply_.stages.insert(reply_.stages.begin(), {stage::map, map_seconds_});
    drop_mapper();
    if (reader_)
      send(self_, reader_, stop{});
    promise_->deliver(std::move(reply_));
    promise_.reset();
    self_->quit();
  }

  void tell(const char* text, double progress) { tell_progress(self_, task_, text, progress); }

  void drop_mapper() {
    if (mapper_)
      send(self_, mapper_, stop{});
  }

  shell<file_writer_state>* self_;
  services_ptr services_;
  write_task task_;
  std::chrono::steady_clock::time_point start_ = services_->time->now();
  std::optional<caf::typed_response_promise<publish_reply>> promise_;
  std::optional<grid::write_operation> operation_;
  std::optional<crypto::file_keys> keys_;
  std::shared_ptr<const mapped_file> mapped_;
  std::optional<shared_bytes> read_content_;
  map_updater mapper_;
  retriever reader_;
  publish_coordinator coordinator_;
  publish_reply reply_;
  std::optional<error> stopped_; ///< while a publish was running
  double map_seconds_ = 0;
};

} // namespace

messages::file_writer spawn_file_writer(caf::actor_system& system, services_ptr services, write_task task) {
  return messages::spawn<file_writer_state>(system, std::move(services), std::move(task));
}

} // namespace truckee::actors
