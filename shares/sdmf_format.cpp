#include "truckee/shares/sdmf_format.hpp"

#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/codec/sdmf/share.hpp"
#include "truckee/shares/file_memory.hpp"

namespace truckee::shares {

namespace {

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

codec::share_header header_of(const grid::file_version& version) {
  codec::share_header out;
  out.sequence = version.sequence;
  out.root_hash = version.root;
  out.salt = version.salt.value_or(crypto::version_salt{});
  out.shape = {version.k, version.n};
  out.segment_size = version.segment_size;
  out.data_length = version.data_length;
  return out;
}

grid::read_vector to_read(const codec::byte_range& range) {
  return {range.offset, range.length};
}

/// Share hash chain, block hash tree and share data lie one behind the other.
codec::byte_range body_range(const codec::share_layout& layout) {
  const auto begin = layout.share_hash_chain.offset;
  return {begin, layout.share_data.end() - begin};
}

/// `run` begins with the share hash chain.
share_body cut_body(const codec::share_layout& layout, share_number share, const shared_bytes& run) {
  const auto from = layout.share_hash_chain.offset;
  const auto part = [&](const codec::byte_range& range) {
    return run.slice(range.offset - from, range.length);
  };
  return {share, part(layout.share_hash_chain), part(layout.block_hash_tree), part(layout.share_data)};
}

codec::share_result<void> verify_hashes(const codec::share_head& head, share_number share) {
  const auto chain = head.part(share_field::share_hash_chain);
  const auto tree = head.part(share_field::block_hash_tree);
  if (!chain || !tree)
    return {};
  if (auto hashed = codec::sdmf::verify_hashes(head.header(), share, *chain, *tree); !hashed)
    return hashed;
  if (const auto data = head.part(share_field::share_data))
    return codec::sdmf::verify_block(*tree, *data);
  return {};
}

codec::share_result<crypto::public_key> verify_public_key(const file_access& access, byte_view der) {
  return access.memory ? access.memory->public_key(der, access.fingerprint)
                       : codec::verify_public_key(der, access.fingerprint);
}

codec::share_result<void> verify_signature(const file_access& access, const crypto::public_key& key,
                                           byte_view signed_prefix, byte_view signature) {
  return access.memory ? access.memory->verify_signature(access.fingerprint, key, signed_prefix, signature)
                       : codec::verify_signature(key, signed_prefix, signature);
}

/// With a write key only.
codec::share_result<crypto::private_key> decrypt_private_key(const file_access& access, byte_view encrypted) {
  return access.memory ? access.memory->private_key(access.fingerprint, encrypted, *access.write)
                       : codec::decrypt_private_key(encrypted, *access.write);
}

class sdmf final : public share_format {
public:
  codec::share_result<grid::file_version> verify_head(const file_access& access, share_number share,
                                                      byte_view bytes) const override {
    const auto head = codec::sdmf::parse_share_head(bytes);
    if (!head)
      return tl::unexpected(head.error());
    const auto key_bytes = head->part(share_field::public_key);
    const auto signature = head->part(share_field::signature);
    if (!key_bytes || !signature)
      return codec::share_fail(share_field::signature, codec::share_fault::truncated,
                               "the share ends before its public key and signature do");
    const auto key = verify_public_key(access, *key_bytes);
    if (!key)
      return tl::unexpected(key.error());
    if (auto signed_well = verify_signature(access, *key, head->signed_prefix(), *signature); !signed_well)
      return tl::unexpected(signed_well.error());
    if (share.value >= head->header().shape.total)
      return codec::share_fail(share_field::total, codec::share_fault::inconsistent,
                               "the share number is not below N");
    if (auto hashed = verify_hashes(*head, share); !hashed)
      return tl::unexpected(hashed.error());
    return version_of(head->header());
  }

  std::optional<std::uint64_t> share_length(byte_view head) const override {
    const auto layout = codec::sdmf::parse_layout(head);
    return layout ? std::optional(layout->length()) : std::nullopt;
  }

  std::optional<grid::read_vector> private_key_range(byte_view head) const override {
    const auto layout = codec::sdmf::parse_layout(head);
    return layout ? std::optional(to_read(layout->encrypted_private_key)) : std::nullopt;
  }

  std::optional<crypto::signature> signature(byte_view bytes) const override {
    const auto head = codec::sdmf::parse_share_head(bytes);
    const auto part = head ? head->part(share_field::signature) : std::nullopt;
    return part ? crypto::signature::from(*part) : std::nullopt;
  }

  std::uint64_t signature_offset(byte_view public_key) const override {
    return codec::sdmf::header_size + public_key.size();
  }

  std::optional<grid::sealed_share> sealed(const file_access& access, const grid::file_version& version,
                                           byte_view bytes) const override {
    const auto head = codec::sdmf::parse_share_head(bytes);
    const auto key_bytes = head ? head->part(share_field::public_key) : std::nullopt;
    const auto signed_bytes = head ? head->part(share_field::signature) : std::nullopt;
    if (!key_bytes || !signed_bytes)
      return std::nullopt;
    const auto key = verify_public_key(access, *key_bytes);
    if (!key)
      return std::nullopt;
    grid::sealed_share out{version, grid::seal_of(*signed_bytes)};
    if (const auto salt = key->salt_of(head->signed_prefix(), *signed_bytes))
      out.note = grid::parse_note(*salt);
    return out;
  }

  std::optional<std::vector<grid::read_vector>> reads_for_body(const shared_bytes& head) const override {
    const auto layout = codec::sdmf::parse_layout(head.view());
    if (!layout)
      return std::nullopt;
    const auto body = body_range(*layout);
    if (body.end() <= head.size())
      return std::vector<grid::read_vector>{};
    return std::vector<grid::read_vector>{{0, grid::sdmf_prefix_size}, to_read(body)};
  }

  judged_body judge_body(const grid::file_version& version, share_number share, const shared_bytes& head,
                         const std::vector<shared_bytes>& reads) const override {
    using grid::share_verdict;
    const auto layout = codec::sdmf::parse_layout(head.view());
    if (!layout)
      return {share_verdict::bad, to_string(layout.error()), {}};
    const auto range = body_range(*layout);
    const bool at_hand = range.end() <= head.size();
    if (!at_hand && reads.size() != 2)
      return {share_verdict::bad, "the server answered another question", {}};
    const auto now = grid::parse_prefix(at_hand ? head.view() : reads[0].view());
    if (!now)
      return {share_verdict::bad, now.error().detail, {}};
    if (*now != version)
      return {share_verdict::changed, "it is " + describe(*now) + " now", {}};
    auto body = cut_body(*layout, share, at_hand ? head.slice(range.offset, range.length) : reads[1]);
    auto good = codec::sdmf::verify_hashes(header_of(version), share, body.share_hashes.view(),
                                           body.block_hashes.view())
                    .and_then([&] {
                      return codec::sdmf::verify_block(body.block_hashes.view(), body.blocks.view());
                    });
    if (!good)
      return {share_verdict::bad, to_string(good.error()), {}};
    return {share_verdict::good, {}, std::move(body)};
  }

  result<shared_bytes> decode(const grid::file_version& version, const crypto::read_key& key,
                              const std::map<share_number, share_body>& bodies,
                              codec::erasure_codes& codes) const override {
    std::vector<codec::numbered_block> blocks;
    for (const auto& [share, body] : bodies)
      blocks.push_back({share, body.blocks.view()});
    return codec::sdmf::decode(header_of(version), key, blocks, codes);
  }

  std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                        share_number number, byte_view whole) const override {
    const auto share = codec::sdmf::parse_share(whole);
    if (!share)
      return to_string(share.error());
    if (version_of(share->header()) != version)
      return "it is " + describe(version_of(share->header())) + " now";
    const auto good = verify_public_key(access, share->public_key)
                          .and_then([&](const crypto::public_key& key) {
                            return verify_signature(access, key, share->signed_prefix, share->signature);
                          })
                          .and_then([&] { return codec::sdmf::verify_content(*share, number); });
    if (!good)
      return to_string(good.error());
    if (access.write)
      if (auto key = decrypt_private_key(access, share->encrypted_private_key); !key)
        return to_string(key.error());
    return std::nullopt;
  }

  result<encoded_version> encode(const encode_request& request,
                                 const codec::codec_context& context) const override {
    std::optional<codec::existing_version> again;
    if (request.again != nullptr)
      again = codec::existing_version{header_of(request.again->version), request.again->signature};
    codec::encode_request inner{.content = request.content,
                                .shape = {request.spread.needed, request.spread.total},
                                .sequence = request.sequence,
                                .keys = request.keys,
                                .on_stage = request.on_stage,
                                .stop = request.stop,
                                .again = again ? &*again : nullptr,
                                .salt = request.salt};
    return codec::sdmf::encode(inner, context).map([](codec::encoded_file&& file) {
      encoded_version out;
      out.version = version_of(file.header);
      out.timings = file.timings;
      for (std::size_t i = 0; i < file.shares.size(); ++i)
        out.shares.emplace(share_number{static_cast<std::uint8_t>(i)},
                           grid::whole_share(std::move(file.shares[i])));
      return out;
    });
  }

  std::uint64_t share_size(std::uint64_t content_bytes, const grid::spread& spread,
                           const crypto::private_key& key) const override {
    const codec::encoding shape{spread.needed, spread.total};
    return codec::is_valid(shape) ? codec::sdmf::share_size(content_bytes, shape, key) : 0;
  }
};

} // namespace

const share_format& sdmf_format() {
  static const sdmf format;
  return format;
}

} // namespace truckee::shares
