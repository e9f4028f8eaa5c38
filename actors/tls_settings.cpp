#include "actors/tls_settings.hpp"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

} // namespace

// These stand before OpenSSL's own for every library of the process, CAF among them.
extern "C" {

int SSL_read(SSL* ssl, void* buffer, int size) {
  static const auto real = next_of<decltype(&SSL_read)>("SSL_read");
  ERR_clear_error();
  return real(ssl, buffer, size);
}

int SSL_write(SSL* ssl, const void* buffer, int size) {
  static const auto real = next_of<decltype(&SSL_write)>("SSL_write");
  ERR_clear_error();
  return real(ssl, buffer, size);
}
}

namespace truckee::actors {

void clear_tls_errors_of_others() {}

} // namespace truckee::actors
