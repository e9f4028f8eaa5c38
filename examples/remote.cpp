#include "truckee/base/random.hpp"
#include "truckee/control/controller.hpp"
#include "truckee/control/gateway.hpp"

#include <future>
#include <iostream>

using namespace truckee;
using namespace truckee::messages;

/// Says what the gateway does, while it does it.
class listener_state {
public:
  using handle = progress_listener;
  static constexpr const char* name = "example.listener";

  explicit listener_state(shell<listener_state>*) {}
  behavior<handle> make_behavior() {
    return {[](const progress_event& x) {
      std::cerr << std::string(to_word(x.kind)) + " " + x.slot + ": " + x.text + "\n";
    }};
  }
};

/// Publishes, appends, reads, cancels, and asks what is going on: all of it by message.
int use(caf::actor_system& system, const file_gateway& gateway, const progress_listener& listener) {
  const auto ask = [&](const auto& request) { return control::ask(system, gateway, request); };
  std::cout << (ask(subscribe{listener}).accepted ? "subscribed\n" : "not subscribed\n");

  const auto put = ask(publish_request{.content = shared_bytes::copy_of("Snow on the ridge.\n")});
  const auto more = ask(append_request{{}, put.write_cap, shared_bytes::copy_of("Ice on the lake.\n"), 0});
  const auto got = ask(retrieve_request{.cap = put.write_cap});
  if (!put.ok || !more.ok || !got.ok) {
    std::cerr << to_string(!put.ok ? put.failure : !more.ok ? more.failure : got.failure) << "\n";
    return 1;
  }
  std::cout << "version " << got.version.value << ":\n" << as_text(got.content.view());

  // A token names an operation from outside while it runs.
  const operation_token token{system_random().below(UINT64_MAX)};
  auto large = std::async(std::launch::async, [&] {
    return ask(publish_request{.token = token, .content = shared_bytes(bytes(std::size_t{32} << 20))});
  });
  while (large.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         !ask(cancel_request{token}).found) {
  }
  std::cout << "the large one: " << to_string(large.get().failure.code) << "\n";

  const auto status = ask(status_request{});
  std::cout << status.running.size() << " running, " << status.servers.size() << " servers\n";
  return 0;
}

// remote ADDRESS:PORT CA CERTIFICATE KEY: uses a running `truckee gateway` over mutual TLS.
int main(int argc, char** argv) {
  const auto where = parse_address(argc == 5 ? argv[1] : "");
  if (!where) {
    std::cerr << "usage: remote ADDRESS:PORT CA CERTIFICATE KEY\n" << to_string(where.error()) << "\n";
    return 2;
  }
  const tls::node_files tls{argv[2], argv[3], argv[4]};
  const auto own = control::controller::start(tls);
  if (!own) {
    std::cerr << to_string(own.error()) << "\n";
    return 1;
  }
  auto& system = (*own)->system();
  const auto gateway = control::connect_gateway(**own, *where);
  if (!gateway) {
    std::cerr << to_string(gateway.error()) << "\n";
    return 1;
  }
  const auto listener = spawn<listener_state>(system);
  const int code = use(system, *gateway, listener);
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown); // the system waits for its actors
  return code;
}
