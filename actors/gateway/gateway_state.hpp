#pragma once

#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/actors/gateway/operation_table.hpp"
#include "truckee/actors/operations/file_writer.hpp"
#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/shell/gather.hpp"
#include "truckee/crypto/base32.hpp"

#include <deque>
#include <map>

/// The file_gateway from inside. file_gateway.cpp has its lines: who enters, waits, begins, is stopped, ends;
/// gateway_requests.cpp what each request starts; gateway_status.cpp what others see.
namespace truckee::actors::gateway {

using namespace messages;
using clock = std::chrono::steady_clock;

class state {
public:
  using handle =
      extended<file_gateway, void(operation_progress), void(publish_news), void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.file_gateway";
  static constexpr bool stays = true;

  state(shell<state>* self, services_ptr services, gateway_options options);
  /// Whoever still waits is told.
  ~state();
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  behavior<handle> make_behavior();
  void on_down(const caf::actor_addr& who);

private:
  // -- requests

  caf::result<publish_reply> on_publish(const publish_request& x);
  caf::result<publish_reply> on_append(const append_request& x);
  caf::result<retrieve_reply> on_retrieve(const retrieve_request& x);
  caf::result<check_reply> on_check(const check_request& x);
  caf::result<repair_reply> on_repair(const repair_request& x);
  caf::result<list_leases_reply> on_list_leases(const list_leases_request& x);
  std::optional<error> check_publish(const publish_request& x) const;
  void enter_publish(operation_record record, const publish_request& x,
                     caf::typed_response_promise<publish_reply> promise, shares::file_access access,
                     const std::optional<crypto::private_key>& key, const modifier& modify = {},
                     const std::optional<caf::node_id>& who = {});

  /// Notes who asks: the promise takes the sender out of the message at hand.
  template <class Reply>
  caf::typed_response_promise<Reply> promise_for() {
    const auto& sender = self_->current_sender();
    caller_ = sender ? sender->node() : self_->node();
    return self_->template make_response_promise<Reply>();
  }

  /// Servers that were never reached belong into every answer, and into an error that lacks servers.
  template <class Reply>
  static void name_left_out(Reply& reply, const std::vector<server_report>& left_out) {
    if (!reply.ok)
      explain(reply.failure, left_out);
    if constexpr (requires { reply.before; })
      reply.before.servers.insert(reply.before.servers.end(), left_out.begin(), left_out.end());
    else
      reply.servers.insert(reply.servers.end(), left_out.begin(), left_out.end());
  }

  /// Opens the capability and puts the operation in line; `start(access, id, servers, finish)` begins it.
  template <class Reply, class Start>
  caf::result<Reply> admit(const char* kind, operation_token token, const std::string& cap,
                           shares::strength needed, std::uint64_t timeout_ms, Start start) {
    auto promise = promise_for<Reply>();
    auto record = new_record(kind, token, 0);
    const auto access = shares::open_capability(cap, needed);
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

  // -- new files that wait for their key

  /// A new file enters its line only with its key: the slot follows from it. Until then it can be stopped
  /// here.
  void await_key(operation_record record, const publish_request& x,
                 caf::typed_response_promise<publish_reply> promise);
  bool stop_key_wait(std::uint64_t id, error why);
  /// Of a request's own deadline; at least a millisecond, for 0 means none.
  std::uint64_t time_left(std::uint64_t timeout_ms, clock::time_point asked) const;

  // -- lines

  operation_record new_record(const char* kind, operation_token token, std::uint64_t content_bytes);
  std::optional<error> cannot_enter(operation_token token, const caf::node_id& who) const;
  void begin(std::uint64_t id);
  void stops_waiting(gateway_operation& operation);
  void end(std::uint64_t id, const std::optional<error>& failure);
  void stop_operation(std::uint64_t id, errc reason);
  void arm_deadline(std::uint64_t id, std::uint64_t timeout_ms);
  caf::result<cancel_answer> on_cancel(const cancel_request& x);
  /// A cancel may overtake the request it means: another actor sends it.
  void remember_cancel(operation_token token);
  /// The node ends: running operations are asked to end well, waiting ones are refused.
  void on_stop(const stop& x);
  void quit_when_idle();

  /// Ends what could not be entered.
  template <class Reply>
  void turn_away(operation_record record, caf::typed_response_promise<Reply>& promise, error why) {
    logs::say(services_->log, logs::events::request_refused,
              {{"kind", record.event.kind},
               {"outcome", metrics::to_label(metrics::outcome(why.code))},
               {"detail", why.detail}});
    close_record(record, why, services_->time->now());
    show(record.event);
    table_.remember_refused(std::move(record));
    Reply reply;
    reply.failure = std::move(why);
    promise.deliver(std::move(reply));
  }

  /// Puts an operation in line for its file. `start(id, servers, finish)` begins it; finish(reply) ends it.
  template <class Reply, class Start>
  void enter(operation_record record, const shares::file_access& access, std::uint64_t timeout_ms,
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
    operation.refuse = [finish](const error& why) {
      Reply reply;
      reply.failure = why;
      finish(std::move(reply));
    };
    operation.begin = [this, id, start, finish] {
      gather_servers([this, id, start, finish](server_roster roster) {
        auto* entered = table_.find(id);
        if (entered == nullptr)
          return; // cancelled meanwhile
        entered->begun = services_->time->now();
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
      services_->metrics->publish_waits();
    logs::say(services_->log, logs::events::operation_waiting,
              {{"operation", id},
               {"kind", waiting->event.kind},
               {"slot", waiting->event.slot},
               {"behind", table_.before(id)}});
    show(waiting->event);
  }

  operation_context context_for(std::uint64_t id, const shares::file_access& access, server_list_ptr servers);

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

  progress_sink listener() { return caf::actor_cast<progress_sink>(self_->ctrl()); }
  caf::result<subscribe_answer> on_subscribe(const subscribe& x);
  void on_progress(const operation_progress& x);
  void show(const progress_event& event);
  caf::result<status_reply> on_status();
  caf::result<operation_detail> on_detail(std::uint64_t id) const;
  void count_keys_and_deliver(caf::typed_response_promise<status_reply>& promise,
                              const std::shared_ptr<status_reply>& reply);

  shell<state>* self_;
  services_ptr services_;
  gateway_options options_;
  operation_table table_;
  sent_history history_;
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

} // namespace truckee::actors::gateway
