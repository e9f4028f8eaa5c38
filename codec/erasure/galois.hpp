#pragma once

#include <array>
#include <cstdint>

/// GF(2^8) with the polynomial 0x11d and the generator 2, by logarithms. Only coefficients are computed with
/// it; the bulk of the work is ISA-L's.
namespace truckee::codec::galois {

inline constexpr unsigned order = 255; // of the multiplicative group

/// Logarithms and powers of the generator, 2: a product is a sum of logarithms.
struct tables {
  std::array<std::uint8_t, 256> log{}; // log[0] is not used
  std::array<std::uint8_t, 256> exp{};
};

constexpr tables make_tables() {
  tables out;
  unsigned x = 1;
  for (unsigned i = 0; i < order; ++i) {
    out.exp[i] = static_cast<std::uint8_t>(x);
    out.log[x] = static_cast<std::uint8_t>(i);
    x <<= 1;
    if (x >= 256)
      x ^= 0x11d;
  }
  out.exp[order] = out.exp[0];
  return out;
}

inline constexpr tables table = make_tables();

/// Where share i evaluates the polynomial: 0, 1, a, a^2, ...
constexpr std::uint8_t point(std::uint8_t share) {
  return share == 0 ? std::uint8_t{0} : table.exp[static_cast<unsigned>(share - 1) % order];
}

} // namespace truckee::codec::galois
