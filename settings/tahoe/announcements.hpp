#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/gbs/nurl.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace truckee::settings {

/// What one storage server says of itself to clients of Tahoe-LAFS.
struct announced_server {
  std::string id;                       ///< "v0-" and its public key in base32, or what somebody chose
  std::string nickname = {};            ///< empty: it has none
  std::vector<gbs::nurl> nurls = {};    ///< those that can be reached; empty: it speaks Foolscap alone
  std::optional<server_id> tub_id = {}; ///< of its FURL; nothing: it has none
  bytes permutation_seed = {};          ///< as announced, or what other clients take in its place
};

/// Of a client's private/servers.yaml, in its order. Errors (configuration): "FILE:LINE: server: key: what".
result<std::vector<announced_server>> read_static_servers(std::string_view text,
                                                          const std::filesystem::path& file);

/// Of a client's private/introducer_NAME_cache.yaml: what an introducer told it. Other services are left out.
result<std::vector<announced_server>> read_introduced_servers(std::string_view text,
                                                              const std::filesystem::path& file);

/// The tub id and the TCP addresses in a FURL, pb://TUBID@HINT,HINT/SWISSNUM.
struct furl {
  server_id tub_id;
  std::vector<address> at;
  secret_text swissnum;
};
/// Errors (configuration) do not repeat the text.
result<furl> parse_furl(std::string_view text);
/// Of "tcp:HOST:PORT,tor:..."; what is not TCP is left out, and AUTO, which a node finds out when it starts.
std::vector<address> tcp_hints(std::string_view text);

} // namespace truckee::settings
