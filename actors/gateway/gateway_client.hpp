#pragma once

#include "truckee/actors/node/node.hpp"
#include "truckee/base/address.hpp"

#include <future>

namespace truckee::actors {

/// Connects to a gateway on another node; blocks for `timeout` at most. errc::refused for an address that is
/// not loopback where the node has no TLS, errc::unreachable or errc::timeout where nobody answers,
/// errc::protocol where it is no gateway.
result<messages::file_gateway> connect_gateway(node& n, const address& where,
                                               const std::optional<tls::node_files>& tls,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5));

/// Asks once, and tells the promise what came of it, also where the gateway ends or its node goes: CAF leaves
/// a pending request alone then.
template <class Reply, class Request>
class asker_state {
public:
  using handle = messages::protocol<void(messages::continuation)>;
  using shell_type = messages::shell<asker_state>;
  static constexpr const char* name = "truckee.asker";

  asker_state(shell_type* self, const messages::file_gateway& gateway, Request request,
              std::shared_ptr<std::promise<Reply>> promise)
    : self_(self), gateway_(gateway), request_(std::move(request)), promise_(std::move(promise)) {}

  ~asker_state() {
    if (promise_)
      promise_->set_value(failed({errc::internal, "the actor system ended"}));
  }
  asker_state(const asker_state&) = delete;
  asker_state& operator=(const asker_state&) = delete;

  messages::behavior<handle> make_behavior() {
    self_->watch(gateway_);
    // Operations arm their own deadlines; this one only guards against a defect of ours.
    messages::request(
        self_, gateway_, std::chrono::hours(24), std::move(request_),
        [this](const Reply& reply) { end(reply); },
        [this](const caf::error& e) {
          end(failed({errc::internal, messages::describe(e, self_->system())}));
        });
    return {[](const messages::continuation&) {}};
  }
  void on_down(const caf::actor_addr&) {
    end(failed({errc::unreachable, "the gateway is gone; what it was asked for may have been done or not"}));
  }

private:
  static Reply failed([[maybe_unused]] const error& why) {
    Reply reply;
    if constexpr (requires { reply.failure; })
      reply.failure = why;
    return reply;
  }
  void end(Reply reply) {
    if (auto promise = std::exchange(promise_, nullptr))
      promise->set_value(std::move(reply));
    self_->quit();
  }

  shell_type* self_;
  messages::file_gateway gateway_;
  Request request_;
  std::shared_ptr<std::promise<Reply>> promise_;
};

/// Asks a gateway from a thread that may block, and waits: a reply always comes, at worst one that says what
/// broke; one that has no place for it comes empty.
template <class Reply, class Request>
Reply ask_gateway(caf::actor_system& system, const messages::file_gateway& gateway, Request request) {
  auto promise = std::make_shared<std::promise<Reply>>();
  auto answer = promise->get_future();
  messages::spawn<asker_state<Reply, Request>>(system, gateway, std::move(request), std::move(promise));
  return answer.get();
}

} // namespace truckee::actors
