#include "fuzz/bytes_reader.hpp"
#include "truckee/settings/grid_file.hpp"

using namespace truckee;

/// What is no NURL is told without its secret, and without control characters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto got = settings::parse_nurl({reinterpret_cast<const char*>(data), size});
  if (got)
    return 0;
  for (const char c : got.error().detail)
    fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  return 0;
}
