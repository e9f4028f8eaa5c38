#include "truckee/codec/mdmf/tree_cut.hpp"

#include "truckee/codec/mdmf/share.hpp"

#include <algorithm>
#include <bit>

namespace truckee::codec::mdmf {

namespace {

/// Levels below the root that the top has at least: 1023 nodes, 32 KiB.
constexpr unsigned top_levels_least = 9;
/// A tree of one level more is read whole: 2047 nodes, for 1024 segments.
constexpr unsigned whole_levels_max = 10;

/// Levels below the root.
unsigned depth_of(const share_header& header) {
  return static_cast<unsigned>(
      std::bit_width(std::bit_ceil(std::max<std::uint64_t>(segment_count(header), 1))) - 1);
}

constexpr std::uint64_t nodes_to(unsigned level) {
  return (std::uint64_t{2} << level) - 1;
}

unsigned top_levels(unsigned depth) {
  return depth <= whole_levels_max ? depth : std::max(top_levels_least, (depth + 1) / 2);
}

hash256 cut_node(byte_view nodes, std::uint64_t index) {
  return *hash256::from(nodes.subspan(index * hash256::size, hash256::size));
}

share_error not_above(std::uint64_t node) {
  return {share_field::block_hash_tree, share_fault::mismatch,
          "node " + std::to_string(node) + " is not the hash of the two below it"};
}

/// Whether every node that has two below it in `nodes`, whole levels from the root on, is their hash.
share_result<void> check_levels(byte_view nodes) {
  for (auto node = nodes.size() / hash256::size / 2; node-- > 0;)
    if (tree_node_hash(cut_node(nodes, 2 * node + 1), cut_node(nodes, 2 * node + 2)) != cut_node(nodes, node))
      return tl::unexpected(not_above(node));
  return {};
}

/// The root above these leaves, a power of two of them.
hash256 root_above(byte_view leaves) {
  std::vector<hash256> level;
  level.reserve(leaves.size() / hash256::size);
  for (std::uint64_t i = 0; i < leaves.size() / hash256::size; ++i)
    level.push_back(cut_node(leaves, i));
  while (level.size() > 1) {
    for (std::size_t i = 0; i < level.size() / 2; ++i)
      level[i] = tree_node_hash(level[2 * i], level[2 * i + 1]);
    level.resize(level.size() / 2);
  }
  return level.front();
}

share_result<void> check_lengths(const share_header& header, const tree_cut& cut,
                                 std::span<const byte_view> parts) {
  const auto wanted = parts_of(header, cut);
  const auto same = [](byte_view part, const byte_range& place) { return part.size() == place.length; };
  if (!std::ranges::equal(parts, wanted, same))
    return share_fail(share_field::block_hash_tree, share_fault::truncated,
                      "not all of the hashes are there that lead from the segments to the root");
  return {};
}

} // namespace

tree_cut cut_for(const share_header& header, const segment_range& segments) {
  const auto depth = depth_of(header);
  const auto levels = top_levels(depth);
  const tree_cut whole{nodes_to(depth), {}, true};
  if (levels == depth || segments == all_segments(header))
    return whole;
  tree_cut out{nodes_to(levels), {}, false};
  if (segments.count > 0) {
    const auto below = std::uint64_t{1}
                       << (depth - levels); // leaves under each node of the last level of the top
    out.leaves.first = segments.first / below * below;
    out.leaves.count = (segments.first + segments.count + below - 1) / below * below - out.leaves.first;
  }
  return out.top + out.leaves.count > whole.top / 2 ? whole : out;
}

std::vector<byte_range> parts_of(const share_header& header, const tree_cut& cut) {
  std::vector<byte_range> out{{0, cut.top * hash256::size}};
  const auto first_leaf = (std::uint64_t{1} << depth_of(header)) - 1;
  if (cut.leaves.count > 0)
    out.push_back({(first_leaf + cut.leaves.first) * hash256::size, cut.leaves.count * hash256::size});
  return out;
}

share_result<void> verify_cut(const share_header& header, share_number share, byte_view chain,
                              const tree_cut& cut, std::span<const byte_view> parts) {
  if (cut.whole)
    return verify_hashes(header, share, chain, parts.empty() ? byte_view() : parts.front());
  if (const auto good = check_lengths(header, cut, parts); !good)
    return good;
  const auto top = parts.front();
  if (const auto good = check_levels(top); !good)
    return good;
  if (cut.leaves.count > 0) {
    const auto groups = (cut.top + 1) / 2; // nodes of the last level of the top
    const auto below = (std::uint64_t{1} << depth_of(header)) / groups;
    for (std::uint64_t i = 0; i < cut.leaves.count; i += below) {
      const auto node = groups - 1 + (cut.leaves.first + i) / below;
      if (root_above(parts[1].subspan(i * hash256::size, below * hash256::size)) != cut_node(top, node))
        return tl::unexpected(not_above(node));
    }
  }
  return verify_chain(header, share, cut_node(top, 0), chain);
}

share_result<void> verify_cut_blocks(const share_header& header, const tree_cut& cut,
                                     std::span<const byte_view> parts, const segment_range& segments,
                                     byte_view blocks) {
  if (const auto good = check_lengths(header, cut, parts); !good)
    return good;
  if (cut.whole)
    return verify_blocks(header, parts.front(), segments, blocks);
  const auto held = segments.count == 0 ? segment_range{segments.first, 0} : cut.leaves;
  if (segments.first < held.first || segments.first + segments.count > held.first + held.count)
    return share_fail(share_field::block_hash_tree, share_fault::out_of_range,
                      "the hashes of segment " + std::to_string(segments.first) + " are not among them");
  return verify_blocks_under(header, held.count == 0 ? byte_view() : parts[1], held.first, segments, blocks);
}

} // namespace truckee::codec::mdmf
