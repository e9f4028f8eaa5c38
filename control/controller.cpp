#include "truckee/control/controller.hpp"

#include "truckee/tls/check.hpp"

#include <system_error>

namespace truckee::control {

controller::controller(const std::optional<tls::node_files>& tls)
  : tls_(tls), system_(std::make_unique<caf::actor_system>(config_)) {
  messages::close_registry(*system_);
}

controller::~controller() {
  if (porter_)
    porter_->stop();
}

result<std::unique_ptr<controller>> controller::start(const std::optional<tls::node_files>& tls) {
  if (tls)
    if (auto good = tls::check_node_files(*tls); !good)
      return tl::unexpected(good.error());
  try {
    std::unique_ptr<controller> out(new controller(tls));
    auto porter = messages::make_porter(*out->system_);
    if (!porter)
      return tl::unexpected(porter.error());
    out->porter_ = std::move(*porter);
    return out;
  } catch (const std::system_error& e) {
    return fail(errc::configuration, std::string("no threads for the actor system: ") + e.what());
  }
}

} // namespace truckee::control
