#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/messages/wire_types.hpp"

namespace truckee::messages {

system_config::system_config(const std::optional<tls::node_files>& files) {
  register_wire_types();
  register_wire_types(*this);
#if TRUCKEE_CAF_1
  load<caf::io::middleman>();
  if (files) {
    load<caf::openssl::manager>();
    set("caf.openssl.cafile", files->ca.string());
    set("caf.openssl.certificate", files->certificate.string());
    set("caf.openssl.key", files->key.string());
  }
  // Heartbeats would end connections that are busy with one large message.
  set("caf.middleman.heartbeat-interval", caf::timespan{0});
  set("caf.logger.console.verbosity", "quiet");
#else
  load<caf::io::middleman>();
  if (files) {
    load<caf::openssl::manager>();
    openssl_cafile = files->ca.string();
    openssl_certificate = files->certificate.string();
    openssl_key = files->key.string();
  }
#endif
}

} // namespace truckee::messages
