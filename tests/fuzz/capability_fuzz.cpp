#include "fuzz/bytes_reader.hpp"
#include "truckee/crypto/capability.hpp"

using namespace truckee;

/// What is read has one canonical text; errors never quote what may be a secret.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cap = crypto::parse_capability(text);
  if (!cap) {
    fuzz::expect(text.size() < 12 || cap.error().detail.find(text) == std::string::npos);
    return 0;
  }
  const auto canonical = crypto::to_text(*cap);
  const auto again = crypto::parse_capability(canonical);
  fuzz::expect(again && *again == *cap && crypto::to_text(*again) == canonical);
  return 0;
}
