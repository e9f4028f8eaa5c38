#include "fuzz/bytes_reader.hpp"
#include "truckee/crypto/rsa.hpp"

using namespace truckee;
using namespace truckee::crypto;

/// A key that is read keeps its bytes, and what it signs its public half takes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto der = as_bytes(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto key = public_key::from_der(der)) {
    fuzz::expect(equal(key->der(), der));
    (void)key->verify(der, der);
  }
  if (const auto key = private_key::from_der(der)) {
    fuzz::expect(equal(key->der(), der));
    if (const auto made = key->sign(as_bytes("message"), {}))
      fuzz::expect(key->public_half().verify(as_bytes("message"), made->view()));
  }
  return 0;
}
