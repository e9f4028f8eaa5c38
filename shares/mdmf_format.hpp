#pragma once

#include "truckee/codec/mdmf/window_encode.hpp"
#include "truckee/shares/share_format.hpp"

namespace truckee::shares {

/// MDMF: segments of 128 KiB, each with a salt of its own before its block (codec/mdmf/layout.hpp).
const share_format& mdmf_format();

/// A sealed version whose share data are staged under this name: its shares have the rest.
encoded_version staged_version(const codec::mdmf::window_encoder& made, const staging_id& staging);

} // namespace truckee::shares
