#pragma once

#include "truckee/codec/pipeline/encode.hpp"
#include "truckee/codec/share.hpp"
#include "truckee/shares/share_format.hpp"

#include <span>

namespace truckee::shares {

/// What the formats have in common whose shares are a signed header, a table of offsets and six parts. Which bytes they are,
/// and how blocks lead to the root, is each format's own.
class layout_format : public share_format {
public:
  codec::share_result<grid::file_version> verify_head(const file_access& access, share_number share,
                                                      byte_view head) const final;
  std::optional<std::uint64_t> share_length(byte_view head) const final;
  std::optional<grid::read_vector> private_key_range(byte_view head) const final;
  std::optional<crypto::signature> signature(byte_view head) const final;
  std::optional<grid::sealed_share> sealed(const file_access& access, const grid::file_version& version,
                                           byte_view head) const final;
  std::optional<std::vector<grid::read_vector>> reads_for_body(const shared_bytes& head,
                                                               const content_range& range) const final;
  judged_body judge_body(const grid::file_version& version, share_number share, const shared_bytes& head,
                         const std::vector<shared_bytes>& reads, const content_range& range) const final;
  std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                        share_number share, byte_view whole) const final;
  result<encoded_version> encode(const encode_request& request,
                                 const codec::codec_context& context) const final;
  std::uint64_t share_size(std::uint64_t content_bytes, const grid::spread& spread,
                           const crypto::private_key& key) const final;

protected:
  virtual codec::share_result<codec::share_head> parse_head(byte_view bytes) const = 0;
  virtual codec::share_result<void> verify_hashes(const codec::share_header& header, share_number share,
                                                  byte_view chain, byte_view tree) const = 0;
  /// Hashes and share data as they were read for this range of the content: all that data_for and tree_runs name.
  virtual codec::share_result<void> verify_parts(const codec::share_header& header, share_number share,
                                                 byte_view chain, std::span<const shared_bytes> tree,
                                                 byte_view data, const content_range& range) const;
  /// What of the block hash tree this range needs, ascending.
  virtual std::vector<codec::byte_range> tree_runs(const codec::share_layout& layout,
                                                   const content_range& range) const;
  /// The share data that this range of the content needs, against a tree that is verified.
  virtual codec::share_result<void> verify_data(const codec::share_header& header, byte_view tree,
                                                byte_view data, const content_range& range) const = 0;
  /// Where those lie in the share.
  virtual codec::byte_range data_for(const codec::share_layout& layout, const content_range& range) const = 0;
  /// What is read of a body where the head does not have all of it, ascending; the other parts lie in each head that is
  /// verified.
  virtual std::vector<codec::byte_range> body_runs(const codec::share_layout& layout,
                                                   const content_range& range) const = 0;
  virtual std::optional<crypto::version_salt> salt_of(const codec::share_header& header) const = 0;
  virtual result<codec::encoded_file> encode_file(const codec::encode_request& request,
                                                  const codec::codec_context& context) const = 0;
  virtual std::uint64_t file_share_size(std::uint64_t content_bytes, codec::encoding shape,
                                        const crypto::private_key& key) const = 0;

  static codec::share_header header_of(const grid::file_version& version);
  grid::file_version version_of(const codec::share_header& header) const;

private:
  codec::share_result<void> verify_what_is_here(const codec::share_head& head, share_number share) const;
};

} // namespace truckee::shares
