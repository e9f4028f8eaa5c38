#include "truckee/shares/layout_format.hpp"

#include "truckee/shares/file_memory.hpp"

#include <algorithm>
#include <span>

namespace truckee::shares {

namespace {

using codec::share_field;

grid::read_vector to_read(const codec::byte_range& range) {
  return {range.offset, range.length};
}

/// What is at hand of a share: its head, and runs of it that were read.
struct at_hand {
  const shared_bytes& head;
  std::vector<codec::byte_range> runs;
  std::span<const shared_bytes> read;

  /// Cut, where it is not all here: then it does not verify.
  shared_bytes part(const codec::byte_range& place) const {
    for (std::size_t i = 0; i < read.size(); ++i)
      if (runs[i].offset <= place.offset && place.end() <= runs[i].end())
        return read[i].slice(place.offset - runs[i].offset, place.length);
    return head.slice(place.offset, place.length);
  }
};

bool lie_in(const shared_bytes& head, std::span<const codec::byte_range> runs) {
  return std::ranges::all_of(runs, [&](const codec::byte_range& run) { return run.end() <= head.size(); });
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

} // namespace

grid::file_version layout_format::version_of(const codec::share_header& header) const {
  grid::file_version out;
  out.sequence = header.sequence;
  out.root = header.root_hash;
  out.salt = salt_of(header);
  out.k = header.shape.needed;
  out.n = header.shape.total;
  out.segment_size = header.segment_size;
  out.data_length = header.data_length;
  return out;
}

codec::share_header layout_format::header_of(const grid::file_version& version) {
  codec::share_header out;
  out.sequence = version.sequence;
  out.root_hash = version.root;
  out.salt = version.salt.value_or(crypto::version_salt{});
  out.shape = {version.k, version.n};
  out.segment_size = version.segment_size;
  out.data_length = version.data_length;
  return out;
}

codec::share_result<void> layout_format::verify_what_is_here(const codec::share_head& head,
                                                             share_number share) const {
  const auto chain = head.part(share_field::share_hash_chain);
  const auto tree = head.part(share_field::block_hash_tree);
  if (!chain || !tree)
    return {};
  if (auto hashed = verify_hashes(head.header(), share, *chain, *tree); !hashed)
    return hashed;
  if (const auto data = head.part(share_field::share_data))
    return verify_data(head.header(), *tree, *data, {});
  return {};
}

codec::share_result<grid::file_version>
layout_format::verify_head(const file_access& access, share_number share, byte_view bytes) const {
  const auto head = parse_head(bytes);
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
  if (auto hashed = verify_what_is_here(*head, share); !hashed)
    return tl::unexpected(hashed.error());
  return version_of(head->header());
}

std::optional<std::uint64_t> layout_format::share_length(byte_view bytes) const {
  const auto head = parse_head(bytes);
  return head ? std::optional(head->layout().length()) : std::nullopt;
}

std::optional<grid::read_vector> layout_format::private_key_range(byte_view bytes) const {
  const auto head = parse_head(bytes);
  return head ? std::optional(to_read(head->layout().encrypted_private_key)) : std::nullopt;
}

std::optional<crypto::signature> layout_format::signature(byte_view bytes) const {
  const auto head = parse_head(bytes);
  const auto part = head ? head->part(share_field::signature) : std::nullopt;
  return part ? crypto::signature::from(*part) : std::nullopt;
}

std::optional<grid::sealed_share>
layout_format::sealed(const file_access& access, const grid::file_version& version, byte_view bytes) const {
  const auto head = parse_head(bytes);
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

std::optional<std::vector<grid::read_vector>>
layout_format::reads_for_body(const shared_bytes& bytes, const content_range& range) const {
  const auto head = parse_head(bytes.view());
  if (!head)
    return std::nullopt;
  const auto runs = body_runs(head->layout(), range);
  std::vector<grid::read_vector> out;
  if (lie_in(bytes, runs))
    return out;
  out.push_back({0, grid::prefix_read_size});
  for (const auto& run : runs)
    out.push_back(to_read(run));
  return out;
}

judged_body layout_format::judge_body(const grid::file_version& version, share_number share,
                                      const shared_bytes& bytes, const std::vector<shared_bytes>& reads,
                                      const content_range& range) const {
  using grid::share_verdict;
  const auto head = parse_head(bytes.view());
  if (!head)
    return {share_verdict::bad, to_string(head.error()), {}};
  const auto& layout = head->layout();
  const auto runs = body_runs(layout, range);
  const bool all_here = lie_in(bytes, runs);
  if (!all_here && reads.size() != 1 + runs.size())
    return {share_verdict::bad, "the server answered another question", {}};
  const auto now = grid::parse_prefix(all_here ? bytes.view() : reads[0].view());
  if (!now)
    return {share_verdict::bad, now.error().detail, {}};
  if (*now != version)
    return {share_verdict::changed, "it is " + describe(*now) + " now", {}};
  const at_hand here{bytes, runs, all_here ? std::span<const shared_bytes>{} : std::span(reads).subspan(1)};
  std::vector<shared_bytes> tree;
  for (const auto& run : tree_runs(layout, range))
    tree.push_back(here.part(run));
  share_body body{share, here.part(layout.share_hash_chain), {}, here.part(data_for(layout, range))};
  const auto good =
      verify_parts(header_of(version), share, body.share_hashes.view(), tree, body.blocks.view(), range);
  if (tree.size() == 1 && tree.front().size() == layout.block_hash_tree.length)
    body.block_hashes = tree.front();
  if (!good)
    return {share_verdict::bad, to_string(good.error()), {}};
  return {share_verdict::good, {}, std::move(body)};
}

codec::share_result<void> layout_format::verify_parts(const codec::share_header& header, share_number share,
                                                      byte_view chain, std::span<const shared_bytes> tree,
                                                      byte_view data, const content_range& range) const {
  return verify_hashes(header, share, chain, tree.front().view()).and_then([&] {
    return verify_data(header, tree.front().view(), data, range);
  });
}

std::vector<codec::byte_range> layout_format::tree_runs(const codec::share_layout& layout,
                                                        const content_range&) const {
  return {layout.block_hash_tree};
}

std::optional<std::string> layout_format::find_fault(const file_access& access,
                                                     const grid::file_version& version, share_number number,
                                                     byte_view whole) const {
  const auto share = parse_head(whole).and_then(codec::view_whole);
  if (!share)
    return to_string(share.error());
  if (version_of(share->header()) != version)
    return "it is " + describe(version_of(share->header())) + " now";
  const auto good =
      verify_public_key(access, share->public_key)
          .and_then([&](const crypto::public_key& key) {
            return verify_signature(access, key, share->signed_prefix, share->signature);
          })
          .and_then([&] {
            return verify_hashes(share->header(), number, share->share_hash_chain, share->block_hash_tree);
          })
          .and_then(
              [&] { return verify_data(share->header(), share->block_hash_tree, share->share_data, {}); });
  if (!good)
    return to_string(good.error());
  if (access.write)
    if (auto key = decrypt_private_key(access, share->encrypted_private_key); !key)
      return to_string(key.error());
  return std::nullopt;
}

result<encoded_version> layout_format::encode(const encode_request& request,
                                              const codec::codec_context& context) const {
  std::optional<codec::existing_version> again;
  if (request.again != nullptr)
    again = codec::existing_version{header_of(request.again->version), request.again->signature,
                                    request.again->salts};
  codec::encode_request inner{.content = request.content,
                              .shape = {request.spread.needed, request.spread.total},
                              .sequence = request.sequence,
                              .keys = request.keys,
                              .on_stage = request.on_stage,
                              .stop = request.stop,
                              .again = again ? &*again : nullptr,
                              .salt = request.salt};
  return encode_file(inner, context).map([this](codec::encoded_file&& file) {
    encoded_version out;
    out.version = version_of(file.header);
    out.timings = file.timings;
    for (std::size_t i = 0; i < file.shares.size(); ++i)
      out.shares.emplace(share_number{static_cast<std::uint8_t>(i)},
                         grid::whole_share(std::move(file.shares[i])));
    return out;
  });
}

std::uint64_t layout_format::share_size(std::uint64_t content_bytes, const grid::spread& spread,
                                        const crypto::private_key& key) const {
  const codec::encoding shape{spread.needed, spread.total};
  return codec::is_valid(shape) ? file_share_size(content_bytes, shape, key) : 0;
}

} // namespace truckee::shares
