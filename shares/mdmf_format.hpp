#pragma once

#include "truckee/shares/share_format.hpp"

namespace truckee::shares {

/// MDMF: segments of 128 KiB, each with a salt of its own before its block (codec/mdmf/layout.hpp).
const share_format& mdmf_format();

} // namespace truckee::shares
