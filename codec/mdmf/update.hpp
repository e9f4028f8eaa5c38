#pragma once

#include "truckee/codec/mdmf/update_plan.hpp"
#include "truckee/codec/pipeline/encode.hpp"

namespace truckee::codec::mdmf {

/// Whether a share is laid out as make_layout does it, so that what an update writes finds its place.
bool is_laid_out_as_made(const share_layout& layout);

/// Bytes that go to one place of a share.
struct share_write {
  std::uint64_t offset = 0;
  shared_bytes data;
};

/// What makes one share of the old version one of the new.
struct updated_share {
  std::vector<share_write> writes; ///< ascending; they do not overlap
  std::uint64_t length = 0;        ///< of the share as it then is: what is beyond goes
};

/// An update to be made.
struct update_request {
  const share_layout& now; ///< of every share of the version that is there; is_laid_out_as_made
  const update_plan& plan; ///< of that version; changes()
  byte_view content;       ///< touched_content
  /// Of every share of the version that is there, by number: verified.
  std::span<const byte_view> block_hash_trees;
  sequence_number sequence{2};
  const crypto::file_keys& keys;
  std::function<void(stage)> on_stage = {}; ///< as encode_request
  std::stop_token stop = {};                ///< as encode_request
};

/// One version as the difference to the one below it.
struct updated_file {
  share_header header;
  std::vector<updated_share> shares; ///< index = share number
  encode_timings timings;
};

/// Encrypts the touched segments, each under a fresh salt, encodes and hashes them, and signs. Applied to its share, each
/// updated_share gives what encode() makes of the new content with the same salts, byte for byte. Takes 16 bytes of salt
/// for each touched segment from context.random, in order, then 32 of PSS salt.
result<updated_file> update(const update_request& request, const codec_context& context);

} // namespace truckee::codec::mdmf
