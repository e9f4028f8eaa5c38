#include "truckee/crypto/algorithms.hpp"

#include <cstdio>
#include <gtest/gtest.h>
#include <openssl/provider.h>
#include <unistd.h>

using namespace truckee;
using namespace truckee::crypto;

TEST(algorithms, are_all_here) {
  const auto all = check_algorithms();
  EXPECT_TRUE(all) << to_string(all.error());
}

TEST(algorithms, that_are_missing_are_named_and_end_nothing) {
  const auto look = [] {
    if (OSSL_PROVIDER_load(nullptr, "null") == nullptr) // then OpenSSL loads no other by itself
      ::_exit(1);
    const auto some = check_algorithms();
    if (some)
      ::_exit(2);
    std::fputs(to_string(some.error()).c_str(), stderr);
    ::_exit(some.error().code == errc::configuration ? 0 : 3);
  };
  // A process of its own: here OpenSSL has loaded its default provider already.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(look(), testing::ExitedWithCode(0), "AES-128-CTR, SHA-256, SHA-1, RSA");
}
