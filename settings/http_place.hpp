#pragma once

#include "truckee/base/address.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace truckee::settings {

/// Where a gateway's HTTP API listens: a port of a loopback address, or a Unix socket.
using http_place = std::variant<address, std::filesystem::path>;

/// "127.0.0.1:4480", port 0 for any free one, or "unix:PATH", where a relative path starts at `folder`. Errors: usage (neither), refused
/// (an address that is not loopback: capabilities would cross the network in clear text).
result<http_place> parse_http_place(std::string_view text, const std::filesystem::path& folder = {});
/// The form parse_http_place reads.
std::string to_string(const http_place& x);

/// [http] of a grid file.
struct http_settings {
  std::optional<http_place> listen = {}; ///< nothing: not served
  std::filesystem::path token_file =
      {}; ///< what callers of a port have to show; made when absent. Empty: in the data folder
  friend bool operator==(const http_settings&, const http_settings&) = default;
};

} // namespace truckee::settings
