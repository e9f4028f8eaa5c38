#include "fuzz/bytes_reader.hpp"
#include "truckee/crypto/base32.hpp"

using namespace truckee;

/// Every text that is read is the one text of its bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto raw = crypto::from_base32(text))
    fuzz::expect(crypto::to_base32(*raw) == text);
  const auto written = crypto::to_base32(as_bytes(text));
  const auto again = crypto::from_base32(written);
  fuzz::expect(again && as_text(*again) == text);
  return 0;
}
