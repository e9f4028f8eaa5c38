#include "truckee/codec/mdmf/layout.hpp"

#include "truckee/crypto/rsa.hpp"

#include <algorithm>
#include <bit>

namespace truckee::codec::mdmf {

namespace {

constexpr std::uint8_t version_byte = 1;

constexpr std::size_t sequence_at = 1;
constexpr std::size_t root_at = 9;
constexpr std::size_t needed_at = 41;
constexpr std::size_t total_at = 42;
constexpr std::size_t segment_size_at = 43;
constexpr std::size_t data_length_at = 51;
constexpr std::size_t offsets_at = signed_prefix_size;

/// The share data begin behind the keys, and no further than the longest ones reach: what lies between is nothing.
constexpr std::uint64_t share_data_at_max = 8192;

std::uint64_t full_salted_block(const share_header& header) {
  return salt_size + block_size(header.segment_size, header.shape);
}

share_result<share_header> parse_header(byte_view from) {
  share_header out;
  out.sequence = {read_field<std::uint64_t>(from, sequence_at)};
  out.root_hash = read_fixed<hash256>(from, root_at);
  out.shape = {read_field<std::uint8_t>(from, needed_at), read_field<std::uint8_t>(from, total_at)};
  out.segment_size = read_field<std::uint64_t>(from, segment_size_at);
  out.data_length = read_field<std::uint64_t>(from, data_length_at);
  if (const auto good = check_header(out, data_length_max); !good)
    return tl::unexpected(good.error());
  if (out.segment_size != segment_size(out.shape))
    return share_fail(share_field::segment_size, share_fault::inconsistent,
                      std::to_string(out.segment_size) + ", where " +
                          std::to_string(segment_size(out.shape)) + " follows from the needed shares");
  return out;
}

share_result<void> check_version(byte_view from) {
  if (from.empty())
    return share_fail(share_field::version, share_fault::truncated, "the share is empty");
  const auto version = read_field<std::uint8_t>(from, 0);
  if (version != version_byte)
    return share_fail(share_field::version, share_fault::unsupported_version,
                      "version " + std::to_string(version) + " is not that of an MDMF share");
  return {};
}

share_layout layout_of(const share_header& header) {
  share_layout out;
  out.header = header;
  out.prefix_length = signed_prefix_size;
  out.checkstring_length = checkstring_size;
  return out;
}

} // namespace

std::array<std::byte, signed_prefix_size> pack_prefix(const share_header& header) {
  std::array<std::byte, signed_prefix_size> out{};
  write_field<std::uint8_t>(out, 0, version_byte);
  write_field(out, sequence_at, header.sequence.value);
  std::copy(header.root_hash.data.begin(), header.root_hash.data.end(), out.begin() + root_at);
  write_field(out, needed_at, header.shape.needed);
  write_field(out, total_at, header.shape.total);
  write_field(out, segment_size_at, header.segment_size);
  write_field(out, data_length_at, header.data_length);
  return out;
}

std::uint64_t segment_size(encoding shape) {
  return block_size(segment_size_base, shape) * shape.needed;
}

std::uint64_t segment_count(const share_header& header) {
  if (header.segment_size == 0) // of no share: decoding says so
    return 0;
  return header.data_length / header.segment_size + (header.data_length % header.segment_size == 0 ? 0 : 1);
}

std::uint64_t segment_length(const share_header& header, std::uint64_t index) {
  return std::min(header.segment_size, header.data_length - index * header.segment_size);
}

segment_range all_segments(const share_header& header) {
  return {0, segment_count(header)};
}

bool has_segments(const share_header& header, const segment_range& segments) {
  const auto count = segment_count(header);
  return segments.first <= count && segments.count <= count - segments.first;
}

segment_range touched_segments(const share_header& header, std::uint64_t offset, std::uint64_t length) {
  const auto begin = std::min(offset, header.data_length);
  const auto end = begin + std::min(length, header.data_length - begin);
  if (header.segment_size == 0)
    return {};
  if (begin == end)
    return {begin / header.segment_size, 0};
  const auto first = begin / header.segment_size;
  return {first, (end - 1) / header.segment_size - first + 1};
}

byte_range content_of(const share_header& header, const segment_range& segments) {
  const auto begin = std::min(segments.first * header.segment_size, header.data_length);
  const auto end = std::min((segments.first + segments.count) * header.segment_size, header.data_length);
  return {begin, end - begin};
}

byte_range salted_block(const share_header& header, std::uint64_t index) {
  return {index * full_salted_block(header),
          salt_size + block_size(segment_length(header, index), header.shape)};
}

byte_range salted_blocks(const share_header& header, const segment_range& segments) {
  const auto begin = segments.first * full_salted_block(header);
  if (segments.count == 0) // behind the last segment, which may be a short one, there is nothing
    return {segments.first == 0 ? 0 : std::min(begin, salted_block(header, segments.first - 1).end()), 0};
  return {begin, salted_block(header, segments.first + segments.count - 1).end() - begin};
}

std::uint64_t block_hash_tree_length(const share_header& header) {
  return (2 * std::bit_ceil(std::max<std::uint64_t>(segment_count(header), 1)) - 1) * hash256::size;
}

share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size) {
  auto out = layout_of(header);
  out.header.segment_size = segment_size(header.shape);
  std::uint64_t at = header_size;
  const auto take = [&at](std::uint64_t length) {
    const byte_range range{at, length};
    at += length;
    return range;
  };
  out.encrypted_private_key = take(private_key_size);
  out.share_hash_chain = take(chain_length(header.shape));
  out.signature = take(crypto::signature_size);
  out.public_key = take(public_key_size);
  at = std::max(at, share_data_at); // keys of the sizes that there are end before it
  out.share_data = take(salted_blocks(out.header, all_segments(out.header)).length);
  out.block_hash_tree = take(block_hash_tree_length(out.header));
  return out;
}

void pack_header(const share_layout& layout, mutable_byte_view out) {
  const auto prefix = pack_prefix(layout.header);
  std::copy(prefix.begin(), prefix.end(), out.begin());
  std::size_t at = offsets_at;
  for (const auto offset :
       {layout.encrypted_private_key.offset, layout.share_hash_chain.offset, layout.signature.offset,
        layout.public_key.offset, layout.public_key.end(), layout.share_data.offset,
        layout.block_hash_tree.offset, layout.block_hash_tree.end()}) {
    write_field(out, at, offset);
    at += sizeof(offset);
  }
}

share_result<share_layout> parse_layout(byte_view from) {
  using enum share_field;
  if (const auto known = check_version(from); !known)
    return tl::unexpected(known.error());
  if (from.size() < header_size)
    return share_fail(header, share_fault::truncated,
                      std::to_string(from.size()) + " bytes, where the header alone has " +
                          std::to_string(header_size));
  const auto header_read = parse_header(from);
  if (!header_read)
    return tl::unexpected(header_read.error());
  auto out = layout_of(*header_read);

  const auto offset = [&](std::size_t number) {
    return read_field<std::uint64_t>(from, offsets_at + number * sizeof(std::uint64_t));
  };
  if (offset(0) != header_size)
    return share_fail(encrypted_private_key_offset, share_fault::inconsistent,
                      "at " + std::to_string(offset(0)) + ", where the header ends at " +
                          std::to_string(header_size));
  const auto chain = chain_length(out.header.shape);
  const std::array<part_row, 4> keys{{
      {encrypted_private_key, share_hash_chain_offset, 1, private_key_size_max, offset(1)},
      {share_hash_chain, signature_offset, chain, chain, offset(2)},
      {signature, public_key_offset, crypto::signature_size, crypto::signature_size, offset(3)},
      {public_key, public_key_end_offset, 1, public_key_size_max, offset(4)},
  }};
  if (const auto placed = place_parts(out, header_size, keys); !placed)
    return tl::unexpected(placed.error());
  const auto data_at = offset(5);
  if (data_at < out.public_key.end() || data_at > share_data_at_max)
    return share_fail(share_data_offset, share_fault::inconsistent,
                      "at " + std::to_string(data_at) + ", where the public key ends at " +
                          std::to_string(out.public_key.end()) + " and nothing begins beyond " +
                          std::to_string(share_data_at_max));
  const auto data = salted_blocks(out.header, all_segments(out.header)).length;
  const auto tree = block_hash_tree_length(out.header);
  const std::array<part_row, 2> content{{
      {share_data, block_hash_tree_offset, data, data, offset(6)},
      {block_hash_tree, end_offset, tree, tree, offset(7)},
  }};
  if (const auto placed = place_parts(out, data_at, content); !placed)
    return tl::unexpected(placed.error());
  return out;
}

} // namespace truckee::codec::mdmf
