#include "truckee/doors/handshake_words.hpp"

#include "truckee/tls/certificates.hpp"
#include "truckee/tls/pin_text.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace truckee::doors {

namespace {

std::string whose(const tls::identity& of) {
  // A peer's own word: as short as a certificate of ours has it.
  return of.common_name.empty() ? "its certificate"
                                : "its certificate (" + of.common_name.substr(0, 64) + ")";
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& each : names) {
    if (out.size() > 200)
      return out + ", ...";
    out += (out.empty() ? "" : ", ") + each.substr(0, 64);
  }
  return out;
}

std::string list(const std::vector<tls::role>& roles) {
  std::string out;
  for (const auto each : roles)
    out += (out.empty() ? "" : " or ") + std::string(to_word(each));
  return out;
}

std::string our_days(const tls::identity& own) {
  return "this end's certificate (" + own.common_name + ") is good from " + tls::date_of(own.not_before) +
         " until " + tls::date_of(own.not_after);
}

} // namespace

trouble verdict_on(int problem, const tls::identity& of, const tls::identity& own) {
  const auto subject = of.key == own.key ? whose(own) : "its CA's certificate";
  switch (problem) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return {refusal::expired, subject + " has expired on " + tls::date_of(of.not_after)};
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return {refusal::not_yet_valid, subject + " is not valid before " + tls::date_of(of.not_before) +
                                        ", and this machine's clock says " + tls::date_of(tls::unix_now())};
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return {refusal::foreign_ca, whose(own) +
                                     " is not signed by our CA; both ends need certificates of the same CA "
                                     "(truckee certs)"};
  case X509_V_ERR_INVALID_PURPOSE:
    return {refusal::wrong_role, subject + " is not for this side of TLS (extended key usage)"};
  default:
    return {refusal::bad_certificate, subject + " is refused: " + X509_verify_cert_error_string(problem)};
  }
}

std::optional<trouble> verdict_on(const tls::identity& who, const expected_peer& wanted) {
  if (!who.is_for(wanted.roles))
    return trouble{refusal::wrong_role, whose(who) + " is for a " + std::string(to_word(who.made_for)) +
                                            ", and a " + list(wanted.roles) + " is wanted here"};
  if (wanted.key) {
    if (*wanted.key == who.key)
      return std::nullopt;
    return trouble{refusal::wrong_name,
                   whose(who) + " has the key " + tls::to_text(who.key) +
                       ", not the one of certificate-pin; is this another server, or was "
                       "its certificate made anew?"};
  }
  if (wanted.names.empty())
    return std::nullopt;
  if (who.names.empty())
    return trouble{refusal::nameless,
                   whose(who) + " has no name (subject alternative name), and " + list(wanted.names) +
                       " is wanted; make one with `truckee certs DIR " + wanted.names.front() + "`"};
  for (const auto& name : wanted.names)
    if (who.is_named(name))
      return std::nullopt;
  return trouble{refusal::wrong_name,
                 "its certificate is " + list(who.names) + "'s, not " + list(wanted.names) +
                     "'s; it is another server, or the grid file calls it by another name "
                     "than its certificate"};
}

trouble trouble_of(unsigned long code, const tls::identity& own, bool accepted) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL)
    return {refusal::not_tls, code == 0 ? "the other end hung up"
                                        : "OpenSSL: " + std::string(ERR_reason_error_string(code)
                                                                        ? ERR_reason_error_string(code)
                                                                        : "no reason given")};
  const auto refused = [](const std::string& detail) { return trouble{refusal::ours_refused, detail}; };
  switch (ERR_GET_REASON(code)) {
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return {refusal::no_certificate, "it shows no certificate"};
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return refused("the other end wants a certificate and was shown none");
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    return refused("the other end says that our certificate has expired; " + our_days(own) +
                   "; make a new one with `truckee certs`");
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_TLSV1_ALERT_DECRYPT_ERROR: // a CA of the same name with another key
    return refused(
        "the other end does not know the CA of our certificate; both ends need certificates of the "
        "same CA (truckee certs)");
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    return refused("the other end does not take our certificate for this: it is for a " +
                   std::string(to_word(own.made_for)) + " (" + own.common_name + ")");
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    return refused(
        "the other end does not take our certificate: by its clock it may not be valid yet, or it is not "
        "of the name that is wanted there; " +
        our_days(own) + ", and this machine's clock says " + tls::date_of(tls::unix_now()));
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_PACKET_LENGTH_TOO_LONG:
  case SSL_R_UNEXPECTED_MESSAGE:
    return {refusal::not_tls,
            accepted ? "what it sends is not TLS" : "it does not speak TLS; is this the right port?"};
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    return {refusal::not_tls, "it speaks no TLS from 1.2 on"};
  case SSL_R_NO_SHARED_CIPHER:
  case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    return {refusal::not_tls, "it has no cipher in common with us, or shows no certificate"};
  case SSL_R_UNEXPECTED_EOF_WHILE_READING:
    return {refusal::broken, "the other end hung up"};
  default: {
    const char* text = ERR_reason_error_string(code);
    return {refusal::not_tls, std::string("TLS failed: ") + (text ? text : "no reason given")};
  }
  }
}

} // namespace truckee::doors
