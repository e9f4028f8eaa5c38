#include "fuzz/bytes_reader.hpp"
#include "truckee/base/address.hpp"
#include "truckee/http/head.hpp"
#include "truckee/settings/scrape_target.hpp"

using namespace truckee;

/// What is read is written, and read again, as the same; no part of it is a control character.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto at = parse_address(text, true);
  if (at) {
    fuzz::expect(parse_address(to_string(*at), true) == at);
    for (const char c : at->host)
      fuzz::expect(c > ' ' && c <= '~');
  } else {
    for (const char c : at.error().detail)
      fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  }
  if (http::is_own_host(text))
    fuzz::expect(text.find_first_of("@%/ ") == text.npos);
  (void)settings::parse_scrape_target(text);
  return 0;
}
