#include "fuzz/bytes_reader.hpp"
#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/codec/mdmf/share.hpp"

using namespace truckee;
using namespace truckee::codec;

/// Whatever a server gives as a share is a typed error or a consistent share; one that verifies decodes, whole and by a
/// range of segments, or says why not. The fingerprint is that of the share's own key, so that a fuzzer comes past the first
/// lock.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const share_number number{in.byte()};
  const std::uint64_t offset = in.byte() * std::uint64_t{4096};
  const std::uint64_t length = in.byte() * std::uint64_t{4096};
  const auto text = in.rest();
  const auto raw = as_bytes(text);
  if (const auto head = mdmf::parse_share_head(raw))
    for (const auto field : {share_field::signature, share_field::block_hash_tree, share_field::share_data})
      fuzz::expect(head->part(field).has_value() != head->missing(field).has_value());
  const auto share = mdmf::parse_share(raw);
  if (!share)
    return 0;
  const auto& header = share->header();
  fuzz::expect(share->layout.length() <= raw.size());
  (void)mdmf::verify_hashes(header, number, share->share_hash_chain, share->block_hash_tree);
  (void)decrypt_private_key(share->encrypted_private_key, {});
  (void)mdmf::verify_share(*share, number, crypto::derive_fingerprint(share->public_key));
  fuzz::expect(mdmf::salts_of(header, mdmf::all_segments(header), share->share_data).has_value());
  const auto range = mdmf::touched_segments(header, offset, length);
  const auto place = mdmf::salted_blocks(header, range);
  fuzz::expect(place.end() <= share->share_data.size());
  const auto part = share->share_data.subspan(place.offset, place.length);
  (void)mdmf::verify_blocks(header, share->block_hash_tree, range, part);
  static erasure_codes codes;
  const std::vector<numbered_block> blocks{{number, part}};
  if (const auto content = mdmf::decode(header, {}, range, blocks, codes))
    fuzz::expect(content->size() == mdmf::content_of(header, range).length);
  return 0;
}
