#include "truckee/actors/gateway/gateway_client.hpp"

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
    return {[](const progress_event& x) { std::cerr << x.kind + " " + x.slot + ": " + x.text + "\n"; }};
  }
};

/// Publishes, appends, reads, cancels, and asks what is going on: all of it by message.
int use(actors::node& node, const file_gateway& gateway) {
  const auto ask = [&]<class Reply>(const auto& request, Reply) {
    return actors::ask_gateway<Reply>(node.system(), gateway, request);
  };
  const auto listener = spawn<listener_state>(node.system());
  node.own(caf::actor_cast<caf::strong_actor_ptr>(listener)); // it ends with the node
  std::cout << (ask(subscribe{listener}, subscribe_answer{}).accepted ? "subscribed\n" : "not subscribed\n");

  const auto put =
      ask(publish_request{.content = shared_bytes::copy_of("Snow on the ridge.\n")}, publish_reply{});
  const auto more =
      ask(append_request{{}, put.write_cap, shared_bytes::copy_of("Ice on the lake.\n"), 0}, publish_reply{});
  const auto got = ask(retrieve_request{.cap = put.write_cap}, retrieve_reply{});
  if (!put.ok || !more.ok || !got.ok) {
    std::cerr << to_string(!put.ok ? put.failure : !more.ok ? more.failure : got.failure) << "\n";
    return 1;
  }
  std::cout << "version " << got.version.value << ":\n" << as_text(got.content.view());

  // A token names an operation from outside while it runs.
  const operation_token token{system_random().below(UINT64_MAX)};
  auto large = std::async(std::launch::async, [&] {
    return ask(publish_request{.token = token, .content = shared_bytes(bytes(std::size_t{32} << 20))},
               publish_reply{});
  });
  while (large.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         !ask(cancel_request{token}, cancel_answer{}).found) {
  }
  std::cout << "the large one: " << to_string(large.get().failure.code) << "\n";

  const auto status = ask(status_request{}, status_reply{});
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
  const auto node = actors::node::start({.tls = tls});
  if (!node) {
    std::cerr << to_string(node.error()) << "\n";
    return 1;
  }
  const auto gateway = actors::connect_gateway(**node, *where, tls);
  if (!gateway) {
    std::cerr << to_string(gateway.error()) << "\n";
    return 1;
  }
  return use(**node, *gateway);
}
