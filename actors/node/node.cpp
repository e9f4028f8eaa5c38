#include "truckee/actors/node/node.hpp"

#include "truckee/crypto/algorithms.hpp"
#include "truckee/messages/caf/network.hpp"

namespace truckee::actors {

std::string_view truckee_version() {
  return TRUCKEE_VERSION;
}

std::string caf_version() {
  return std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION) + "." +
         std::to_string(CAF_PATCH_VERSION);
}

result<std::unique_ptr<node>> node::start() {
  if (auto all = crypto::check_algorithms(); !all)
    return tl::unexpected(all.error());
  register_types();
  return std::unique_ptr<node>(new node());
}

node::node() : system_(std::make_unique<caf::actor_system>(config_)) {
  messages::close_registry(*system_);
}

node::~node() {
  caf::scoped_actor self(*system_);
  while (!owned_.empty()) {
    const auto last = caf::actor_cast<caf::actor>(owned_.back());
    owned_.pop_back();
    self->send_exit(last, caf::exit_reason::user_shutdown);
    self->wait_for(last);
  }
}

} // namespace truckee::actors
