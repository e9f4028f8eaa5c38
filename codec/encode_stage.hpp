#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace truckee::codec {

/// What making the shares of a version consists of, in order. Every other list of these stages (metrics, status, logs) is
/// made from this one or checked against it.
enum class encode_stage : std::uint8_t { encrypt, encode, hash, sign, pack };
inline constexpr std::array encode_stages{encode_stage::encrypt, encode_stage::encode, encode_stage::hash,
                                          encode_stage::sign, encode_stage::pack};

inline constexpr std::array<std::string_view, encode_stages.size()> encode_stage_names{
    "encrypt", "encode", "hash", "sign", "pack"};
constexpr std::string_view to_string(encode_stage stage) {
  return encode_stage_names.at(static_cast<std::size_t>(stage));
}

/// Seconds of each stage.
struct encode_timings {
  std::array<double, encode_stages.size()> seconds{};
  double& at(encode_stage stage) { return seconds.at(static_cast<std::size_t>(stage)); }
  double at(encode_stage stage) const { return seconds.at(static_cast<std::size_t>(stage)); }
};

} // namespace truckee::codec
