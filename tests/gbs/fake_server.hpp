#pragma once

#include "truckee/gbs/nurl.hpp"
#include "truckee/storage/share_store.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace truckee::test {

/// What goes wrong with a server's answers.
enum class fault : std::uint8_t {
  none,
  stalls,        ///< half of the body, and then nothing
  never_answers, ///< takes the request, and that is all
  takes_nothing, ///< reads the head of a request, and none of its body
  truncates,     ///< half of the body, and the connection ends
  drips,         ///< a byte of the body at a time
  in_trouble,    ///< 500 with words
  talks_html,    ///< 200, and no CBOR
  broken_cbor,
  never_ends, ///< a body without end
  long_head,
  redirects, ///< to where it would be answered
  disk_full, ///< writes nothing and says that a test failed, as the real server does
};

/// What a certificate looks like; none of it matters but its key.
struct certificate_options {
  bool version_1 = true; ///< as Tahoe-LAFS's
  long from_days = -1;   ///< relative to now
  long until_days = 30;
};

/// A storage server that speaks Tahoe-LAFS's HTTP protocol over TLS on a loopback port, in threads of its own, and computes
/// its answers from a store.
class fake_server {
public:
  explicit fake_server(std::shared_ptr<storage::share_store> store, certificate_options certificate = {});
  /// Over a store in memory whose id is the certificate's.
  static std::unique_ptr<fake_server> in_memory(certificate_options certificate = {});
  ~fake_server();

  gbs::nurl nurl() const;
  std::string nurl_text() const;
  /// SHA-1 of the certificate.
  server_id certificate_id() const;
  storage::share_store& store();

  /// Of all answers from now on, or of those with that word in their path. Ends what was stalled before.
  void go_wrong(fault how, std::string only_paths_with = {});
  /// That came to it.
  std::size_t requests() const;
  /// Connections that were made to it.
  std::size_t connections() const;
  /// Heads of requests, with their secrets, in the order they came.
  std::vector<std::string> heads() const;
  std::vector<std::string> advice() const;

private:
  struct house;
  std::unique_ptr<house> house_;
};

} // namespace truckee::test
