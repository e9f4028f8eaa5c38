#pragma once

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/codec/pipeline/encode.hpp"
#include "truckee/codec/pipeline/stages.hpp"

namespace truckee::codec {

/// What is encrypted under one salt, erasure coded and hashed by itself.
struct segment_place {
  byte_range content; ///< of the whole content
  byte_range block;   ///< in every share
  byte_range hashed;  ///< in every share: what the leaf of its block hash tree is the hash of
};

/// One run of the pipeline, for any format: encrypt, encode, hash, sign, pack. A format says what lies where; every stage
/// works in the share buffers themselves.
class encode_run {
public:
  encode_run(const encode_request& request, const codec_context& context)
    : request_(request), context_(context), stages_(request.on_stage, request.stop, context.time) {}
  encode_run(const encode_run&) = delete;
  encode_run& operator=(const encode_run&) = delete;
  virtual ~encode_run() = default;

  /// As the formats' encode functions; std::bad_alloc is turned into errc::too_large.
  result<encoded_file> run();

protected:
  const encode_request& request() const { return request_; }
  const codec_context& context() const { return context_; }
  encoding shape() const { return layout_.header.shape; }
  /// `range` of one share, to be filled.
  mutable_byte_view region(std::size_t share, const byte_range& range) {
    return shares_[share].view().subspan(range.offset, range.length);
  }

private:
  virtual share_layout layout_for(const share_header& header, std::size_t public_key_size,
                                  std::size_t private_key_size) const = 0;
  virtual std::vector<segment_place> segments_of(const share_layout& layout) const = 0;
  /// Of each segment, in order: drawn, or the existing version's. May put them into the header and the shares.
  virtual std::vector<crypto::version_salt> take_salts(share_layout& layout,
                                                       std::span<const segment_place> segments) = 0;
  virtual bytes pack_prefix_of(const share_header& header) const = 0;
  virtual void pack_header_of(const share_layout& layout, mutable_byte_view out) const = 0;

  void begin();
  /// Of every share.
  std::vector<mutable_byte_view> blocks_of(const segment_place& place);
  result<void> encrypt();
  result<void> encode(const erasure_code& code);
  result<void> hash();
  result<void> sign();
  result<void> take_over_signature();
  result<void> pack();
  encoded_file finish();
  byte_view public_key() const { return request_.keys.signing.public_half().der(); }

  const encode_request& request_;
  const codec_context& context_;
  stage_run stages_;
  share_layout layout_;
  std::vector<segment_place> segments_;
  std::vector<crypto::version_salt> salts_; ///< of each segment
  std::vector<buffer> shares_;
  std::vector<merkle_tree> block_trees_; ///< of each share
  std::optional<merkle_tree> tree_;
  bytes prefix_;
  crypto::signature signature_;
};

} // namespace truckee::codec
