#pragma once

#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/mdmf/salted_run.hpp"
#include "truckee/codec/merkle_tree.hpp"
#include "truckee/codec/pipeline/encode.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>

/// Shares of content that is not in memory, a few segments at a time. The content is gone through once to know the version (its
/// salts, hashes, signature), and then as often as bytes of its shares are wanted: from the same bytes come the same shares, and
/// other bytes are noticed. Memory: the segments at hand, and the block hash trees of all shares (64 bytes a segment and share).
namespace truckee::codec::mdmf {

/// One version to be made.
struct window_request {
  std::uint64_t content_length = 0;
  encoding shape;
  sequence_number sequence{1};
  crypto::file_keys keys;
  /// Makes the shares of this version again, byte for byte, with the salts that come with each window (its own are not looked
  /// at); shape and sequence are then its own.
  std::optional<existing_version> again = {};
};

/// All of a share but its share data.
struct share_frame {
  bytes head; ///< from the first byte to where the share data begin
  bytes block_hash_tree;
};

/// Salts and blocks of the segments that were asked for: `data` stands at `offset` of the share.
struct share_piece {
  std::uint64_t offset = 0;
  shared_bytes data;
};

/// Calls do not overlap; they may come from different threads.
class window_encoder {
public:
  /// Errors: too_large (beyond data_length_max, or where the trees would have more than trees_bytes_max), usage (the shape),
  /// corrupt (a version that exists has another length).
  static result<std::unique_ptr<window_encoder>> make(const window_request& request,
                                                      const codec_context& context);

  /// The segments of the next windows, in order; together they are all. None for empty content.
  std::vector<segment_range> windows() const;
  byte_range content_of(const segment_range& window) const;

  /// Each window once, with its content; of a version that exists, with the salt of each of its segments: errc::corrupt where
  /// there are not as many.
  result<void> survey(const segment_range& window, byte_view content,
                      std::span<const crypto::version_salt> salts = {});
  /// Once all were surveyed: the version is known. Errors: as signing's; errc::corrupt where it is not the one that exists.
  result<void> seal();

  /// What follows is for a sealed one.

  const share_layout& layout() const { return layout_; }
  share_frame frame(share_number share) const;
  /// errc::corrupt where the content is not what was surveyed.
  result<std::map<share_number, share_piece>> pieces(const segment_range& window, byte_view content,
                                                     const std::set<share_number>& wanted) const;

private:
  window_encoder(const window_request& request, const codec_context& context,
                 std::shared_ptr<const erasure_code> code);

  result<void> sign();
  /// The share data of these segments, of all shares.
  salted_run share_data_of(const segment_range& window, byte_view content) const;
  /// Of the i-th segment of a window.
  hash256 digest_of(const segment_range& window, byte_view content, std::uint64_t i) const;

  const window_request request_;
  const codec_context context_;
  const std::shared_ptr<const erasure_code> code_;
  share_layout layout_;
  std::vector<crypto::version_salt> salts_;  ///< of each segment
  std::vector<hash256> digests_;             ///< of each segment's content
  std::vector<std::vector<hash256>> leaves_; ///< of each share, of each segment; until it is sealed
  std::vector<merkle_tree> trees_;           ///< of each share, then
  std::optional<merkle_tree> share_tree_;
  crypto::signature signature_;
};

/// Content of one window, before it is rounded up to whole segments: several of them travel while others are made.
inline constexpr std::uint64_t window_bytes = std::uint64_t{4} << 20;
/// Block hash trees of one publish: 3 of 10 reaches it at 51 GiB of content.
inline constexpr std::uint64_t trees_bytes_max = std::uint64_t{256} << 20;

} // namespace truckee::codec::mdmf
