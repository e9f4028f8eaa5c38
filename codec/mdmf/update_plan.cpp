#include "truckee/codec/mdmf/update_plan.hpp"

#include "truckee/crypto/rsa.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

update_plan plan_update(const share_header& now, const content_edit& edit) {
  update_plan out{edit, now, now, {}};
  const auto before = now.data_length;
  const auto after = length_after(before, edit).value_or(before);
  out.then.data_length = after;
  auto begin = std::min(edit.offset, before);
  auto end = edit.length == 0 && after <= before ? begin : edit.offset + edit.length;
  // A segment that becomes shorter is another one, although no byte of what is left of it changes.
  if (after < before && after % now.segment_size != 0) {
    begin = std::min(begin, after - 1);
    end = std::max(end, after);
  }
  out.touched = touched_segments(out.then, begin, end - begin);
  return out;
}

std::vector<std::uint64_t> update_plan::edges() const {
  std::vector<std::uint64_t> out;
  const auto written_end = edit.offset + edit.length;
  const auto stays = [&](std::uint64_t segment) {
    const auto begin = segment * then.segment_size;
    const auto end = std::min(begin + segment_length(then, segment), now.data_length);
    return begin < std::min(edit.offset, end) || std::max(written_end, begin) < end;
  };
  if (touched.count == 0)
    return out;
  const auto last = touched.first + touched.count - 1;
  if (stays(touched.first))
    out.push_back(touched.first);
  if (last != touched.first && stays(last))
    out.push_back(last);
  return out;
}

buffer touched_content(const update_plan& plan, byte_view data,
                       const std::map<std::uint64_t, shared_bytes>& edges) {
  const auto place = content_of(plan.then, plan.touched);
  buffer out(place.length);
  std::ranges::fill(out.view(), std::byte{0});
  for (const auto& [segment, content] : edges)
    lay_into(out.view(), place, segment * plan.then.segment_size, content.view());
  lay_into(out.view(), place, plan.edit.offset, data);
  return out;
}

std::uint64_t update_size_max(const update_plan& plan) {
  return salted_blocks(plan.then, plan.touched).length + block_hash_tree_length(plan.then) + header_size +
         chain_length(plan.then.shape) + crypto::signature_size;
}

} // namespace truckee::codec::mdmf
