#include "truckee/control/controller.hpp"

#include "truckee/messages/caf/network.hpp"
#include "truckee/tls/check.hpp"

#include <system_error>

namespace truckee::control {

controller::controller(const std::optional<tls::node_files>& tls)
  : tls_(tls), config_(tls), system_(std::make_unique<caf::actor_system>(config_)) {
  messages::close_registry(*system_);
}

result<std::unique_ptr<controller>> controller::start(const std::optional<tls::node_files>& tls) {
  if (tls)
    if (auto good = tls::check_node_files(*tls); !good)
      return tl::unexpected(good.error());
  try {
    return std::unique_ptr<controller>(new controller(tls));
  } catch (const std::system_error& e) {
    return fail(errc::configuration, std::string("no threads for the actor system: ") + e.what());
  }
}

} // namespace truckee::control
