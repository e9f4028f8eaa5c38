#pragma once

#include "truckee/base/ids.hpp"

#include <optional>

struct x509_st; // OpenSSL's X509

namespace truckee::tls {

/// SHA-1 of a certificate in DER: the tub id of the Tahoe-LAFS node that shows it. Nothing where OpenSSL makes none.
std::optional<server_id> tub_id_of(const x509_st* certificate);

} // namespace truckee::tls
