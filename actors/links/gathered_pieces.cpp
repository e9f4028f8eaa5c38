#include "truckee/actors/links/gathered_pieces.hpp"

#include <algorithm>

namespace truckee::actors {

void gathered_pieces::let_go(const name& which) {
  const auto at = all_.find(which);
  if (at == all_.end())
    return;
  for (const auto& [offset, data] : at->second.pieces)
    bytes_ -= data.size();
  all_.erase(at);
}

void gathered_pieces::let_go_of_the_idle() {
  const auto now = time_->now();
  std::vector<name> idle;
  for (const auto& [which, what] : all_)
    if (now - what.last >= idle_max)
      idle.push_back(which);
  for (const auto& which : idle)
    let_go(which);
}

grid::stage_answer gathered_pieces::take(const grid::stage_piece& x) {
  const name which{x.slot, x.share, x.staging};
  if (x.let_go) {
    let_go(which);
    return {};
  }
  const auto more = x.piece.data.size();
  if (bytes_ + more > bytes_max_)
    let_go_of_the_idle();
  if (bytes_ + more > bytes_max_) {
    let_go(which);
    return {
        grid::storage_status::too_large, 0,
        "a server of Tahoe-LAFS takes a share in one message, which is made in memory: " +
            std::to_string(bytes_max_) +
            " bytes at once, and this share would be more; publish a smaller file, or to servers of Truckee"};
  }
  auto& into = all_[which];
  into.last = time_->now();
  auto& piece = into.pieces[x.piece.offset];
  bytes_ += more;
  bytes_ -= piece.size();
  piece = x.piece.data;
  return {};
}

std::shared_ptr<const grid::read_test_write>
gathered_pieces::filled(const std::shared_ptr<const grid::read_test_write>& change) const {
  if (std::ranges::none_of(change->changes, [](const auto& x) { return x.staged.has_value(); }))
    return change;
  auto out = std::make_shared<grid::read_test_write>(*change);
  for (auto& each : out->changes) {
    if (!each.staged)
      continue;
    const auto at = all_.find({change->slot, each.share, *each.staged});
    if (at == all_.end())
      return nullptr;
    // The change's own writes go over what was gathered: they come behind it.
    std::vector<grid::write_vector> writes;
    writes.reserve(at->second.pieces.size() + each.writes.size());
    for (const auto& [offset, data] : at->second.pieces)
      writes.push_back({offset, data});
    writes.insert(writes.end(), each.writes.begin(), each.writes.end());
    // Nothing of what is there stays.
    std::uint64_t length = 0;
    for (const auto& write : writes)
      length = std::max<std::uint64_t>(length, write.offset + write.data.size());
    each.new_length = std::min(each.new_length.value_or(length), length);
    each.writes = std::move(writes);
    each.staged.reset();
  }
  return out;
}

} // namespace truckee::actors
