#include "fuzz/bytes_reader.hpp"
#include "truckee/gbs/nurl.hpp"

using namespace truckee;

/// What is no NURL is told without its secret, and without control characters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto got = gbs::parse_nurl({reinterpret_cast<const char*>(data), size});
  if (got)
    return 0;
  for (const char c : got.error().detail)
    fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  return 0;
}
