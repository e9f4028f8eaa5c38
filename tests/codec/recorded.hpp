#pragma once

#include "codec/codec_test_support.hpp"
#include "truckee/crypto/tagged_hash.hpp"

#include <gtest/gtest.h>

/// The recorded files of one format, as the tests of both formats read them.
namespace truckee::test {

/// Content of the vectors that are not copied: SHA-256 of "label:counter", counter from 0, joined and cut.
inline bytes stream(const std::string& label, std::size_t size) {
  bytes out;
  for (std::uint64_t counter = 0; out.size() < size; ++counter) {
    const auto block = crypto::sha256({as_bytes(label + ":" + std::to_string(counter))});
    out.insert(out.end(), block.data.begin(), block.data.end());
  }
  out.resize(size);
  return out;
}

inline std::string sha256_of(byte_view data) {
  return to_hex(crypto::sha256({data}).view());
}

/// The step's content, proved by its recorded hash: from its file, or by the formula. `format`: "sdmf", "mdmf".
inline bytes content_of(const std::string& format, const nlohmann::json& vector, const nlohmann::json& step,
                        std::size_t number) {
  const auto file = step["content_file"].get<std::string>();
  const auto content =
      have_vector(file)
          ? read_file(vector_path(file))
          : stream(format + "/" + vector["name"].get<std::string>() + "/content" + std::to_string(number),
                   step["size"].get<std::size_t>());
  EXPECT_EQ(sha256_of(content), step["content_sha256"].get<std::string>()) << file;
  return content;
}

inline codec::encoding shape_of(const nlohmann::json& vector) {
  return {vector["k"].get<std::uint8_t>(), vector["n"].get<std::uint8_t>()};
}

/// The salts of a step, in order, and the salt of its signature: what was drawn for it.
inline bytes drawn_for(const nlohmann::json& step, byte_view pss_salt) {
  bytes out;
  for (const auto& salt : step["salts"]) {
    const auto one = hex(salt);
    out.insert(out.end(), one.begin(), one.end());
  }
  out.insert(out.end(), pss_salt.begin(), pss_salt.end());
  return out;
}

} // namespace truckee::test
