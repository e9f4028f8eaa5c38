#include "truckee/shares/share_check.hpp"

namespace truckee::actors {

using codec::share_field;

grid::file_version version_of(const codec::share_header& header) {
  grid::file_version out;
  out.sequence = header.sequence;
  out.root = header.root_hash;
  out.salt = header.salt;
  out.k = header.shape.needed;
  out.n = header.shape.total;
  out.segment_size = header.segment_size;
  out.data_length = header.data_length;
  return out;
}

namespace {

/// Everything that can be verified with what is at hand.
codec::share_result<codec::share_head> verify_head(const file_access& access, share_number share,
                                                   const shared_bytes& bytes) {
  auto head = codec::parse_share_head(bytes.view());
  if (!head)
    return head;
  const auto key_bytes = head->part(share_field::public_key);
  const auto signature = head->part(share_field::signature);
  if (!key_bytes || !signature)
    return codec::share_fail(share_field::signature, codec::share_fault::truncated,
                             "the share ends before its public key and signature do");
  const auto key = codec::verify_public_key(*key_bytes, access.fingerprint);
  if (!key)
    return tl::unexpected(key.error());
  if (auto signed_well = codec::verify_signature(*key, head->signed_prefix(), *signature); !signed_well)
    return tl::unexpected(signed_well.error());
  if (share.value >= head->header().shape.total)
    return codec::share_fail(share_field::total, codec::share_fault::inconsistent,
                             "the share number is not below N");
  const auto chain = head->part(share_field::share_hash_chain);
  const auto tree = head->part(share_field::block_hash_tree);
  if (chain && tree) {
    if (auto hashed = codec::verify_hashes(head->header(), share, *chain, *tree); !hashed)
      return tl::unexpected(hashed.error());
    if (const auto data = head->part(share_field::share_data))
      if (auto whole = codec::verify_block(*tree, *data); !whole)
        return tl::unexpected(whole.error());
  }
  return head;
}

} // namespace

sighting look_at(const file_access& access, const grid::slot_read_answer& answer, std::uint64_t asked,
                 bool want_private_key) {
  sighting out;
  for (const auto& [share, reads] : answer.reads) {
    if (reads.size() != 1 || reads.front().size() > asked) {
      out.answer.bad.push_back({share, {}, "the server answered another question"});
      continue;
    }
    const auto& first = reads.front();
    const auto head = verify_head(access, share, first);
    if (!head) {
      const auto seen = first.view().first(std::min<std::size_t>(first.size(), grid::prefix_read_size));
      out.answer.bad.push_back({share, to_bytes(seen), to_string(head.error())});
      continue;
    }
    grid::found_share found{share, version_of(head->header()), false};
    if (want_private_key && access.write) {
      if (const auto encrypted = head->part(share_field::encrypted_private_key)) {
        if (auto key = codec::decrypt_private_key(*encrypted, *access.write)) {
          found.private_key_at_hand = true;
          if (!out.private_key)
            out.private_key = std::move(*key);
        }
      }
    }
    out.answer.good.push_back(found);
    out.heads.emplace(share, first);
  }
  for (const auto& [share, why] : answer.damaged)
    out.answer.bad.push_back({share, {}, "the server cannot read it: " + why});
  return out;
}

std::optional<share_body> body_in_head(share_number share, const shared_bytes& bytes) {
  const auto head = codec::parse_share_head(bytes.view());
  if (!head)
    return std::nullopt;
  const auto& layout = head->layout();
  if (layout.share_data.end() > bytes.size())
    return std::nullopt;
  return share_body{share, bytes.slice(layout.share_hash_chain.offset, layout.share_hash_chain.length),
                    bytes.slice(layout.block_hash_tree.offset, layout.block_hash_tree.length),
                    bytes.slice(layout.share_data.offset, layout.share_data.length)};
}

codec::share_result<void> verify_body(const codec::share_header& header, const share_body& body) {
  if (auto hashed = codec::verify_hashes(header, body.share, body.chain.view(), body.tree.view()); !hashed)
    return hashed;
  return codec::verify_block(body.tree.view(), body.data.view());
}

} // namespace truckee::actors
