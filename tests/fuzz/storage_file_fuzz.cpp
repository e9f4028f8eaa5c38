#include "fuzz/bytes_reader.hpp"
#include "truckee/settings/storage_file.hpp"

using namespace truckee;

/// No text breaks the parser, and no message of it speaks to a terminal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto got =
      settings::parse_storage_file({reinterpret_cast<const char*>(data), size}, "/folder/file.toml");
  if (got)
    return 0;
  for (const char c : got.error().detail)
    fuzz::expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  return 0;
}
