#include "truckee/settings/http_place.hpp"

namespace truckee::settings {

namespace {

constexpr std::string_view unix_prefix = "unix:";

} // namespace

result<http_place> parse_http_place(std::string_view text, const std::filesystem::path& folder) {
  if (text.starts_with(unix_prefix)) {
    const std::filesystem::path path(text.substr(unix_prefix.size()));
    if (path.empty())
      return fail(errc::usage, "\"unix:\" has no path; expected unix:PATH or ADDRESS:PORT");
    return (folder / path).lexically_normal();
  }
  auto at = parse_address(text, true);
  if (!at)
    return tl::unexpected(at.error());
  if (!at->is_loopback())
    return fail(errc::refused,
                "refusing to serve files over HTTP on " + truckee::to_string(*at) +
                    ": capabilities and contents would cross the network in clear text; expected a "
                    "loopback address, e.g. 127.0.0.1:4480, or unix:PATH");
  return *at;
}

std::string to_string(const http_place& x) {
  if (const auto* at = std::get_if<address>(&x))
    return truckee::to_string(*at);
  return std::string(unix_prefix) + std::get<std::filesystem::path>(x).string();
}

} // namespace truckee::settings
