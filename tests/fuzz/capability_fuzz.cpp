#include "fuzz/bytes_reader.hpp"
#include "truckee/crypto/capability.hpp"

#include <algorithm>

using namespace truckee;

namespace {

/// The same kind with other secrets: but for the last letter of each field, which must be one that can stand there.
std::string with_other_secrets(std::string_view text) {
  std::string out(text);
  const auto kind = out.find(':', std::min<std::size_t>(out.size(), 4));
  for (std::size_t i = std::min(kind, out.size()); i + 1 < out.size(); ++i)
    if (out[i + 1] != ':' && ((out[i] >= 'a' && out[i] <= 'z') || (out[i] >= '2' && out[i] <= '7')))
      out[i] = 'a';
  return out;
}

} // namespace

/// What is read has one canonical text; what is wrong with a text is told in the same words whatever its secrets are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cap = crypto::parse_capability(text);
  const auto other = crypto::parse_capability(with_other_secrets(text));
  fuzz::expect(cap.has_value() == other.has_value());
  if (!cap) {
    fuzz::expect(cap.error().detail == other.error().detail);
    return 0;
  }
  const auto canonical = crypto::to_text(*cap);
  const auto again = crypto::parse_capability(canonical);
  fuzz::expect(again && *again == *cap && crypto::to_text(*again) == canonical);
  return 0;
}
