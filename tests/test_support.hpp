#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/random.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

/// What several rooms' tests share: files of vectors, hexadecimal, seeded randomness.
namespace truckee::test {

/// A file of tests/data, or of the folder that `cmake -DTRUCKEE_VECTORS=DIR` named.
inline std::filesystem::path vector_path(const std::string& name) {
  const auto own = std::filesystem::path(TRUCKEE_TEST_DATA) / "vectors" / name;
  const std::filesystem::path more = TRUCKEE_VECTORS;
  return more.empty() || std::filesystem::exists(own) ? own : more / name;
}

inline bool have_vector(const std::string& name) {
  return std::filesystem::exists(vector_path(name));
}

inline bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(as_bytes(text));
}

inline nlohmann::json read_json(const std::string& name) {
  std::ifstream in(vector_path(name));
  if (!in)
    throw std::runtime_error("cannot read " + vector_path(name).string());
  return nlohmann::json::parse(in);
}

/// Hexadecimal from a vector file; throws where the vector is broken.
inline bytes hex(const std::string& text) {
  auto out = from_hex(text);
  if (!out)
    throw std::runtime_error("not hexadecimal: " + text);
  return *out;
}

/// The same bytes for the same seed.
class seeded_random final : public random_source {
public:
  explicit seeded_random(std::uint64_t seed) : engine_(seed) {}
  void fill(mutable_byte_view out) override {
    for (auto& b : out)
      b = static_cast<std::byte>(engine_() & 0xff);
  }

private:
  std::mt19937_64 engine_;
};

/// Gives the recorded bytes, in order; throws when asked for more.
class scripted_random final : public random_source {
public:
  explicit scripted_random(bytes script) : script_(std::move(script)) {}
  void fill(mutable_byte_view out) override {
    if (script_.size() - at_ < out.size())
      throw std::runtime_error("the random script is at its end");
    std::copy_n(script_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
  }

private:
  bytes script_;
  std::size_t at_ = 0;
};

} // namespace truckee::test
