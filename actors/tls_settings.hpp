#pragma once

namespace truckee::actors {

/// Keeps one TLS peer that leaves from cutting off all others.
///
/// OpenSSL leaves an error behind in the thread when a peer is gone without a goodbye, or fails its
/// handshake. CAF 0.17 serves all connections with one thread and never clears that error, so the next quiet
/// moment of another connection is taken for it, and that connection is closed. Linking this in puts a step
/// before OpenSSL's reads and writes that clears what an earlier call left. Any process that links the actors
/// has it; calling this makes sure that the linker does not leave it out.
void clear_tls_errors_of_others();

} // namespace truckee::actors
