#include "truckee/actors/node/client_node.hpp"

namespace truckee::actors {

own_system::~own_system() {
  host.reset();
  if (left_porter)
    left_porter->stop();
}

result<std::unique_ptr<client_node>> client_node::start(client_options options, surroundings around) {
  auto host = node::start();
  if (!host)
    return tl::unexpected(host.error());
  auto inside = client::spawn((*host)->system(), std::move(options), std::move(around));
  if (!inside)
    return tl::unexpected(inside.error());
  return std::unique_ptr<client_node>(new client_node(own_system{std::move(*host)}, std::move(*inside)));
}

} // namespace truckee::actors
