#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/tls/identity.hpp"

#include <filesystem>

namespace truckee::tls {

/// What names a server of Tahoe-LAFS, both from its certificate.
struct certificate_names {
  pin key;      ///< in its NURL
  server_id id; ///< SHA-1 of the certificate in DER: its tub id
};

/// Of the first certificate in a PEM file, in which there may be a private key as well. Errors: not_found, io (it cannot be
/// read), configuration (there is no certificate in it); they name the file.
result<certificate_names> read_certificate_names(const std::filesystem::path& file);

} // namespace truckee::tls
