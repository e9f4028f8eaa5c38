#include "fuzz/bytes_reader.hpp"
#include "truckee/doors/handshake_words.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <openssl/err.h>

using namespace truckee;

namespace {

/// Whoever makes a certificate chooses its texts, and they go to logs and terminals.
void is_shown(std::string_view text) {
  fuzz::expect(text.size() < 4096);
  for (const char c : text)
    fuzz::expect(c >= ' ' && c <= '~');
}

void judge(const X509* certificate) {
  const auto who = tls::identity_of(certificate);
  is_shown(who.common_name.substr(0, 4000));
  for (const auto& name : who.names) {
    is_shown(name.substr(0, 4000));
    fuzz::expect(who.is_named(name));
  }
  for (int problem = 1; problem < 100; ++problem)
    is_shown(doors::verdict_on(problem, who, who).detail);
  const doors::expected_peer server{.names = {"alpha", "192.0.2.7"}, .roles = {tls::role::server}};
  const auto verdict = doors::verdict_on(who, server);
  if (verdict)
    is_shown(verdict->detail);
  else
    fuzz::expect(who.is_named("alpha") || who.is_named("192.0.2.7"));
  const doors::expected_peer pinned{.key = tls::pin{}};
  fuzz::expect(doors::verdict_on(who, pinned).has_value()); // no key hashes to zeros
}

} // namespace

/// A peer's certificate, and PEM files: what is in them is read within bounds, and told in visible characters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = data;
  if (const tls::ssl::certificate_ptr one{d2i_X509(nullptr, &begin, static_cast<long>(size))})
    judge(one.get());
  ERR_clear_error();
  const std::string_view pem(reinterpret_cast<const char*>(data), size);
  if (pem.find("-----BEGIN") == pem.npos)
    return 0; // OpenSSL takes its time to say so
  const auto text = as_bytes(pem);
  for (const auto& each : tls::ssl::read_certificates(text))
    judge(each.get());
  auto problem = tls::ssl::key_problem::none;
  const auto key = tls::ssl::read_key(text, problem);
  fuzz::expect((key == nullptr) == (problem != tls::ssl::key_problem::none));
  fuzz::expect(ERR_peek_error() == 0);
  return 0;
}
