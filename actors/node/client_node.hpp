#pragma once

#include "truckee/actors/node/client.hpp"
#include "truckee/actors/node/node.hpp"

namespace truckee::actors {

/// The actor system of a program that has none, and the porter that a client leaves when it ends: stopped after the
/// system, as control::controller does and says why.
struct own_system {
  explicit own_system(std::unique_ptr<node> n) : host(std::move(n)) {}
  ~own_system();
  own_system(own_system&&) noexcept = default;

  std::unique_ptr<node> host;
  std::shared_ptr<doors::porter> left_porter;
};

/// A client in an actor system of its own, for programs that have none: what the commands are.
/// examples/embed.cpp is a whole program around it.
class client_node final : own_system, public client { // the client goes before its system
public:
  static result<std::unique_ptr<client_node>> start(client_options options, surroundings around = {});
  ~client_node() { left_porter = take_porter(); }
  node& owner() { return *host; }

private:
  client_node(own_system own, client inside) : own_system(std::move(own)), client(std::move(inside)) {}
};

} // namespace truckee::actors
