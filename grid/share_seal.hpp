#pragma once

#include "truckee/base/bytes.hpp"

#include <algorithm>

namespace truckee::grid {

/// The first bytes of a share's signature: two writes of one version differ in them, and nothing else of a share shows that
/// its signature was made anew.
using share_seal = fixed_bytes<struct share_seal_tag, 16>;

/// Of a signature, which is longer.
inline share_seal seal_of(byte_view signature) {
  share_seal out;
  std::copy_n(signature.begin(), out.data.size(), out.data.begin());
  return out;
}

} // namespace truckee::grid
