#pragma once

#include "test_support.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/codec/mdmf/encode.hpp"
#include "truckee/codec/mdmf/share.hpp"
#include "truckee/codec/sdmf/encode.hpp"
#include "truckee/codec/sdmf/share.hpp"

/// What the codec's tests share: the vectors' keys, and one world for the pipeline.
namespace truckee::test {

inline crypto::file_keys keys_of(const std::string& file) {
  const auto key = crypto::private_key::from_der(read_file(vector_path(file)));
  if (!key)
    throw std::runtime_error(file + ": " + to_string(key.error()));
  return crypto::file_keys(*key);
}

inline const crypto::file_keys& some_keys() {
  static const auto keys = keys_of("keys/key0.pkcs8.der");
  return keys;
}

inline bytes random_bytes(std::size_t size, random_source& random) {
  bytes out(size);
  random.fill(out);
  return out;
}

/// A codec_context and what it refers to.
struct codec_world {
  explicit codec_world(std::uint64_t seed = 1, std::size_t threads = 0) : random(seed), workers(threads) {}
  seeded_random random;
  worker_pool workers;
  codec::erasure_codes codes;
  codec::codec_context context{random, workers, codes};

  codec::encoded_file encode(byte_view content, codec::encoding shape,
                             const crypto::file_keys& keys = some_keys()) {
    return must(codec::sdmf::encode({content, shape, sequence_number{1}, keys}, context));
  }
  codec::encoded_file encode_mdmf(byte_view content, codec::encoding shape,
                                  const crypto::file_keys& keys = some_keys()) {
    return must(codec::mdmf::encode({content, shape, sequence_number{1}, keys}, context));
  }

private:
  static codec::encoded_file must(result<codec::encoded_file> made) {
    if (!made)
      throw std::runtime_error(to_string(made.error()));
    return std::move(*made);
  }
};

/// A share of the vectors, by "k3n10s1000/seq1/sh0".
inline bytes vector_share(const std::string& name) {
  return read_file(vector_path("sdmf/" + name + ".share"));
}
inline bytes mdmf_vector_share(const std::string& name) {
  return read_file(vector_path("mdmf/" + name + ".share"));
}

} // namespace truckee::test
