#include "truckee/doors/basp/basp_filter.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

/// BASP as a peer may send it. The first byte chooses generation (bit 0), side (bit 1), and in what pieces the rest comes; it
/// may stop the connection at any byte, and must not let a frame pass that is longer than the limit, nor add any byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truckee;
  using namespace truckee::doors::basp;
  if (size == 0)
    return 0;
  static constexpr std::array<message_type, 2> types{{
      {3000, "truckee::messages::hello"},
      {3026, "truckee::messages::subscribe", true},
  }};
  rules r;
  r.speaks = data[0] & 1 ? generation::caf_0_17 : generation::caf_1_1;
  r.peer = data[0] & 2 ? peer_side::dialler : peer_side::dialled;
  r.types = types;
  r.longest_payload = 1 << 16;
  const std::size_t piece = 1 + (data[0] >> 2) * 7U;
  basp_filter filter(r);
  bytes out;
  const byte_view stream(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  for (auto left = stream; !left.empty();) {
    const auto next = left.first(std::min(piece, left.size()));
    left = left.subspan(next.size());
    if (!filter.take(next, out))
      break;
  }
  if (out.size() > stream.size())
    std::abort();
  for (byte_view left = out; left.size() >= header_size;) {
    const auto head = read_header(left.first(header_size));
    if (head.payload > r.longest_payload || head.what == operation::routed_message)
      std::abort();
    left = left.subspan(std::min<std::size_t>(header_size + head.payload, left.size()));
  }
  return 0;
}
