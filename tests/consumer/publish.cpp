#include "truckee/actors/node/client_node.hpp"

#include <iostream>

// publish DIRECTORY: what every consumer does with the library: one file, ten embedded servers, there and back.
int main(int argc, char** argv) {
  using namespace truckee;
  const std::filesystem::path home = argc > 1 ? argv[1] : ".";
  auto client = actors::client_node::start({.grid = settings::embedded_grid(home), .data_home = home});
  if (!client) {
    std::cerr << to_string(client.error()) << "\n";
    return 1;
  }
  const auto put =
      (*client)->ask(messages::publish_request{.content = shared_bytes::copy_of("Snow on the ridge.")});
  const auto got = (*client)->ask(messages::retrieve_request{.cap = put.write_cap});
  std::cout << put.placed.size() << " shares: " << as_text(got.content.view()) << "\n";
  return put.ok && got.ok ? 0 : 1;
}
