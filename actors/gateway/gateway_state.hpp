#pragma once

#include "truckee/actors/gateway/admission.hpp"
#include "truckee/actors/gateway/early_cancels.hpp"
#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/actors/gateway/operation_memory.hpp"
#include "truckee/actors/gateway/operation_table.hpp"
#include "truckee/actors/gateway/roll_call.hpp"
#include "truckee/actors/operations/kept_maps.hpp"
#include "truckee/actors/operations/sent_versions.hpp"
#include "truckee/actors/shell/gather.hpp"
#include "truckee/shares/file_memory.hpp"

/// The file_gateway from inside. A request comes in as a variant (take, arrive), waits in the table for its key
/// and its turn, begins, is started by one switch (start), and leaves by one way (finish, close), which also
/// those take that never began. file_gateway.cpp has that way; gateway_requests.cpp what each request starts;
/// gateway_status.cpp what others see.
namespace truckee::actors::gateway {

using namespace messages;
using metrics::refusal;

class state {
public:
  using handle = extended<file_gateway, void(operation_progress), void(publish_news), void(stop),
                          void(continuation), grid_in_use(use_grid)>;
  static constexpr const char* name = "truckee.file_gateway";
  static constexpr bool stays = true;

  state(shell<state>* self, services_ptr services, gateway_options options);
  /// Whoever still waits is told that the gateway is gone.
  ~state();
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  behavior<handle> make_behavior();
  void on_down(const caf::actor_addr& who);

private:
  // -- in

  /// Notes who asks first: the promise takes the sender out of the message at hand.
  template <class Request>
  caf::result<reply_to_t<Request>> take(const Request& x) {
    const auto from = asking();
    auto promise = self_->template make_response_promise<reply_to_t<Request>>();
    arrive(x, reply_promise(promise), from);
    return promise;
  }
  caller asking() const { return caller_of(self_->current_sender(), self_->node()); }
  void arrive(gateway_request what, reply_promise back, const caller& from);
  /// Why it never becomes an operation.
  struct refused {
    refusal reason;
    error why;
    std::optional<backlog> busy = {};
  };
  /// Opens its capability and looks whether there is room.
  std::optional<refused> refuses(gateway_operation& x);
  refused no_room(const caller& who, refusal reason) const;
  /// A write that was asked for before, under the same id: true where it is answered by that, now or when it ends.
  bool joins(gateway_operation& x);

  // -- waiting

  /// A new file enters its line only with its key: the slot follows from it.
  void await_key(std::uint64_t id);
  /// Reads the key that came with the request, on a worker.
  void read_brought_key(std::uint64_t id);
  void take_key_for(gateway_operation& x, const crypto::private_key& key);
  void line_up(gateway_operation& x);
  void begin(std::uint64_t id);
  struct roll;
  void call_servers(std::uint64_t id);
  void look_at(std::uint64_t id, const std::shared_ptr<roll>& on);
  void begin_with(std::uint64_t id, const std::shared_ptr<roll>& on);
  void stops_waiting(gateway_operation& x);
  void arm_deadline(std::uint64_t id, std::uint64_t timeout_ms);

  // -- running

  void start(gateway_operation& x, server_list_ptr servers);
  template <class Reply, class Actor>
  void run(gateway_operation& x, const Actor& actor);
  void list_leases(const gateway_operation& x, const server_list_ptr& servers);
  progress_sink listener() { return caf::actor_cast<progress_sink>(self_->ctrl()); }

  /// Whether it failed perhaps for want of a server that was not waited for; then it is under way again.
  bool again_with_all(std::uint64_t id, const gateway_reply& reply);

  // -- out

  /// The one way back. `never_began`: why not.
  void finish(std::uint64_t id, gateway_reply reply, std::optional<refusal> never_began = {});
  void turn_away(gateway_operation x, refused no);
  void count(const gateway_operation& x, const std::optional<error>& failure,
             std::optional<refusal> never_began, std::optional<effect> became);
  void stop_operation(std::uint64_t id, errc reason);
  caf::result<cancel_answer> on_cancel(const cancel_request& x);
  /// The node ends: running operations are asked to end well, waiting ones are refused.
  void on_stop(const stop& x);
  void quit_when_idle();

  // -- changes

  /// One that was asked for, one after another.
  struct change {
    caller by;
    change_request asked = {};
    std::shared_ptr<const settings::grid_config> file =
        {}; ///< nothing: what it runs with, or what is read again
    std::function<void(change_answer)> answer = {};
  };
  /// What a change needs before it is taken on.
  struct next_grid;
  struct opened_servers;
  caf::result<grid_in_use> on_use_grid(const use_grid& x);
  caf::result<change_answer> on_change(const change_request& x);
  void take_change(change x);
  void next_change();
  void prepare(const settings::grid_config& from);
  void take_on(next_grid next);
  void end_change(result<change_answer> how);
  gateway_servers servers_of(const next_grid& next);
  void end_retired();
  void run_with(std::shared_ptr<const settings::grid_config> grid);

  // -- what others see

  /// A caller of another generation is refused, and both are named.
  caf::result<greeting> on_hello(const hello& x) const;
  caf::result<subscribe_answer> on_subscribe(const subscribe& x);
  caf::result<subscribe_answer> on_unsubscribe(const unsubscribe& x);
  bool forget_listener(const caf::actor_addr& who);
  void on_progress(const operation_progress& x);
  void show(const operation_record& record);
  void measure();
  caf::result<status_reply> on_status();
  /// In the strict order: as many servers, with fewer nothing is written.
  std::size_t servers_that_confirm() const;
  caf::result<operation_detail> on_detail(std::uint64_t id) const;
  void count_keys_and_deliver(caf::typed_response_promise<status_reply>& promise,
                              const std::shared_ptr<status_reply>& reply);

  shell<state>* self_;
  services_ptr services_;
  gateway_options options_;
  gateway_limits limits_;              ///< those of the grid in use
  const grid::grid_limits own_limits_; ///< without any grid
  admission admission_;
  operation_table table_;
  gateway_servers servers_;
  struct retired {
    settings::server_config was;
    gateway_server server;
  };
  std::vector<retired> retired_; ///< gone, but operations that run began with them
  std::deque<change> changes_;   ///< the first is under way
  early_cancels early_cancels_;
  sent_history history_;
  kept_maps kept_;
  kept_reads kept_reads_;
  /// Of the files its callers used last: keys and signatures that need no second proof.
  const std::shared_ptr<shares::file_memory> proved_ = std::make_shared<shares::file_memory>();
  operation_memory memory_; ///< of writes, by their operation ids
  key_maker keys_;
  struct subscriber {
    subscribe asked;
    caller who;
  };
  std::vector<subscriber> subscribers_;
  std::uint64_t last_id_ = 0;
  bool stopping_ = false;
};

} // namespace truckee::actors::gateway
