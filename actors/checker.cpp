#include "actors/checker.hpp"

#include "actors/map_updater.hpp"
#include "actors/replies.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

class checker_state {
public:
  using handle = checker;
  static constexpr const char* name = "truckee.checker";

  checker_state(shell<checker_state>* self, const world& w, check_task task)
    : self_(self), world_(w), task_(std::move(task)) {}

  handle::behavior_type make_behavior() {
    return {
        [this](const run&) { return check(); },
        [this](const stop& x) {
          stopped_ = x.reason;
          send(self_, mapper_, stop{x.reason});
        },
    };
  }

private:
  caf::result<check_reply> check() {
    auto promise = self_->template make_response_promise<check_reply>();
    grid::map_request request;
    request.mode = grid::map_mode::check;
    request.servers = task_.servers->permuted(task_.access.slot);
    request.limits = world_.limits;
    mapper_ = spawn_map_updater(self_->system(), world_, {task_.access, task_.servers, std::move(request)});
    messages::request(
        self_, mapper_, duration(world_.limits.publish_deadline), map_file{},
        [this, promise](const map_answer& x) mutable {
          auto reply = check_reply_of(*task_.servers, x.mapped->map);
          if (stopped_) {
            reply.ok = false;
            reply.failure = {*stopped_, "the check was stopped before every server had answered"};
          }
          finish(promise, std::move(reply));
        },
        [this, promise](const caf::error& e) mutable {
          check_reply reply;
          reply.failure = {is_timeout(e) ? errc::timeout : errc::internal, describe(e, self_->system())};
          finish(promise, std::move(reply));
        });
    return promise;
  }

  void finish(caf::typed_response_promise<check_reply>& promise, check_reply reply) {
    send(self_, mapper_, stop{});
    promise.deliver(std::move(reply));
    self_->quit();
  }

  shell<checker_state>* self_;
  const world& world_;
  check_task task_;
  map_updater mapper_;
  std::optional<errc> stopped_;
};

} // namespace

messages::checker spawn_checker(caf::actor_system& system, const world& w, check_task task) {
  return messages::spawn<checker_state>(system, w, std::move(task));
}

} // namespace truckee::actors
