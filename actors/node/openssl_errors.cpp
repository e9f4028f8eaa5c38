#include <caf/config.hpp>

#if CAF_MAJOR_VERSION < 1

#include <cstdlib>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

/// OpenSSL's own function of that name, behind the one here.
template <class Function>
Function original(const char* name) {
  void* found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr)
    std::abort(); // no libssl: then nobody could have called
  return reinterpret_cast<Function>(found);
}

} // namespace

// Keeps the errors of one TLS connection from another one. OpenSSL remembers errors by thread, and asks to be
// emptied before each call whose result is judged; CAF 0.17, whose one thread serves all connections, does not.
// So a peer that vanished without a farewell, or one with a foreign certificate, took the next connection with
// it. Programs come before libraries when names are looked up, so libcaf_openssl calls these.
extern "C" {

int SSL_read(SSL* connection, void* into, int size) {
  static const auto next = original<decltype(&SSL_read)>("SSL_read");
  ERR_clear_error();
  return next(connection, into, size);
}

int SSL_write(SSL* connection, const void* from, int size) {
  static const auto next = original<decltype(&SSL_write)>("SSL_write");
  ERR_clear_error();
  return next(connection, from, size);
}

int SSL_accept(SSL* connection) {
  static const auto next = original<decltype(&SSL_accept)>("SSL_accept");
  ERR_clear_error();
  return next(connection);
}

int SSL_connect(SSL* connection) {
  static const auto next = original<decltype(&SSL_connect)>("SSL_connect");
  ERR_clear_error();
  return next(connection);
}

} // extern "C"

#endif
