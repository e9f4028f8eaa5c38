#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/secret_text.hpp"
#include "truckee/tls/identity.hpp"

/// Keys whose certificate nobody but they themselves has signed: whoever knows the key needs nothing of it.
namespace truckee::tls {

/// A key and its certificate.
struct self_signed {
  secret_text pem; ///< both, one after the other
  pin key;
  server_id id; ///< SHA-1 of the certificate, in DER: the node id of a Tahoe-LAFS node that has it
};

/// RSA of 2048 bits and a certificate of X.509 version 1, as Tahoe-LAFS's nodes make them, so that one may go on with it. Takes a
/// few tenths of a second. Errors: internal (OpenSSL's).
result<self_signed> make_self_signed();

/// Errors (configuration): there are not one key without passphrase and one certificate, or they do not belong together.
result<self_signed> read_self_signed(byte_view pem);

} // namespace truckee::tls
