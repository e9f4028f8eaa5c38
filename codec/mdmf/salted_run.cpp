#include "truckee/codec/mdmf/salted_run.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

salted_run::salted_run(const share_header& header, const segment_range& segments, buffer_pool* buffers)
  : header_(header), segments_(segments) {
  const auto length = salted_blocks(header, segments).length;
  shares_.reserve(header.shape.total);
  for (unsigned share = 0; share < header.shape.total; ++share)
    shares_.push_back(buffers != nullptr ? buffers->take(length, salt_size) : buffer(length, salt_size));
}

byte_range salted_run::place_of(std::uint64_t i) const {
  const auto place = salted_block(header_, segments_.first + i);
  return {place.offset - salted_blocks(header_, segments_).offset, place.length};
}

std::vector<mutable_byte_view> salted_run::blocks_of(std::uint64_t i) {
  const auto place = place_of(i);
  std::vector<mutable_byte_view> out;
  out.reserve(shares_.size());
  for (auto& share : shares_)
    out.push_back(share.view().subspan(place.offset + salt_size, place.length - salt_size));
  return out;
}

void salted_run::encrypt(std::uint64_t i, const crypto::version_salt& salt, const crypto::read_key& key,
                         byte_view content) {
  for (auto& share : shares_)
    std::ranges::copy(salt.data, share.view().subspan(place_of(i).offset).begin());
  encrypt_segment(crypto::derive_data_key(salt, key), content, blocks_of(i), header_.shape.needed);
}

void salted_run::encode(std::uint64_t i, const erasure_code& code) {
  encode_segment(code, blocks_of(i));
}

std::vector<byte_view> salted_run::hashed() const {
  std::vector<byte_view> out;
  out.reserve(shares_.size() * segments_.count);
  for (const auto& share : shares_)
    for (std::uint64_t i = 0; i < segments_.count; ++i)
      out.push_back(share.view().subspan(place_of(i).offset, place_of(i).length));
  return out;
}

} // namespace truckee::codec::mdmf
