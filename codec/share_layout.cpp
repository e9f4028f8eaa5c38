#include "truckee/codec/share_layout.hpp"

#include "truckee/codec/merkle_tree.hpp"

#include <algorithm>

namespace truckee::codec {

std::uint64_t share_layout::length() const {
  // The last part of an SDMF share is the one, of an MDMF share the other.
  return std::max(encrypted_private_key.end(), block_hash_tree.end());
}

byte_range& share_layout::range(share_field field) {
  switch (field) {
  case share_field::public_key:
    return public_key;
  case share_field::signature:
    return signature;
  case share_field::share_hash_chain:
    return share_hash_chain;
  case share_field::block_hash_tree:
    return block_hash_tree;
  case share_field::share_data:
    return share_data;
  default:
    return encrypted_private_key;
  }
}

const byte_range& share_layout::range(share_field field) const {
  return const_cast<share_layout*>(this)->range(field);
}

std::uint64_t chain_length(encoding shape) {
  return needed_hashes(0, shape.total).size() * chain_entry_size;
}

namespace {

share_result<byte_range> take_part(const part_row& row, std::uint64_t begin) {
  if (row.end < begin)
    return share_fail(row.end_field, share_fault::inconsistent,
                      "at " + std::to_string(row.end) + ", before the part it ends, which begins at " +
                          std::to_string(begin));
  const auto length = row.end - begin;
  if (length < row.length_min || length > row.length_max)
    return share_fail(row.end_field, share_fault::inconsistent,
                      "leaves " + std::to_string(length) + " bytes for the " +
                          std::string(to_string(row.part)) + ", where " + std::to_string(row.length_min) +
                          (row.length_min == row.length_max ? "" : " to " + std::to_string(row.length_max)) +
                          " can be");
  return byte_range{begin, length};
}

} // namespace

share_result<void> place_parts(share_layout& out, std::uint64_t begin, std::span<const part_row> rows) {
  for (const auto& row : rows) {
    const auto part = take_part(row, begin);
    if (!part)
      return tl::unexpected(part.error());
    out.range(row.part) = *part;
    begin = row.end;
  }
  return {};
}

share_result<void> check_header(const share_header& header, std::uint64_t length_max) {
  if (header.shape.needed == 0)
    return share_fail(share_field::needed, share_fault::out_of_range, "no share is needed");
  if (header.shape.total < header.shape.needed)
    return share_fail(share_field::total, share_fault::inconsistent,
                      std::to_string(header.shape.needed) + " shares needed of " +
                          std::to_string(header.shape.total));
  if (header.data_length > length_max)
    return share_fail(share_field::data_length, share_fault::out_of_range,
                      std::to_string(header.data_length) + " bytes cannot be");
  return {};
}

} // namespace truckee::codec
