#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/codec/mdmf/content_edit.hpp"
#include "truckee/codec/mdmf/layout.hpp"

#include <map>
#include <vector>

/// What a change of some bytes touches of an MDMF file: which segments are encrypted anew, and what has to be known of those
/// that are there.
namespace truckee::codec::mdmf {

/// The difference between two versions.
struct update_plan {
  content_edit edit;
  share_header now;      ///< of the version that is there
  share_header then;     ///< of the new one, without sequence number and root
  segment_range touched; ///< of the new one: these are encrypted anew, all others stay as they are

  /// Whether there is a difference at all.
  bool changes() const { return touched.count > 0 || now.data_length != then.data_length; }
  /// Segments of the version that is there which stay in part, so that their content is needed: two at most, ascending.
  std::vector<std::uint64_t> edges() const;
};

/// `now` must be a header that parse_layout gave; the new length must not be beyond data_length_max.
update_plan plan_update(const share_header& now, const content_edit& edit);

/// The content of the touched segments. `data` is what the edit writes; `edges`: the content of each of plan.edges().
buffer touched_content(const update_plan& plan, byte_view data,
                       const std::map<std::uint64_t, shared_bytes>& edges);

/// Bytes of one share that are certain to be written: blocks, header, chain and signature; of the block hash tree as much as
/// a new one has.
std::uint64_t update_size_max(const update_plan& plan);

} // namespace truckee::codec::mdmf
