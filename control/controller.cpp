#include "truckee/control/controller.hpp"

#include <system_error>

namespace truckee::control {

controller::controller(const std::optional<tls::node_files>& tls)
  : tls_(tls), system_(std::make_unique<caf::actor_system>(config_)) {
  messages::close_registry(*system_);
}

/// CAF says what is still to be said and closes its ends, which is how the porter knows that this was all: from outside, a
/// system that has said everything looks like one that is slow.
controller::~controller() {
  system_.reset();
  if (porter_)
    porter_->stop();
}

result<std::unique_ptr<controller>> controller::start(const std::optional<tls::node_files>& tls) {
  try {
    std::unique_ptr<controller> out(new controller(tls));
    auto porter = messages::make_porter(*out->system_);
    if (!porter)
      return tl::unexpected(porter.error());
    out->porter_ = std::move(*porter);
    // The porter keeps what it read for the calls to come.
    if (tls)
      if (auto good = out->porter_->use(*tls); !good)
        return tl::unexpected(good.error());
    return out;
  } catch (const std::system_error& e) {
    return fail(errc::configuration, std::string("no threads for the actor system: ") + e.what());
  }
}

} // namespace truckee::control
