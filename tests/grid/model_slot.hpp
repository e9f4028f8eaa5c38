#pragma once

#include "truckee/grid/slot.hpp"

#include <algorithm>

namespace truckee::test {

/// One file's shares on one honest server: what read_test_write does to them, and nothing else. Source:
/// docs/formats.md section 12.
struct model_slot {
  std::map<share_number, bytes> shares;
  std::uint64_t writes = 0;

  grid::share_reads read(const std::vector<grid::read_vector>& vectors) const {
    grid::share_reads out;
    for (const auto& [number, data] : shares)
      for (const auto& v : vectors)
        out[number].push_back(shared_bytes::copy_of(cut(data, v.offset, v.length)));
    return out;
  }

  grid::read_test_write_answer apply(const grid::read_test_write& request) {
    grid::read_test_write_answer out;
    out.reads = read(request.reads);
    for (const auto& change : request.changes)
      for (const auto& test : change.tests) {
        const auto share = shares.find(change.share);
        const byte_view here =
            share == shares.end() ? byte_view{} : cut(share->second, test.offset, test.length);
        if (!equal(here, test.specimen.view())) {
          out.status = grid::storage_status::test_failed;
          return out;
        }
      }
    for (const auto& change : request.changes) {
      if (change.new_length == 0U) {
        shares.erase(change.share);
        continue;
      }
      for (const auto& write : change.writes) {
        auto& data = shares[change.share];
        data.resize(std::max<std::size_t>(data.size(), write.offset + write.data.size()));
        std::ranges::copy(write.data.view(), data.begin() + static_cast<std::ptrdiff_t>(write.offset));
        ++writes;
      }
      if (const auto share = shares.find(change.share); share != shares.end() && change.new_length)
        share->second.resize(std::min<std::size_t>(share->second.size(), *change.new_length));
    }
    return out;
  }

private:
  static byte_view cut(byte_view data, std::uint64_t offset, std::uint64_t length) {
    if (offset >= data.size())
      return {};
    return data.subspan(offset, std::min<std::uint64_t>(length, data.size() - offset));
  }
};

} // namespace truckee::test
