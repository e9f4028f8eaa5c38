#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/control/controller.hpp"
#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/wire_types.hpp"
#include "truckee/tls/node_files.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <optional>

namespace truckee::control {

/// Connects to a gateway on another node and says hello; blocks for `timeout` at most, a few times. `by` is the system's
/// porter. With TLS its certificate must be for a gateway, and have the name that was dialled, unless that is loopback.
/// Without TLS it must be this process's own user's or root's, unless `any_user`.
/// errc::refused for an address that is not loopback without TLS, and where somebody else answers; errc::unreachable or
/// errc::timeout where nobody does, errc::protocol where it is no gateway, or one of another version: both are named.
result<messages::file_gateway> connect_gateway(caf::actor_system& system, doors::porter& by,
                                               const address& where,
                                               const std::optional<tls::node_files>& tls,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5),
                                               bool any_user = false);

/// The same by a controller's system, porter and TLS files.
result<messages::file_gateway> connect_gateway(controller& by, const address& where,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5),
                                               bool any_user = false);

/// What a gateway answers a request with.
messages::greeting reply_to(const messages::hello&);
messages::publish_reply reply_to(const messages::publish_request&);
messages::publish_reply reply_to(const messages::append_request&);
messages::retrieve_reply reply_to(const messages::retrieve_request&);
messages::check_reply reply_to(const messages::check_request&);
messages::repair_reply reply_to(const messages::repair_request&);
messages::list_leases_reply reply_to(const messages::list_leases_request&);
messages::cancel_answer reply_to(const messages::cancel_request&);
messages::subscribe_answer reply_to(const messages::subscribe&);
messages::subscribe_answer reply_to(const messages::unsubscribe&);
messages::status_reply reply_to(const messages::status_request&);
messages::operation_detail reply_to(const messages::operation_detail_request&);
messages::change_answer reply_to(const messages::change_request&);
messages::resolve_reply reply_to(const messages::resolve_request&);

/// Asks once, and tells what came of it, also where the gateway ends or its node goes: CAF leaves a pending request alone
/// then.
template <class Reply, class Request>
class asker_state {
public:
  /// It hears nothing but the reply; CAF wants a protocol all the same.
  using handle = messages::progress_listener;
  using shell_type = messages::shell<asker_state>;
  static constexpr const char* name = "truckee.asker";

  asker_state(shell_type* self, const messages::file_gateway& gateway, messages::duration timeout,
              Request request, std::function<void(result<Reply>)> then)
    : self_(self), gateway_(gateway), timeout_(timeout), request_(std::move(request)),
      then_(std::move(then)) {}

  ~asker_state() {
    if (then_)
      then_(fail(errc::internal, "the actor system ended"));
  }
  asker_state(const asker_state&) = delete;
  asker_state& operator=(const asker_state&) = delete;

  messages::behavior<handle> make_behavior() {
    self_->watch(gateway_);
    messages::request(
        self_, gateway_, timeout_, std::move(request_), [this](const Reply& reply) { end(reply); },
        [this](const caf::error& e) { end(tl::unexpected(messages::as_error(e, self_->system()))); });
    return {[](const messages::progress_event&) {}};
  }
  void on_down(const caf::actor_addr&) {
    end(fail(errc::unreachable, "the gateway is gone; what it was asked for may have been done or not"));
  }

private:
  void end(result<Reply> reply) {
    if (const auto then = std::exchange(then_, nullptr))
      then(std::move(reply));
    self_->quit();
  }

  shell_type* self_;
  messages::file_gateway gateway_;
  messages::duration timeout_;
  Request request_;
  std::function<void(result<Reply>)> then_;
};

/// The reply to a request whose content no gateway takes; nothing where it is to be sent. On the way it would only cost the
/// connection, and with it the answer.
template <class Reply, class Request>
std::optional<Reply> refused_unsent([[maybe_unused]] const Request& request) {
  std::optional<error> why;
  if constexpr (requires { request.content; })
    why = content_beyond(longest_content, request.content.size());
  else if constexpr (requires { request.data; })
    why = content_beyond(longest_content, request.data.size());
  if constexpr (
      requires { request.content; } || requires { request.data; })
    if (why) {
      Reply reply;
      reply.failure = std::move(*why);
      reply.became = effect::not_applied;
      reply.operation = request.operation;
      return reply;
    }
  return std::nullopt;
}

/// The reply, or one that says what broke, where it has a place for that.
template <class Reply>
Reply reply_or_failure(result<Reply> got) {
  if (got)
    return std::move(*got);
  Reply reply;
  if constexpr (requires { reply.failure; })
    reply.failure = std::move(got.error());
  return reply;
}

/// Asks a gateway, and calls `then` once with its reply: in a thread of CAF's, where it must not block, or in this one where
/// nothing is sent. The rest is as below.
template <class Request, class Reply = decltype(reply_to(std::declval<const Request&>()))>
void ask_then(caf::actor_system& system, const messages::file_gateway& gateway, Request request,
              std::function<void(Reply)> then) {
  if (auto refused = refused_unsent<Reply>(request))
    then(std::move(*refused));
  else
    // Operations arm their own deadlines; this one only guards against a defect of ours.
    messages::spawn<asker_state<Reply, Request>>(
        system, gateway, messages::duration(std::chrono::hours(24)), std::move(request),
        [then = std::move(then)](result<Reply> got) { then(reply_or_failure(std::move(got))); });
}

/// Asks a gateway. Content beyond longest_content is refused before it is sent. A reply always comes, at worst one that says
/// what broke; one that has no place for it comes empty. A gateway that hangs lets it wait for a day: whoever waits may want
/// to look after the gateway meanwhile.
template <class Request, class Reply = decltype(reply_to(std::declval<const Request&>()))>
std::future<Reply> ask_later(caf::actor_system& system, const messages::file_gateway& gateway,
                             Request request) {
  auto promise = std::make_shared<std::promise<Reply>>();
  auto answer = promise->get_future();
  ask_then<Request, Reply>(system, gateway, std::move(request),
                           [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return answer;
}

/// The same from a thread that may block, which waits for the reply.
template <class Request, class Reply = decltype(reply_to(std::declval<const Request&>()))>
Reply ask(caf::actor_system& system, const messages::file_gateway& gateway, Request request) {
  return ask_later(system, gateway, std::move(request)).get();
}

/// Asks from a thread that may block, for so long at most, and says what broke: errc::unreachable as soon as the gateway is gone,
/// errc::timeout. For what a gateway answers at once, such as its status.
template <class Request, class Reply = decltype(reply_to(std::declval<const Request&>()))>
result<Reply> ask_within(caf::actor_system& system, const messages::file_gateway& gateway,
                         messages::duration timeout, Request request) {
  const auto promise = std::make_shared<std::promise<result<Reply>>>();
  messages::spawn<asker_state<Reply, Request>>(
      system, gateway, timeout, std::move(request),
      std::function([promise](result<Reply> got) { promise->set_value(std::move(got)); }));
  return promise->get_future().get();
}

} // namespace truckee::control
