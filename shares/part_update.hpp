#pragma once

#include "truckee/base/words.hpp"
#include "truckee/codec/mdmf/update_plan.hpp"
#include "truckee/grid/servermap.hpp"
#include "truckee/shares/share_format.hpp"

/// A change of some bytes of a file, sent as what it changes of each share. Only where all is in its place: whatever is
/// not as it should be is a reason to publish a whole version instead, which puts it right.
namespace truckee::shares {

/// Why a change is published as a whole version.
enum class why_whole : std::uint8_t {
  no_version, ///< none can be read
  format,     ///< SDMF: one block for all
  empty,      ///< no share has a block yet
  shape,      ///< N is below 3k - 2: a half-done update beside another writer might leave no readable version
  servers,    ///< one did not answer: what it has is not known
  places,     ///< a share number is missing, is there twice, is damaged or of another version
  layout, ///< a share is laid out otherwise than Truckee and Tahoe-LAFS do it, or otherwise than the others
  length, ///< the file would become longer than its format allows
  unchanged, ///< the file would not change
};
inline constexpr std::array<std::string_view, 9> why_whole_words{
    "no_version", "format", "empty", "shape", "servers", "places", "layout", "length", "unchanged"};
static_assert(are_words(why_whole_words, why_whole::unchanged));
constexpr std::string_view to_word(why_whole why) {
  return word_in(why_whole_words, why);
}

/// Whether of three versions (the old one, ours and that of a writer who publishes at the same time) one always has the shares
/// that reading takes, so that a change may be sent whose whole content nobody holds.
constexpr bool leaves_a_version(const grid::file_version& version) {
  return version.n + 2 >= 3 * version.k;
}

/// What a partial update begins on: each share of one version, once.
struct part_base {
  grid::file_version version;
  codec::share_layout layout; ///< of all shares
  codec::mdmf::update_plan plan;
  std::map<share_number, grid::share_place> places;
  std::map<share_number, shared_bytes> heads;
};

/// `heads`: verified ones of the shares in `map`, which was made in write mode.
tl::expected<part_base, why_whole> plan_part(const grid::servermap& map,
                                             const std::map<grid::share_place, shared_bytes>& heads,
                                             const codec::mdmf::content_edit& edit);

/// What is read of every share: no content, but what leads from its blocks to the signed root (reads_for_body, judge_body).
inline constexpr content_range no_content{0, 0};

/// The parts of the content that have to be read, by segment: two at most.
std::map<std::uint64_t, content_range> edges_to_read(const part_base& base);

/// Bytes of content that are encrypted anew.
std::uint64_t part_content_bytes(const part_base& base);

/// Bytes of the block hash trees of all shares, those that are there or the new ones, whichever have more.
std::uint64_t part_tree_bytes(const part_base& base);

/// Bytes of all shares' messages, at most.
std::uint64_t part_size_max(const part_base& base);

/// A change and all that was read for it.
struct part_change {
  part_base base;
  shared_bytes data;                                ///< what the edit writes
  std::map<std::uint64_t, shared_bytes> edges = {}; ///< the content of edges_to_read
  std::map<share_number, shared_bytes> trees = {};  ///< every share's block hashes, verified
};

/// Whether the file has these very bytes already, as far as what was read shows it: a segment that is written over as a whole
/// is not read.
bool is_there_already(const part_change& change);

/// One partial update. Filled by name.
struct part_request {
  const part_change& change;
  sequence_number sequence;
  const crypto::file_keys& keys;
  std::function<void(stage)> on_stage = {}; ///< as encode_request
  std::stop_token stop = {};                ///< as encode_request
};

/// The new version: of each share, the writes that make it of the old one, and its length then.
result<encoded_version> encode_part(const part_request& request, const codec_context& context);

} // namespace truckee::shares
