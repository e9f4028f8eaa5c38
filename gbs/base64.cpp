#include "truckee/gbs/base64.hpp"

#include <climits>
#include <openssl/evp.h>

namespace truckee::gbs {

secret_text to_base64(byte_view data) {
  secret_text out;
  out.resize((data.size() + 2) / 3 * 4 + 1); // OpenSSL ends it with a NUL
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(data.data()), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > INT_MAX)
    return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes out(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0 || static_cast<std::size_t>(size) < padding)
    return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  // OpenSSL forgives stray bits and spaces around.
  if (std::string_view(to_base64(out)) != text)
    return std::nullopt;
  return out;
}

} // namespace truckee::gbs
