#pragma once

#include "truckee/codec/mdmf/window_encode.hpp"
#include "truckee/shares/encode.hpp"
#include "truckee/shares/share_format.hpp"

#include <memory>

namespace truckee::shares {

/// MDMF: segments of 128 KiB, each with a salt of its own before its block (codec/mdmf/layout.hpp).
const share_format& mdmf_format();

/// A version to be made of content that is not in memory. Filled by name.
struct window_request {
  std::uint64_t content_length = 0;
  grid::spread spread;
  sequence_number sequence{1};
  const crypto::file_keys& keys;
  const existing_version* again = nullptr; ///< as encode_request::again; the salts come with each window
};

/// Errors as codec::mdmf::window_encoder's.
result<std::unique_ptr<codec::mdmf::window_encoder>> make_window_encoder(const window_request& request,
                                                                         const codec_context& context);

/// A sealed version whose share data are staged under this name: its shares have the rest.
encoded_version staged_version(const codec::mdmf::window_encoder& made, const staging_id& staging);

} // namespace truckee::shares
