#include "truckee/codec/sdmf/layout.hpp"

#include "truckee/crypto/rsa.hpp"

#include <algorithm>

namespace truckee::codec::sdmf {

namespace {

constexpr std::uint8_t sdmf_version = 0;
constexpr std::uint8_t mdmf_version = 1;

/// Sums of offsets and lengths below this cannot overflow.
constexpr std::uint64_t data_length_max = std::uint64_t{1} << 62;

constexpr std::size_t sequence_at = 1;
constexpr std::size_t root_at = 9;
constexpr std::size_t salt_at = 41;
constexpr std::size_t needed_at = 57;
constexpr std::size_t total_at = 58;
constexpr std::size_t segment_size_at = 59;
constexpr std::size_t data_length_at = 67;
constexpr std::size_t offsets_at = signed_prefix_size;

std::uint64_t segment_size(std::uint64_t data_length, encoding shape) {
  return block_size(data_length, shape) * shape.needed;
}

/// The first byte decides which layout follows.
share_result<void> check_version(byte_view from) {
  if (from.empty())
    return share_fail(share_field::version, share_fault::truncated, "the share is empty");
  const auto version = read_field<std::uint8_t>(from, 0);
  if (version == mdmf_version)
    return share_fail(share_field::version, share_fault::unsupported_version,
                      "this is an MDMF share, not an SDMF one");
  if (version != sdmf_version)
    return share_fail(share_field::version, share_fault::unsupported_version,
                      "version " + std::to_string(version) + " is not known");
  return {};
}

share_result<share_header> parse_header(byte_view from) {
  share_header out{{read_field<std::uint64_t>(from, sequence_at)},
                   read_fixed<hash256>(from, root_at),
                   read_fixed<crypto::version_salt>(from, salt_at),
                   {read_field<std::uint8_t>(from, needed_at), read_field<std::uint8_t>(from, total_at)},
                   read_field<std::uint64_t>(from, segment_size_at),
                   read_field<std::uint64_t>(from, data_length_at)};
  if (const auto good = check_header(out, data_length_max); !good)
    return tl::unexpected(good.error());
  if (out.segment_size != segment_size(out.data_length, out.shape))
    return share_fail(share_field::segment_size, share_fault::inconsistent,
                      std::to_string(out.segment_size) +
                          " does not follow from data length and needed shares");
  return out;
}

/// An empty layout of this header.
share_layout layout_of(const share_header& header) {
  share_layout out;
  out.header = header;
  out.prefix_length = signed_prefix_size;
  out.checkstring_length = checkstring_size;
  return out;
}

} // namespace

signed_prefix_bytes pack_prefix(const share_header& header) {
  signed_prefix_bytes out{};
  write_field<std::uint8_t>(out, 0, sdmf_version);
  write_field(out, sequence_at, header.sequence.value);
  std::copy(header.root_hash.data.begin(), header.root_hash.data.end(), out.begin() + root_at);
  std::copy(header.salt.data.begin(), header.salt.data.end(), out.begin() + salt_at);
  write_field(out, needed_at, header.shape.needed);
  write_field(out, total_at, header.shape.total);
  write_field(out, segment_size_at, header.segment_size);
  write_field(out, data_length_at, header.data_length);
  return out;
}

checkstring_bytes pack_checkstring(const share_header& header) {
  const auto prefix = pack_prefix(header);
  checkstring_bytes out;
  std::copy_n(prefix.begin(), out.size(), out.begin());
  return out;
}

share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size) {
  auto out = layout_of(header);
  out.header.segment_size = segment_size(header.data_length, header.shape);
  std::uint64_t at = header_size;
  const auto take = [&at](std::uint64_t length) {
    const byte_range range{at, length};
    at += length;
    return range;
  };
  out.public_key = take(public_key_size);
  out.signature = take(crypto::signature_size);
  out.share_hash_chain = take(chain_length(header.shape));
  out.block_hash_tree = take(hash256::size);
  out.share_data = take(block_size(header.data_length, header.shape));
  out.encrypted_private_key = take(private_key_size);
  return out;
}

void pack_header(const share_layout& layout, mutable_byte_view out) {
  const auto prefix = pack_prefix(layout.header);
  std::copy(prefix.begin(), prefix.end(), out.begin());
  write_field(out, offsets_at, static_cast<std::uint32_t>(layout.signature.offset));
  write_field(out, offsets_at + 4, static_cast<std::uint32_t>(layout.share_hash_chain.offset));
  write_field(out, offsets_at + 8, static_cast<std::uint32_t>(layout.block_hash_tree.offset));
  write_field(out, offsets_at + 12, static_cast<std::uint32_t>(layout.share_data.offset));
  write_field(out, offsets_at + 16, layout.encrypted_private_key.offset);
  write_field(out, offsets_at + 24, layout.length());
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

  const auto chain = chain_length(out.header.shape);
  const auto block = block_size(out.header.data_length, out.header.shape);
  const auto narrow = [&](std::size_t at) -> std::uint64_t {
    return read_field<std::uint32_t>(from, offsets_at + at);
  };
  const auto wide = [&](std::size_t at) { return read_field<std::uint64_t>(from, offsets_at + at); };
  const std::array<part_row, 6> rows{{
      {public_key, signature_offset, 1, public_key_size_max, narrow(0)},
      {signature, share_hash_chain_offset, crypto::signature_size, crypto::signature_size, narrow(4)},
      {share_hash_chain, block_hash_tree_offset, chain, chain, narrow(8)},
      {block_hash_tree, share_data_offset, hash256::size, hash256::size, narrow(12)},
      {share_data, encrypted_private_key_offset, block, block, wide(16)},
      {encrypted_private_key, end_offset, 1, private_key_size_max, wide(24)},
  }};
  if (const auto placed = place_parts(out, header_size, rows); !placed)
    return tl::unexpected(placed.error());
  return out;
}

} // namespace truckee::codec::sdmf
