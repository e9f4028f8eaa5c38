#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/pipeline/encode.hpp"
#include "truckee/codec/pipeline/segment.hpp"

#include <vector>

/// Salts and blocks of some segments that follow one another, of all shares of a version: what becomes a run of each share's data.
namespace truckee::codec::mdmf {

class salted_run {
public:
  /// Throws std::bad_alloc.
  salted_run(const share_header& header, const segment_range& segments, buffer_pool* buffers);

  /// The i-th of the segments. Different ones may be worked on at once.
  void encrypt(std::uint64_t i, const crypto::version_salt& salt, const crypto::read_key& key,
               byte_view content);
  void encode(std::uint64_t i, const erasure_code& code);

  /// Of each share one after another: what the block hash of each segment is made of.
  std::vector<byte_view> hashed() const;
  /// By share number; they may be taken out.
  std::vector<buffer>& shares() { return shares_; }

private:
  /// Salt and block of the i-th segment, in each share's run.
  byte_range place_of(std::uint64_t i) const;
  std::vector<mutable_byte_view> blocks_of(std::uint64_t i);

  share_header header_;
  segment_range segments_;
  std::vector<buffer> shares_;
};

} // namespace truckee::codec::mdmf
