#include "actors/file_gateway.hpp"

#include "actors/append.hpp"
#include "actors/checker.hpp"
#include "actors/file_access.hpp"
#include "actors/file_reader.hpp"
#include "actors/file_writer.hpp"
#include "actors/gather.hpp"
#include "actors/key_maker.hpp"
#include "actors/link_reads.hpp"
#include "actors/operation_table.hpp"
#include "actors/repairer.hpp"
#include "actors/replies.hpp"
#include "crypto/base32.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

class file_gateway_state {
public:
  using handle =
      extended<file_gateway, void(operation_progress), void(publish_news), void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.file_gateway";

  file_gateway_state(shell<file_gateway_state>* self, const world& w, gateway_options options)
    : self_(self), world_(w), options_(std::move(options)),
      table_(options_.limits.recent_max, options_.limits.refused_max),
      keys_(spawn_key_maker(self->system(), w, options_.keys_ready)) {}

  behavior<handle> make_behavior() {
    return {
        [this](const publish_request& x) { return on_publish(x); },
        [this](const append_request& x) { return on_append(x); },
        [this](const retrieve_request& x) { return on_retrieve(x); },
        [this](const check_request& x) { return on_check(x); },
        [this](const repair_request& x) { return on_repair(x); },
        [this](const list_leases_request& x) { return on_list_leases(x); },
        [this](const cancel_request& x) { return on_cancel(x); },
        [this](const subscribe& x) { return on_subscribe(x); },
        [this](const status_request&) { return on_status(); },
        [this](const operation_detail_request& x) { return on_detail(x.operation); },
        [this](const operation_progress& x) { on_progress(x); },
        [this](const publish_news& x) {
          if (auto* operation = table_.find(x.operation))
            operation->take(x.snapshot);
        },
        [this](const stop& x) { on_stop(x.reason); },
        [](const continuation& rest) { rest.run(); },
    };
  }

  void on_down(const caf::actor_addr& who) {
    if (std::erase_if(listeners_, [&](const progress_listener& x) { return same_actor(x.address(), who); }) >
        0)
      logs::say(world_.log, logs::events::subscriber_left, {{"subscribers", listeners_.size()}});
  }

private:
  // -- requests
  // --------------------------------------------------------------------------------------------------

  caf::result<publish_reply> on_publish(const publish_request& x) {
    auto promise = promise_for<publish_reply>();
    auto record = new_record("publish", x.token, x.content.size());
    if (auto bad = check_publish(x)) {
      turn_away(std::move(record), promise, *bad);
      return promise;
    }
    if (!x.write_cap.empty()) {
      auto access = open_capability(x.write_cap, strength::write);
      if (!access)
        turn_away(std::move(record), promise, access.error());
      else
        enter_publish(std::move(record), x, promise, std::move(*access), std::nullopt);
      return promise;
    }
    await_key(std::move(record), x, promise);
    return promise;
  }

  /// A new file enters its line only with its key: the slot follows from it. Until then it can be stopped
  /// here.
  void await_key(operation_record record, const publish_request& x,
                 caf::typed_response_promise<publish_reply> promise) {
    const auto who = caller_;
    if (auto busy = cannot_enter(x.token, who)) {
      turn_away(std::move(record), promise, *busy);
      return;
    }
    const auto id = record.event.operation;
    record.event.text = "Waiting for a fresh key";
    show(record.event);
    awaiting_keys_.emplace(id, key_wait{std::move(record), promise, who});
    if (x.timeout_ms > 0)
      arm_deadline(id, x.timeout_ms);
    request(
        self_, keys_, duration(world_.limits.publish_deadline), take_key{},
        [this, x, id, asked = clock::now()](const key_answer& answer) {
          const auto at = awaiting_keys_.find(id);
          if (at == awaiting_keys_.end())
            return; // stopped meanwhile; the key is lost with the file nobody wants
          auto key_promise = at->second.promise;
          const auto asker = at->second.caller;
          auto waited = std::move(at->second.record);
          awaiting_keys_.erase(at);
          if (!answer.key) {
            turn_away(std::move(waited), key_promise, answer.failure);
            return;
          }
          const crypto::file_keys keys(*answer.key);
          auto rest = x;
          if (x.timeout_ms > 0)
            rest.timeout_ms = time_left(x.timeout_ms, asked);
          enter_publish(std::move(waited), rest, key_promise,
                        access_to({x.format, keys.write, keys.fingerprint}), answer.key, {}, asker);
        },
        [this, id](const caf::error& e) {
          stop_key_wait(id, {errc::timeout, "no key for the new file: " + describe(e, self_->system())});
        });
  }

  bool stop_key_wait(std::uint64_t id, error why) {
    const auto at = awaiting_keys_.find(id);
    if (at == awaiting_keys_.end())
      return false;
    auto promise = at->second.promise;
    auto record = std::move(at->second.record);
    awaiting_keys_.erase(at);
    turn_away(std::move(record), promise, std::move(why));
    quit_when_idle();
    return true;
  }

  /// Notes who asks: the promise takes the sender out of the message at hand.
  template <class Reply>
  caf::typed_response_promise<Reply> promise_for() {
    const auto& sender = self_->current_sender();
    caller_ = sender ? sender->node() : self_->node();
    return self_->template make_response_promise<Reply>();
  }

  std::optional<error> cannot_enter(operation_token token, const caf::node_id& who) const {
    if (stopping_)
      return error{errc::refused, "the gateway is stopping"};
    if (table_.size() + awaiting_keys_.size() >= options_.limits.operations_max)
      return error{errc::refused, "too many operations are running and waiting; try again later"};
    const auto keys_of =
        std::ranges::count_if(awaiting_keys_, [&](const auto& x) { return x.second.caller == who; });
    if (who != self_->node() &&
        table_.count_from(who) + static_cast<std::size_t>(keys_of) >= options_.limits.operations_per_node_max)
      return error{errc::refused,
                   "too many operations of this caller are running and waiting; try again later"};
    const bool waits = std::ranges::any_of(awaiting_keys_, [&](const auto& x) {
      return token.value != 0 && x.second.record.event.token == token;
    });
    if (waits || table_.find(token))
      return error{errc::refused, "an operation with this token is running"};
    return std::nullopt;
  }

  /// Of a request's own deadline; at least a millisecond, for 0 means none.
  static std::uint64_t time_left(std::uint64_t timeout_ms, clock::time_point asked) {
    const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - asked).count();
    return timeout_ms - std::min(timeout_ms - 1, static_cast<std::uint64_t>(gone));
  }

  void arm_deadline(std::uint64_t id, std::uint64_t timeout_ms) {
    send_later(self_, std::chrono::milliseconds(std::min<std::uint64_t>(timeout_ms, 86'400'000)),
               continuation{[this, id] { stop_operation(id, errc::timeout); }});
  }

  std::optional<error> check_publish(const publish_request& x) const {
    if (x.content.size() > options_.limits.content_bytes_max)
      return error{errc::too_large, "the content has " + std::to_string(x.content.size()) +
                                        " bytes and at most " +
                                        std::to_string(options_.limits.content_bytes_max) + " are taken"};
    if (x.format != file_format::sdmf || x.write_cap.starts_with("URI:MDMF"))
      return error{errc::refused, "MDMF files cannot be written yet; use --format sdmf"};
    return std::nullopt;
  }

  void enter_publish(operation_record record, const publish_request& x,
                     caf::typed_response_promise<publish_reply> promise, file_access access,
                     std::optional<crypto::private_key> key, const modifier& modify = {},
                     std::optional<caf::node_id> who = {}) {
    const auto cap =
        to_text(crypto::file_cap(crypto::write_cap{access.format, *access.write, access.fingerprint}));
    enter(
        std::move(record), access, x.timeout_ms, promise,
        [this, x, access, key, cap, modify](std::uint64_t id, server_list_ptr servers,
                                            const std::function<void(publish_reply)>& finish) {
          write_task task;
          task.operation = id;
          task.listener = listener();
          task.servers = std::move(servers);
          task.access = access;
          task.key = key;
          task.content = x.content;
          task.modify = modify;
          task.only_if = x.only_if;
          task.spread = x.spread;
          task.defaults = options_.defaults;
          task.wish.limits = world_.limits;
          run_operation<publish_reply>(id, spawn_file_writer(self_->system(), world_, std::move(task)),
                                       [cap, finish](publish_reply reply) {
                                         reply.write_cap = cap;
                                         finish(std::move(reply));
                                       });
        },
        who);
  }

  caf::result<publish_reply> on_append(const append_request& x) {
    auto promise = promise_for<publish_reply>();
    auto record = new_record("append", x.token, x.data.size());
    auto access = open_capability(x.write_cap, strength::write);
    if (!access) {
      turn_away(std::move(record), promise, access.error());
      return promise;
    }
    publish_request as_publish;
    as_publish.token = x.token;
    as_publish.write_cap = x.write_cap;
    as_publish.content = x.data;
    as_publish.timeout_ms = x.timeout_ms;
    if (auto bad = check_publish(as_publish))
      turn_away(std::move(record), promise, *bad);
    else
      enter_publish(std::move(record), as_publish, promise, std::move(*access), std::nullopt,
                    append_of(x.data, options_.limits.content_bytes_max));
    return promise;
  }

  caf::result<repair_reply> on_repair(const repair_request& x) {
    return admit<repair_reply>(
        "repair", x.token, x.write_cap, strength::write, x.timeout_ms,
        [this, force = x.force](const file_access& access, std::uint64_t id, server_list_ptr servers,
                                const std::function<void(repair_reply)>& finish) {
          run_operation<repair_reply>(
              id,
              spawn_repairer(self_->system(), world_,
                             {id, listener(), access, std::move(servers), options_.defaults, force}),
              finish);
        });
  }

  caf::result<list_leases_reply> on_list_leases(const list_leases_request& x) {
    return admit<list_leases_reply>(
        "leases", x.token, x.cap, strength::verify, 0,
        [this](const file_access& access, std::uint64_t, const server_list_ptr& servers,
               const std::function<void(list_leases_reply)>& finish) {
          const auto& entries = servers->entries();
          const auto deadline = duration(world_.limits.server_deadline(0));
          gather<read_leases_answer>(
              self_, entries.size(), deadline + link_grace, [&](std::size_t i) { return entries[i].link; },
              [&](std::size_t i) {
                const auto secrets = crypto::derive_lease_secrets(world_.lease, access.slot, entries[i].id);
                return read_leases_at{read_leases{access.slot, secrets.renew}, deadline};
              },
              [servers, finish](const gathered<read_leases_answer>& answers) {
                finish(leases_reply_of(*servers, answers));
              });
        });
  }

  caf::result<retrieve_reply> on_retrieve(const retrieve_request& x) {
    return admit<retrieve_reply>(
        "retrieve", x.token, x.cap, strength::read, x.timeout_ms,
        [this](const file_access& access, std::uint64_t id, server_list_ptr servers,
               const std::function<void(retrieve_reply)>& finish) {
          run_operation<retrieve_reply>(
              id, spawn_file_reader(self_->system(), world_, {id, listener(), access, std::move(servers)}),
              finish);
        });
  }

  caf::result<check_reply> on_check(const check_request& x) {
    return admit<check_reply>(x.verify ? "verify" : "check", x.token, x.cap, strength::verify, x.timeout_ms,
                              [this, verify = x.verify, lease = x.add_lease](
                                  const file_access& access, std::uint64_t id, server_list_ptr servers,
                                  const std::function<void(check_reply)>& finish) {
                                run_operation<check_reply>(id,
                                                           spawn_checker(self_->system(), world_,
                                                                         {id, listener(), access,
                                                                          std::move(servers), verify, lease}),
                                                           finish);
                              });
  }

  /// Servers that were never reached belong into every answer.
  template <class Reply>
  static void name_left_out(Reply& reply, const std::vector<server_report>& left_out) {
    if constexpr (requires { reply.before; })
      reply.before.servers.insert(reply.before.servers.end(), left_out.begin(), left_out.end());
    else
      reply.servers.insert(reply.servers.end(), left_out.begin(), left_out.end());
  }

  operation_record new_record(const char* kind, operation_token token, std::uint64_t content_bytes) {
    return open_record(++last_id_, kind, token, content_bytes);
  }

  /// Ends what could not be entered.
  template <class Reply>
  void turn_away(operation_record record, caf::typed_response_promise<Reply>& promise, error why) {
    logs::say(world_.log, logs::events::request_refused,
              {{"kind", record.event.kind},
               {"outcome", metrics::to_label(metrics::outcome(why.code))},
               {"detail", why.detail}});
    close_record(record, why);
    show(record.event);
    table_.remember_refused(std::move(record));
    Reply reply;
    reply.failure = std::move(why);
    promise.deliver(std::move(reply));
  }

  // -- operations
  // --------------------------------------------------------------------------------------------------

  /// Opens the capability and puts the operation in line; `start(access, id, servers, finish)` begins it.
  template <class Reply, class Start>
  caf::result<Reply> admit(const char* kind, operation_token token, const std::string& cap, strength needed,
                           std::uint64_t timeout_ms, Start start) {
    auto promise = promise_for<Reply>();
    auto record = new_record(kind, token, 0);
    const auto access = open_capability(cap, needed);
    if (!access)
      turn_away(std::move(record), promise, access.error());
    else
      enter(std::move(record), *access, timeout_ms, promise,
            [start, access = *access](std::uint64_t id, server_list_ptr servers,
                                      const std::function<void(Reply)>& finish) {
              start(access, id, std::move(servers), finish);
            });
    return promise;
  }

  /// Puts an operation in line for its file. `start(id, servers, finish)` begins it; finish(reply) ends it.
  template <class Reply, class Start>
  void enter(operation_record record, const file_access& access, std::uint64_t timeout_ms,
             caf::typed_response_promise<Reply> promise, Start start,
             const std::optional<caf::node_id>& who = {}) {
    const auto from = who ? *who : caller_;
    record.event.slot = crypto::to_base32(access.slot.view()).substr(0, 5);
    if (auto busy = cannot_enter(record.event.token, from)) {
      turn_away(std::move(record), promise, *busy);
      return;
    }
    if (std::erase(early_cancels_, record.event.token) > 0) {
      turn_away(std::move(record), promise, error{errc::cancelled, "it was cancelled before it began"});
      return;
    }
    const auto id = record.event.operation;
    gateway_operation operation;
    static_cast<operation_record&>(operation) = std::move(record);
    operation.caller = from;
    operation.event.text = "Waiting";
    operation.slot = access.slot;
    const std::function<void(Reply)> finish = [this, id, promise](Reply reply) mutable {
      if (auto* ended = table_.find(id))
        keep_facts(*ended, reply);
      end(id, reply.ok ? std::nullopt : std::optional(reply.failure));
      promise.deliver(std::move(reply));
    };
    operation.refuse = [finish](error why) {
      Reply reply;
      reply.failure = std::move(why);
      finish(std::move(reply));
    };
    operation.begin = [this, id, start, finish] {
      gather_servers([this, id, start, finish](server_roster roster) {
        auto* entered = table_.find(id);
        if (entered == nullptr)
          return; // cancelled meanwhile
        entered->begun = clock::now();
        entered->problems = roster.left_out;
        if (roster.servers->entries().empty()) {
          // Copied: what refuses erases the operation, and itself with it.
          const auto no = entered->refuse;
          no({errc::not_enough_servers, "no server can be reached: " + in_words(roster.left_out)});
          return;
        }
        start(id, std::move(roster.servers), [finish, left_out = std::move(roster.left_out)](Reply reply) {
          name_left_out(reply, left_out);
          finish(std::move(reply));
        });
      });
    };
    if (timeout_ms > 0)
      arm_deadline(id, timeout_ms);
    if (table_.enter(id, std::move(operation))) {
      begin(id);
      return;
    }
    auto* waiting = table_.find(id);
    waiting->waiting_publish = waiting->event.kind == "publish" || waiting->event.kind == "append";
    if (waiting->waiting_publish)
      world_.metrics->publish_waits();
    logs::say(world_.log, logs::events::operation_waiting,
              {{"operation", id},
               {"kind", waiting->event.kind},
               {"slot", waiting->event.slot},
               {"behind", table_.before(id)}});
    show(waiting->event);
  }

  void begin(std::uint64_t id) {
    auto* operation = table_.find(id);
    operation->running = true;
    stops_waiting(*operation);
    operation->event.text = "Starting";
    logs::say(world_.log, logs::events::operation_begun,
              {{"operation", id},
               {"kind", operation->event.kind},
               {"slot", operation->event.slot},
               {"bytes", operation->event.bytes_total}});
    show(operation->event);
    // Copied: the operation may end, and be erased, while it begins.
    const auto go = operation->begin;
    go();
  }

  void stops_waiting(gateway_operation& operation) {
    if (operation.waiting_publish)
      world_.metrics->publish_stops_waiting();
    operation.waiting_publish = false;
  }

  template <class Reply, class Actor>
  void run_operation(std::uint64_t id, const Actor& actor, const std::function<void(Reply)>& finish) {
    table_.find(id)->stop = [this, actor](errc reason) { send(self_, actor, stop{reason}); };
    // Operations arm their own deadlines; this one only guards against a defect of ours.
    request(
        self_, actor, std::chrono::hours(24), run{}, [finish](const Reply& reply) { finish(reply); },
        [this, finish](const caf::error& e) {
          Reply reply;
          reply.failure = {errc::internal, "the operation broke off: " + describe(e, self_->system())};
          finish(std::move(reply));
        });
  }

  void end(std::uint64_t id, const std::optional<error>& failure) {
    auto* operation = table_.find(id);
    if (operation == nullptr)
      return;
    stops_waiting(*operation);
    close_record(*operation, failure);
    logs::say(world_.log, logs::events::operation_ended,
              {{"operation", id},
               {"kind", operation->event.kind},
               {"slot", operation->event.slot},
               {"outcome", metrics::to_label(failure ? metrics::outcome(failure->code) : std::nullopt)},
               {"detail", failure ? failure->detail : std::string()},
               {"seconds", operation->event.seconds}});
    show(operation->event);
    if (const auto next = table_.leave(id))
      begin(*next);
    quit_when_idle();
  }

  void stop_operation(std::uint64_t id, errc reason) {
    if (awaiting_keys_.contains(id) || table_.find(id) != nullptr)
      logs::say(world_.log, logs::events::cancel_asked,
                {{"operation", id}, {"reason", metrics::to_label(metrics::outcome(reason))}});
    if (stop_key_wait(id, {reason, "stopped while it waited for its key; nothing was sent"}))
      return;
    auto* operation = table_.find(id);
    if (operation == nullptr)
      return;
    if (operation->stop)
      operation->stop(reason);
    else if (const auto refuse = operation->refuse)
      refuse({reason, reason == errc::timeout ? "it was not begun in the time it was given"
                                              : "it was cancelled before it began"});
  }

  caf::result<cancel_answer> on_cancel(const cancel_request& x) {
    auto id = table_.find(x.token);
    for (const auto& [waiting, what] : awaiting_keys_)
      if (x.token.value != 0 && what.record.event.token == x.token)
        id = waiting;
    if (id)
      stop_operation(*id, errc::cancelled);
    else if (x.token.value != 0)
      remember_cancel(x.token);
    return cancel_answer{id.has_value()};
  }

  /// A cancel may overtake the request it means: another actor sends it.
  void remember_cancel(operation_token token) {
    early_cancels_.push_back(token);
    if (early_cancels_.size() > early_cancels_max)
      early_cancels_.pop_front();
  }

  /// The node ends: running operations are asked to end well, waiting ones are refused.
  void on_stop(errc reason) {
    stopping_ = true;
    auto ids = table_.ids();
    for (const auto& [id, what] : awaiting_keys_)
      ids.push_back(id);
    for (const auto id : ids)
      stop_operation(id, reason);
    quit_when_idle();
  }

  void quit_when_idle() {
    if (stopping_ && table_.size() == 0 && awaiting_keys_.empty())
      self_->quit();
  }

  // -- servers
  // -------------------------------------------------------------------------------------------------------

  template <class Then>
  void gather_servers(Then then) {
    gather<introduction>(
        self_, options_.servers.size(), options_.limits.introduction_timeout,
        [this](std::size_t i) { return options_.servers[i].link; }, [](std::size_t) { return introduce{}; },
        [this, then](const gathered<introduction>& answers) {
          then(make_roster(options_.servers, answers));
        });
  }

  // -- what others see
  // ---------------------------------------------------------------------------------------------

  progress_sink listener() { return caf::actor_cast<progress_sink>(self_->ctrl()); }

  caf::result<subscribe_answer> on_subscribe(const subscribe& x) {
    if (!x.listener || listeners_.size() >= options_.limits.subscribers_max) {
      logs::say(world_.log, logs::events::subscriber_refused, {{"subscribers", listeners_.size()}});
      return subscribe_answer{false};
    }
    listeners_.push_back(x.listener);
    logs::say(world_.log, logs::events::subscriber_joined, {{"subscribers", listeners_.size()}});
    self_->watch(x.listener);
    return subscribe_answer{true};
  }

  void on_progress(const operation_progress& x) {
    auto* operation = table_.find(x.operation);
    if (operation == nullptr)
      return;
    auto& event = operation->event;
    event.text = x.text;
    event.progress = std::max(event.progress, x.progress);
    event.goal = x.goal;
    event.placed = x.placed;
    event.outstanding = x.outstanding;
    if (x.bytes_total > 0) {
      event.bytes_total = x.bytes_total;
      event.bytes_done = x.bytes_done;
    }
    event.seconds = std::chrono::duration<double>(clock::now() - operation->asked).count();
    show(event);
  }

  void show(const progress_event& event) {
    for (const auto& listener : listeners_)
      send(self_, listener, event);
  }

  caf::result<status_reply> on_status() {
    auto promise = self_->template make_response_promise<status_reply>();
    auto reply = std::make_shared<status_reply>();
    table_.report(*reply);
    for (const auto& [id, what] : awaiting_keys_)
      reply->waiting.push_back(event_now(what.record));
    reply->defaults = options_.defaults;
    reply->subscribers = static_cast<std::uint32_t>(listeners_.size());
    gather<link_report>(
        self_, options_.servers.size(), std::chrono::seconds(1),
        [this](std::size_t i) { return options_.servers[i].link; }, [](std::size_t) { return link_status{}; },
        [this, promise, reply](const gathered<link_report>& answers) mutable {
          for (std::size_t i = 0; i < answers.size(); ++i) {
            auto report = answers[i].value_or(link_report{{}, {}, {}, "unknown", "no answer", 0, 0});
            report.server = options_.servers[i].name;
            reply->servers.push_back(std::move(report));
          }
          count_keys_and_deliver(promise, reply);
        });
    return promise;
  }

  caf::result<operation_detail> on_detail(std::uint64_t id) const {
    const auto waiting = awaiting_keys_.find(id);
    const auto* record = waiting == awaiting_keys_.end() ? table_.record(id) : &waiting->second.record;
    if (record == nullptr)
      return operation_detail{};
    std::vector<std::string> servers;
    for (const auto& server : options_.servers)
      servers.push_back(server.name);
    return detail_of(*record, servers, clock::now());
  }

  void count_keys_and_deliver(caf::typed_response_promise<status_reply>& promise,
                              const std::shared_ptr<status_reply>& reply) {
    request(
        self_, keys_, std::chrono::seconds(1), count_keys{},
        [promise, reply](const key_count& x) mutable {
          reply->keys_ready = x.ready;
          promise.deliver(std::move(*reply));
        },
        [promise, reply](const caf::error&) mutable { promise.deliver(std::move(*reply)); });
  }

  shell<file_gateway_state>* self_;
  const world& world_;
  gateway_options options_;
  operation_table table_;
  key_maker keys_;
  caf::node_id caller_; ///< whose request is at hand
  std::vector<progress_listener> listeners_;
  static constexpr std::size_t early_cancels_max = 64;
  std::deque<operation_token> early_cancels_; ///< of requests that have not come yet
  struct key_wait {
    operation_record record;
    caf::typed_response_promise<publish_reply> promise;
    caf::node_id caller;
  };
  std::map<std::uint64_t, key_wait> awaiting_keys_; ///< new files, by their number here
  std::uint64_t last_id_ = 0;
  bool stopping_ = false;
};

} // namespace

messages::file_gateway spawn_file_gateway(caf::actor_system& system, const world& w,
                                          gateway_options options) {
  return messages::spawn<file_gateway_state>(system, w, std::move(options));
}

} // namespace truckee::actors
