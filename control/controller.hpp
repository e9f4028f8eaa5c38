#pragma once

#include "truckee/base/result.hpp"
#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/caf/system.hpp"

#include <memory>
#include <optional>

namespace truckee::control {

/// The actor system of a program that only drives gateways. A program that has a system of its own needs none: it calls
/// messages::register_wire_types() and loads CAF's modules (system_config says how).
class controller {
public:
  /// errc::configuration where the TLS files would make CAF end the process, or there are no threads.
  static result<std::unique_ptr<controller>> start(const std::optional<tls::node_files>& tls);

  caf::actor_system& system() { return *system_; }
  const std::optional<tls::node_files>& tls() const { return tls_; }

private:
  explicit controller(const std::optional<tls::node_files>& tls);

  std::optional<tls::node_files> tls_;
  messages::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
};

} // namespace truckee::control
