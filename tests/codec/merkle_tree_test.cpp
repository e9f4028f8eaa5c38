#include "truckee/codec/merkle_tree.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

std::vector<hash256> hashes(const nlohmann::json& list) {
  std::vector<hash256> out;
  for (const auto& text : list)
    out.push_back(*hash256::from(test::hex(text)));
  return out;
}

std::vector<chain_entry> chain_of(const merkle_tree& tree, std::uint32_t leaf, std::uint32_t leaves) {
  std::vector<chain_entry> out;
  for (const auto node : needed_hashes(leaf, leaves))
    out.push_back({node, tree.nodes()[node]});
  return out;
}

std::vector<hash256> some_leaves(std::uint32_t count) {
  std::vector<hash256> out(count);
  for (std::uint32_t i = 0; i < count; ++i)
    store_be(mutable_byte_view(out[i].data).first(4), i + 1);
  return out;
}

} // namespace

TEST(merkle_tree, node_and_leaf_hashes_equal_the_vectors) {
  const auto vectors = test::read_json("hashtree.json");
  for (const auto& v : vectors["pair_hash"])
    EXPECT_EQ(tree_node_hash(*hash256::from(test::hex(v["a"])), *hash256::from(test::hex(v["b"]))),
              *hash256::from(test::hex(v["out"])));
  for (const auto& v : vectors["empty_leaf_hash"])
    EXPECT_EQ(empty_leaf_hash(v["i"].get<std::uint32_t>()), *hash256::from(test::hex(v["out"])));
}

TEST(merkle_tree, trees_and_needed_hashes_equal_the_vectors) {
  const auto vectors = test::read_json("hashtree.json")["trees"];
  ASSERT_EQ(vectors.size(), 10U);
  for (const auto& v : vectors) {
    const auto leaves = hashes(v["leaves"]);
    const auto count = static_cast<std::uint32_t>(leaves.size());
    EXPECT_EQ(merkle_tree(leaves).nodes(), hashes(v["nodes"])) << count << " leaves";
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(needed_hashes(i, count), v["needed_hashes"][i].get<std::vector<std::uint32_t>>());
      auto with_leaf = needed_hashes(i, count);
      with_leaf.push_back(leaf_node(i, count));
      std::sort(with_leaf.begin(), with_leaf.end());
      EXPECT_EQ(with_leaf, v["needed_hashes_with_leaf"][i].get<std::vector<std::uint32_t>>());
    }
  }
}

TEST(merkle_tree, every_leaf_of_every_size_is_proved_by_its_chain) {
  for (std::uint32_t count : {1U, 2U, 3U, 10U, 30U, 128U, 255U}) {
    const auto leaves = some_leaves(count);
    const merkle_tree tree(leaves);
    for (std::uint32_t i = 0; i < count; ++i)
      ASSERT_EQ(root_from_chain(i, count, leaves[i], chain_of(tree, i, count)), tree.root())
          << i << " of " << count;
  }
}

TEST(merkle_tree, a_wrong_leaf_place_or_hash_does_not_lead_to_the_root) {
  const auto leaves = some_leaves(10);
  const merkle_tree tree(leaves);
  const auto chain = chain_of(tree, 4, 10);
  EXPECT_NE(root_from_chain(4, 10, leaves[5], chain), tree.root());
  for (std::size_t i = 0; i < chain.size(); ++i) {
    auto bad = chain;
    bad[i].hash.data[7] ^= std::byte{1};
    EXPECT_NE(root_from_chain(4, 10, leaves[4], bad), tree.root());
  }
  EXPECT_EQ(root_from_chain(5, 10, leaves[4], chain), std::nullopt) << "another leaf's chain";
}

TEST(merkle_tree, chains_with_missing_foreign_or_repeated_nodes_are_refused) {
  const auto leaves = some_leaves(10);
  const merkle_tree tree(leaves);
  const auto chain = chain_of(tree, 4, 10);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    auto cut = chain;
    cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(root_from_chain(4, 10, leaves[4], cut), std::nullopt);
    auto twice = chain;
    twice.push_back(chain[i]);
    EXPECT_EQ(root_from_chain(4, 10, leaves[4], twice), std::nullopt);
    auto foreign = chain;
    foreign[i].node = 60000;
    EXPECT_EQ(root_from_chain(4, 10, leaves[4], foreign), std::nullopt);
  }
  EXPECT_EQ(root_from_chain(10, 10, leaves[4], chain), std::nullopt) << "no such leaf";
  EXPECT_EQ(root_from_chain(4000000000U, 10, leaves[4], chain), std::nullopt);
}

TEST(merkle_tree, entries_may_stand_in_any_order) {
  const auto leaves = some_leaves(10);
  const merkle_tree tree(leaves);
  auto chain = chain_of(tree, 4, 10);
  std::reverse(chain.begin(), chain.end());
  EXPECT_EQ(root_from_chain(4, 10, leaves[4], chain), tree.root());
}
