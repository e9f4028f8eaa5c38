#pragma once

#include "truckee/shares/share_format.hpp"

namespace truckee::shares {

/// SDMF: one segment, one block a share (codec/sdmf/layout.hpp).
const share_format& sdmf_format();

} // namespace truckee::shares
