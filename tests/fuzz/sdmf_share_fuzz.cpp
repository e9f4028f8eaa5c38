#include "fuzz/bytes_reader.hpp"
#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/codec/sdmf/share.hpp"

using namespace truckee;
using namespace truckee::codec;

/// Whatever a server gives as a share is a typed error or a consistent share; one that verifies decodes, or says why not.
/// The fingerprint is that of the share's own key, so that a fuzzer comes past the first lock.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  const share_number number{in.byte()};
  const auto text = in.rest();
  const auto raw = as_bytes(text);
  (void)sdmf::parse_layout(raw);
  if (const auto head = sdmf::parse_share_head(raw))
    for (const auto field : {share_field::signature, share_field::block_hash_tree, share_field::share_data})
      fuzz::expect(head->part(field).has_value() != head->missing(field).has_value());
  const auto share = sdmf::parse_share(raw);
  if (!share)
    return 0;
  fuzz::expect(share->layout.length() <= raw.size());
  (void)parse_share_hash_chain(share->share_hash_chain);
  (void)sdmf::verify_hashes(share->header(), number, share->share_hash_chain, share->block_hash_tree);
  (void)sdmf::verify_block(share->block_hash_tree, share->share_data);
  (void)decrypt_private_key(share->encrypted_private_key, {});
  (void)sdmf::verify_share(*share, number, crypto::derive_fingerprint(share->public_key));
  static erasure_codes codes;
  const std::vector<numbered_block> blocks{{number, share->share_data}};
  if (const auto content = sdmf::decode(share->header(), {}, blocks, codes))
    fuzz::expect(content->size() == share->header().data_length);
  return 0;
}
