#include "truckee/codec/sdmf/layout.hpp"

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/crypto/rsa.hpp"

#include <algorithm>

namespace truckee::codec {

namespace {

constexpr std::uint8_t sdmf_version = 0;
constexpr std::uint8_t mdmf_version = 1;

// What a part may measure. Tahoe-LAFS's keys have 292 or 294, and 1214 to 1219 bytes; what is far from that
// is no key, and nobody should be made to read gigabytes of it.
constexpr std::uint64_t public_key_size_max = 1024;
constexpr std::uint64_t private_key_size_max = 4096;
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

template <class T>
T read(byte_view from, std::size_t at) {
  return load_be<T>(from.subspan(at, sizeof(T)));
}

template <class T>
void write(mutable_byte_view to, std::size_t at, T value) {
  store_be<T>(to.subspan(at, sizeof(T)), value);
}

template <class Fixed>
Fixed read_fixed(byte_view from, std::size_t at) {
  return *Fixed::from(from.subspan(at, Fixed::size));
}

std::uint64_t segment_size(std::uint64_t data_length, encoding shape) {
  return block_size(data_length, shape) * shape.needed;
}

std::uint64_t chain_size(encoding shape) {
  return needed_hashes(0, shape.total).size() * chain_entry_size;
}

/// The first byte decides which layout follows; other layouts find their way in from here.
share_result<void> check_version(byte_view from) {
  if (from.empty())
    return share_fail(share_field::version, share_fault::truncated, "the share is empty");
  const auto version = read<std::uint8_t>(from, 0);
  if (version == mdmf_version)
    return share_fail(share_field::version, share_fault::unsupported_version,
                      "this is an MDMF share, which cannot be read yet");
  if (version != sdmf_version)
    return share_fail(share_field::version, share_fault::unsupported_version,
                      "version " + std::to_string(version) + " is not known");
  return {};
}

share_result<share_header> parse_header(byte_view from) {
  share_header out{{read<std::uint64_t>(from, sequence_at)},
                   read_fixed<hash256>(from, root_at),
                   read_fixed<crypto::version_salt>(from, salt_at),
                   {read<std::uint8_t>(from, needed_at), read<std::uint8_t>(from, total_at)},
                   read<std::uint64_t>(from, segment_size_at),
                   read<std::uint64_t>(from, data_length_at)};
  if (out.shape.needed == 0)
    return share_fail(share_field::needed, share_fault::out_of_range, "no share is needed");
  if (out.shape.total < out.shape.needed)
    return share_fail(share_field::total, share_fault::inconsistent,
                      std::to_string(out.shape.needed) + " shares needed of " +
                          std::to_string(out.shape.total));
  if (out.data_length > data_length_max)
    return share_fail(share_field::data_length, share_fault::out_of_range,
                      std::to_string(out.data_length) + " bytes cannot be");
  if (out.segment_size != segment_size(out.data_length, out.shape))
    return share_fail(share_field::segment_size, share_fault::inconsistent,
                      std::to_string(out.segment_size) +
                          " does not follow from data length and needed shares");
  return out;
}

/// One part of the table: where it begins, and which lengths it may have.
struct part_rule {
  share_field part;
  share_field end; ///< the offset that ends it
  std::uint64_t length_min;
  std::uint64_t length_max;
};

share_result<byte_range> take_part(const part_rule& rule, std::uint64_t begin, std::uint64_t end) {
  if (end < begin)
    return share_fail(rule.end, share_fault::inconsistent,
                      "at " + std::to_string(end) + ", before the part it ends, which begins at " +
                          std::to_string(begin));
  const auto length = end - begin;
  if (length < rule.length_min || length > rule.length_max)
    return share_fail(
        rule.end, share_fault::inconsistent,
        "leaves " + std::to_string(length) + " bytes for the " + std::string(to_string(rule.part)) +
            ", where " + std::to_string(rule.length_min) +
            (rule.length_min == rule.length_max ? "" : " to " + std::to_string(rule.length_max)) + " can be");
  return byte_range{begin, length};
}

} // namespace

signed_prefix_bytes pack_prefix(const share_header& header) {
  signed_prefix_bytes out{};
  write<std::uint8_t>(out, 0, sdmf_version);
  write(out, sequence_at, header.sequence.value);
  std::copy(header.root_hash.data.begin(), header.root_hash.data.end(), out.begin() + root_at);
  std::copy(header.salt.data.begin(), header.salt.data.end(), out.begin() + salt_at);
  write(out, needed_at, header.shape.needed);
  write(out, total_at, header.shape.total);
  write(out, segment_size_at, header.segment_size);
  write(out, data_length_at, header.data_length);
  return out;
}

checkstring_bytes pack_checkstring(const share_header& header) {
  const auto prefix = pack_prefix(header);
  checkstring_bytes out;
  std::copy_n(prefix.begin(), out.size(), out.begin());
  return out;
}

const byte_range& share_layout::range(share_field field) const {
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

share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size) {
  share_layout out;
  out.header = header;
  out.header.segment_size = segment_size(header.data_length, header.shape);
  std::uint64_t at = share_header_size;
  const auto take = [&at](std::uint64_t length) {
    const byte_range range{at, length};
    at += length;
    return range;
  };
  out.public_key = take(public_key_size);
  out.signature = take(crypto::signature_size);
  out.share_hash_chain = take(chain_size(header.shape));
  out.block_hash_tree = take(hash256::size);
  out.share_data = take(block_size(header.data_length, header.shape));
  out.encrypted_private_key = take(private_key_size);
  return out;
}

void pack_header(const share_layout& layout, mutable_byte_view out) {
  const auto prefix = pack_prefix(layout.header);
  std::copy(prefix.begin(), prefix.end(), out.begin());
  write(out, offsets_at, static_cast<std::uint32_t>(layout.signature.offset));
  write(out, offsets_at + 4, static_cast<std::uint32_t>(layout.share_hash_chain.offset));
  write(out, offsets_at + 8, static_cast<std::uint32_t>(layout.block_hash_tree.offset));
  write(out, offsets_at + 12, static_cast<std::uint32_t>(layout.share_data.offset));
  write(out, offsets_at + 16, layout.encrypted_private_key.offset);
  write(out, offsets_at + 24, layout.length());
}

share_result<share_layout> parse_layout(byte_view from) {
  using enum share_field;
  if (const auto known = check_version(from); !known)
    return tl::unexpected(known.error());
  if (from.size() < share_header_size)
    return share_fail(header, share_fault::truncated,
                      std::to_string(from.size()) + " bytes, where the header alone has " +
                          std::to_string(share_header_size));
  share_layout out;
  auto header_read = parse_header(from);
  if (!header_read)
    return tl::unexpected(header_read.error());
  out.header = *header_read;

  const auto chain = chain_size(out.header.shape);
  const auto block = block_size(out.header.data_length, out.header.shape);
  const std::array<part_rule, 6> rules{{
      {public_key, signature_offset, 1, public_key_size_max},
      {signature, share_hash_chain_offset, crypto::signature_size, crypto::signature_size},
      {share_hash_chain, block_hash_tree_offset, chain, chain},
      {block_hash_tree, share_data_offset, hash256::size, hash256::size},
      {share_data, encrypted_private_key_offset, block, block},
      {encrypted_private_key, end_offset, 1, private_key_size_max},
  }};
  const std::array<std::uint64_t, 6> ends{
      read<std::uint32_t>(from, offsets_at),      read<std::uint32_t>(from, offsets_at + 4),
      read<std::uint32_t>(from, offsets_at + 8),  read<std::uint32_t>(from, offsets_at + 12),
      read<std::uint64_t>(from, offsets_at + 16), read<std::uint64_t>(from, offsets_at + 24)};
  const std::array<byte_range*, 6> places{&out.public_key,      &out.signature,  &out.share_hash_chain,
                                          &out.block_hash_tree, &out.share_data, &out.encrypted_private_key};
  std::uint64_t begin = share_header_size;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto part = take_part(rules[i], begin, ends[i]);
    if (!part)
      return tl::unexpected(part.error());
    *places[i] = *part;
    begin = ends[i];
  }
  return out;
}

} // namespace truckee::codec
