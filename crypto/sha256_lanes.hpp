#pragma once

#include "truckee/base/ids.hpp"

#include <span>
#include <string_view>

/// Hashes of several messages of one length, side by side in one thread: a single SHA-256 waits for the processor's own
/// latency most of the time, two or three fill the gaps. OpenSSL does one message at a time.
namespace truckee::crypto {

inline constexpr std::size_t lanes_max = 3;

/// H(tag, value) of each value; `out` is as long as `values`. Values of one length, up to lanes() of them next to each
/// other, go side by side.
void tagged_hashes(std::string_view tag, std::span<const byte_view> values, std::span<hash256> out);

/// How many messages go side by side on this machine: 2 or 3 where that is faster than OpenSSL and gives the same, else 1.
/// Tried once, at the first call, which takes about a millisecond.
std::size_t lanes();

/// Whether this processor has what lanes need: the SHA instructions of x86.
bool lanes_possible();

/// SHA-256 twice over prefix and value, of 2 or 3 values of one length side by side, whether or not it is faster here. The
/// prefix has at most 64 bytes. Only where lanes_possible().
void sha256d_side_by_side(byte_view prefix, std::span<const byte_view> values, std::span<hash256> out);

} // namespace truckee::crypto
