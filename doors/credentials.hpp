#pragma once

#include "truckee/base/freed_by.hpp"
#include "truckee/base/result.hpp"
#include "truckee/doors/stream.hpp"
#include "truckee/tls/identity.hpp"
#include "truckee/tls/node_files.hpp"

#include <memory>
#include <openssl/ssl.h>

namespace truckee::doors {

/// A CA, a certificate and its key, ready for handshakes of either side. Safe from several threads.
class credentials {
public:
  /// Reads the files. errc::configuration names the one that is wrong, and what to do.
  static result<std::shared_ptr<const credentials>> load(const tls::node_files& files);

  const tls::identity& own() const { return own_; }

  /// TLS 1.2 or later, in which both sides show a certificate of the CA, as the side that accepts or connects. A peer
  /// that is not the expected one is told by an alert, and trouble says what was wrong.
  static std::unique_ptr<stream> accept(const std::shared_ptr<const credentials>& with, int fd,
                                        expected_peer who);
  static std::unique_ptr<stream> connect(const std::shared_ptr<const credentials>& with, int fd,
                                         expected_peer who);

  SSL_CTX* context() const { return context_.get(); }

private:
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context_;
  tls::identity own_;
};

} // namespace truckee::doors
