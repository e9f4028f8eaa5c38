#pragma once

#include "truckee/base/result.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/tls/node_files.hpp"

#include <memory>
#include <optional>

namespace truckee::control {

/// The actor system of a program that only drives gateways. A program that has a system of its own needs none: it calls
/// messages::register_wire_types(), loads CAF's network (system_config says how) and makes a porter (messages::make_porter).
class controller {
public:
  /// errc::configuration where the TLS files cannot be used, or there are no threads.
  static result<std::unique_ptr<controller>> start(const std::optional<tls::node_files>& tls);

  /// Ends the system, then its connections: what was said before arrives. No call of the porter is under way.
  ~controller();
  controller(const controller&) = delete;
  controller& operator=(const controller&) = delete;

  caf::actor_system& system() { return *system_; }
  /// Makes the connections of the system.
  doors::porter& porter() { return *porter_; }
  const std::optional<tls::node_files>& tls() const { return tls_; }

private:
  explicit controller(const std::optional<tls::node_files>& tls);

  std::optional<tls::node_files> tls_;
  messages::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<doors::porter> porter_;
};

} // namespace truckee::control
