#include "messages/message_filler.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/hello.hpp"
#include "truckee/messages/types.hpp"

#include <iostream>
#include <string>

/// Two nodes that say to each other everything Truckee's nodes can: every message type both ways, a subscription and its
/// events, errors with and without words, a handle that is watched and ends. tests/doors/basp/record.py puts a recorder
/// between them: this prints the port of the one, and reads from standard input the port to which the other shall connect.
using namespace truckee;
using namespace truckee::messages;

namespace {

constexpr std::uint64_t seed = 20;
constexpr duration patience = std::chrono::seconds(20);

/// Gives back what it gets, but for what an error or an end is wanted of.
caf::behavior echo(caf::event_based_actor* self) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  self->set_default_handler(caf::reflect);
#pragma GCC diagnostic pop
  return {
      [](const hello&) -> caf::result<greeting> { return refuse("this gateway speaks another protocol"); },
      [](const status_request&) -> caf::result<status_reply> {
        return caf::make_error(caf::sec::unexpected_message);
      },
      [self](const subscribe& x) -> caf::result<subscribe_answer> {
        send(self, x.listener, test::filler(seed).make<progress_event>());
        return subscribe_answer{true};
      },
      [](const unsubscribe&) -> caf::result<subscribe_answer> { return subscribe_answer{true}; },
      [self](const cancel_request&) -> caf::result<cancel_answer> {
        self->quit(caf::exit_reason::user_shutdown);
        return cancel_answer{};
      },
  };
}

progress_listener::behavior_type listen(progress_listener::pointer) {
  return {[](const progress_event&) {}};
}

template <class Reply, class Request>
void ask(caf::scoped_actor& self, const caf::actor& peer, Request what) {
  request_blocking(
      self, peer, patience, std::move(what), [](const Reply&) {}, [](const caf::error&) {});
}

template <class... T>
void echo_all(caf::scoped_actor& self, const caf::actor& peer, std::tuple<T...>*) {
  const auto one = [&]<class M>(M message) {
    if constexpr (!std::is_same_v<M, hello> && !std::is_same_v<M, status_request> &&
                  !std::is_same_v<M, cancel_request>)
      ask<M>(self, peer, std::move(message));
  };
  (one(test::filler(seed).make<T>()), ...);
}

} // namespace

int main() {
  truckee::register_types();
  system_config here_config;
  caf::actor_system here(here_config);
  close_registry(here);
  system_config there_config;
  caf::actor_system there(there_config);
  close_registry(there);
  const auto published = here.spawn(echo);
  std::cout << here.middleman().publish(published, 0, "127.0.0.1").value() << std::endl;
  std::uint16_t port = 0;
  std::cin >> port;

  // What is recorded is CAF's own, with nothing in front.
  const auto found = there.middleman().remote_actor("127.0.0.1", port);
  if (!found) {
    std::cerr << describe(found.error(), there) << "\n";
    return 1;
  }
  const auto peer = *found;
  {
    caf::scoped_actor self(there);
    ask<greeting>(self, peer, hello_to_gateway());
    ask<status_reply>(self, peer, status_request{});
    const auto listener = there.spawn(listen);
    ask<subscribe_answer>(self, peer, subscribe{listener, {}});
    echo_all(self, peer, static_cast<test::wire_types*>(nullptr));
    ask<subscribe_answer>(self, peer, unsubscribe{listener});
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
    self->monitor(peer);
    ask<cancel_answer>(self, peer, cancel_request{});
    self->receive([](const caf::down_msg&) {});
  }
  return 0;
}
