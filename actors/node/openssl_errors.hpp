#pragma once

namespace truckee::actors {

/// Keeps the errors of one TLS connection from another one. OpenSSL remembers errors by thread, and asks to
/// be emptied before each call whose result is judged; CAF 0.17, whose one thread serves all connections,
/// does not. So a peer that vanished without a farewell, or one with a foreign certificate, took the next
/// connection with it. Linking this function in is all: it puts itself in front of the calls.
void keep_tls_errors_apart();

} // namespace truckee::actors
