#include "truckee/tls/tub_id.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace truckee::tls {

std::optional<server_id> tub_id_of(const X509* certificate) {
  server_id out;
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha1(), reinterpret_cast<unsigned char*>(out.data.data()), &size) != 1 ||
      size != server_id::size)
    return std::nullopt;
  return out;
}

} // namespace truckee::tls
