#pragma once

#include "truckee/doors/stream.hpp"

/// Sentences for all the ways in which a handshake fails. Functions of values.
namespace truckee::doors {

/// Of OpenSSL's X509_V_ERR_... about the certificate `of` in the chain of the peer's own.
trouble verdict_on(int problem, const tls::identity& of, const tls::identity& own);
/// Of a certificate that is in order: nothing where it is the expected one's.
std::optional<trouble> verdict_on(const tls::identity& who, const expected_peer& wanted);
/// Of OpenSSL's last error, where the peer's certificate is not what was wrong; `own` is ours.
trouble trouble_of(unsigned long code, const tls::identity& own, bool accepted);

} // namespace truckee::doors
