#include "truckee/tls/certificate_file.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/tls/openssl_handles.hpp"

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
  certificate_names out{identity_of(found.front().get()).key, {}};
  unsigned size = 0;
  if (X509_digest(found.front().get(), EVP_sha1(), reinterpret_cast<unsigned char*>(out.id.data.data()),
                  &size) != 1 ||
      size != server_id::size)
    return fail(errc::internal, file.string() + ": OpenSSL makes no SHA-1 of the certificate");
  return out;
}

} // namespace truckee::tls
