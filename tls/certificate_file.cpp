#include "truckee/tls/certificate_file.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/tls/openssl_handles.hpp"
#include "truckee/tls/tub_id.hpp"

namespace truckee::tls {

result<certificate_names> read_certificate_names(const std::filesystem::path& file) {
  auto pem = read_small_file(file, ssl::pem_bytes_max);
  if (!pem)
    return tl::unexpected(pem.error());
  const auto found = ssl::read_certificates(*pem);
  wipe(*pem);
  if (found.empty())
    return fail(errc::configuration,
                file.string() + ": there is no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  const auto id = tub_id_of(found.front().get());
  if (!id)
    return fail(errc::internal, file.string() + ": OpenSSL makes no SHA-1 of the certificate");
  return certificate_names{identity_of(found.front().get()).key, *id};
}

} // namespace truckee::tls
