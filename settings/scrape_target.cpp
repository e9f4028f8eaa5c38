#include "truckee/settings/scrape_target.hpp"

namespace truckee::settings {

result<scrape_target> parse_scrape_target(std::string_view text) {
  constexpr std::string_view plain = "http://", secure = "https://";
  scrape_target out;
  auto rest = text;
  out.https = rest.starts_with(secure);
  if (out.https || rest.starts_with(plain)) {
    rest.remove_prefix(out.https ? secure.size() : plain.size());
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto path = rest.substr(slash);
    if (!path.empty() && path != "/" && path != "/metrics")
      return fail(errc::usage, "\"" + std::string{text} +
                                   "\": nodes serve their metrics at /metrics; expected " +
                                   "e.g. https://192.0.2.7:9402/metrics");
    rest = rest.substr(0, slash);
  }
  const auto at = parse_address(rest);
  if (!at)
    return tl::unexpected(at.error());
  out.at = *at;
  return out;
}

} // namespace truckee::settings
