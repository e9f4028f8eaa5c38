#include "truckee/actors/node/client_node.hpp"

#include <iostream>

// embed DIRECTORY: publishes a new file on ten storage servers inside this process, and reads it back.
int main(int argc, char** argv) {
  using namespace truckee;
  const std::filesystem::path home = argc > 1 ? argv[1] : "truckee-example";
  auto client = actors::client_node::start({.grid = settings::embedded_grid(home), .data_home = home});
  if (!client) {
    std::cerr << to_string(client.error()) << "\n";
    return 1;
  }
  auto& node = **client;
  const auto put = node.ask(messages::publish_request{.content = shared_bytes::copy_of("Hello, lake!")});
  const auto got = node.ask(messages::retrieve_request{.cap = put.write_cap});
  if (!put.ok || !got.ok) {
    std::cerr << to_string(put.ok ? got.failure : put.failure) << "\n";
    return 1;
  }
  std::cout << "version " << got.version.value << ", " << put.placed.size() << " shares: \""
            << as_text(got.content.view()) << "\"\n";
}
