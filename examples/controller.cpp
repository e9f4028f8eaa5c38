#include "truckee/control/controller.hpp"
#include "truckee/control/gateway.hpp"

#include <charconv>
#include <chrono>
#include <future>
#include <iostream>
#include <iterator>

using namespace truckee;
using namespace truckee::messages;

/// Says what an operation does, while it does it.
class listener_state {
public:
  using handle = progress_listener;
  static constexpr const char* name = "example.listener";

  explicit listener_state(shell<listener_state>*) {}
  behavior<handle> make_behavior() {
    return {[](const progress_event& x) { std::cerr << x.text + "\n"; }};
  }
};

/// Publishes standard input as a new file, and tells of that operation alone.
int publish(caf::actor_system& system, const file_gateway& gateway, operation_token token) {
  const auto listener = spawn<listener_state>(system);
  if (!control::ask(system, gateway, subscribe{listener, token}).accepted)
    std::cerr << "progress is not told: the gateway has as many listeners as it takes\n";
  const std::string content(std::istreambuf_iterator<char>(std::cin), {});
  const auto reply = control::ask(system, gateway,
                                  publish_request{.token = token, .content = shared_bytes::copy_of(content)});
  control::ask(system, gateway, unsubscribe{listener});
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  if (!reply.ok) {
    std::cerr << to_string(reply.failure) << "\n";
    return 1;
  }
  std::cout << std::string_view(reply.write_cap) << "\n";
  return 0;
}

/// Publishes standard input as a new file, and ends that operation as soon as it can: only its own caller may.
int cancel(caf::actor_system& system, const file_gateway& gateway, operation_token token) {
  const std::string content(std::istreambuf_iterator<char>(std::cin), {});
  auto reply = std::async(std::launch::async, [&] {
    return control::ask(system, gateway,
                        publish_request{.token = token, .content = shared_bytes::copy_of(content)});
  });
  while (!control::ask(system, gateway, cancel_request{token}).found &&
         reply.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
  }
  const auto ended = reply.get();
  const bool cancelled = !ended.ok && ended.failure.code == errc::cancelled;
  std::cout << (cancelled ? "cancelled\n" : "it had ended before\n");
  return cancelled ? 0 : 1;
}

// controller ADDRESS:PORT hello|publish|cancel TOKEN [CA CERTIFICATE KEY]: drives a running `truckee gateway`.
int main(int argc, char** argv) {
  const std::string verb = argc > 3 ? argv[2] : "";
  const auto where = parse_address(argc == 4 || argc == 7 ? argv[1] : "");
  operation_token token;
  const std::string_view number = argc > 3 ? argv[3] : "";
  const auto read = std::from_chars(number.data(), number.data() + number.size(), token.value);
  if (!where || read.ptr != number.data() + number.size() || token.value == 0 ||
      (verb != "hello" && verb != "publish" && verb != "cancel")) {
    std::cerr << "usage: controller ADDRESS:PORT hello|publish|cancel TOKEN [CA CERTIFICATE KEY]\n"
                 "TOKEN: a number above 0 that names the operation\n";
    return 2;
  }
  std::optional<tls::node_files> tls;
  if (argc == 7)
    tls = tls::node_files{argv[4], argv[5], argv[6]};
  const auto own = control::controller::start(tls);
  if (!own) {
    std::cerr << to_string(own.error()) << "\n";
    return 1;
  }
  auto& system = (*own)->system();
  const auto gateway = control::connect_gateway(**own, *where); // it has said hello
  if (!gateway) {
    std::cerr << to_string(gateway.error()) << "\n";
    return 1;
  }
  if (verb == "publish")
    return publish(system, *gateway, token);
  if (verb == "cancel")
    return cancel(system, *gateway, token);
  const auto them = control::ask(system, *gateway, hello_to_gateway());
  std::cout << them.software << ", protocol " << them.protocol << "\n";
  return 0;
}
