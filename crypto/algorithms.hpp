#pragma once

#include "truckee/base/result.hpp"

#include <stdexcept>

namespace truckee::crypto {

/// Whether the OpenSSL and the kernel of this machine have all that files need: AES-128-CTR, SHA-256, SHA-1, RSA and
/// random numbers. A node asks once, before it does anything. Errors (configuration): what is missing; a host that
/// is limited to FIPS may lack some.
result<void> check_algorithms();

/// What is thrown where an algorithm fails after all: no memory, or nobody called check_algorithms.
class algorithm_failure : public std::runtime_error {
public:
  explicit algorithm_failure(const char* name)
    : std::runtime_error(std::string("OpenSSL cannot do ") + name + " here") {}
};

} // namespace truckee::crypto
