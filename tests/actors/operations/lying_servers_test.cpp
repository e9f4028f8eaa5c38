#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

namespace {

/// Server `i` answers reads with its shares' bytes changed.
void lie(test_grid& grid, std::size_t server,
         std::function<void(grid::slot_read_answer&, const grid::slot_read&)> spoil) {
  auto& script = *grid.scripts[server];
  script.read = [store = script.store, spoil = std::move(spoil)](const grid::slot_read& x) {
    auto answer = store->read(x);
    spoil(answer, x);
    return std::optional(answer);
  };
}

shared_bytes with_flipped(const shared_bytes& from, std::size_t at) {
  auto copy = to_bytes(from.view());
  if (at < copy.size())
    copy[at] ^= std::byte{1};
  return shared_bytes(std::move(copy));
}

/// Flips one byte of the share, wherever a read shows it.
void flip_at(grid::slot_read_answer& answer, const grid::slot_read& asked, std::uint64_t at) {
  for (auto& [share, reads] : answer.reads)
    for (std::size_t i = 0; i < reads.size(); ++i)
      if (at >= asked.reads[i].offset && at < asked.reads[i].offset + reads[i].size())
        reads[i] = with_flipped(reads[i], at - asked.reads[i].offset);
}

codec::share_layout layout_at(test_grid& grid, std::size_t server) {
  const auto slot = grid.scripts[server]->writes.at(0).slot;
  const auto all = grid.scripts[server]->store->read({slot, {}, {{0, 1U << 20}}});
  return codec::sdmf::parse_share(all.reads.begin()->second.at(0).view())->layout;
}

/// All servers but three lie about a long file's data, which only shows when it is read.
void lie_about_data(test_grid& grid) {
  grid.create(long_content());
  const auto at = layout_at(grid, 0).share_data.offset + 5000;
  for (std::size_t i = 0; i < 7; ++i)
    lie(grid, i, [at](auto& x, const auto& asked) { flip_at(x, asked, at); });
}

} // namespace

TEST(Operations, LyingServersAreNamedAndTheReadSucceedsFromOthers) {
  for (const bool small : {true, false}) {
    test_grid grid;
    const auto content = small ? std::string("hello") : long_content();
    grid.create(content);
    const auto layout = layout_at(grid, 0);
    lie(grid, 0, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.signature.offset + 3); });
    lie(grid, 1, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset); });
    lie(grid, 2, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.public_key.offset + 40); });
    lie(grid, 3, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_hash_chain.offset + 5); });
    lie(grid, 4, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.block_hash_tree.offset); });
    lie(grid, 5, [](auto& x, const auto&) { // its share under another number
      if (x.reads.empty())
        return; // it was asked for the number that it made up
      auto moved = x.reads.extract(x.reads.begin());
      moved.key() = share_number{static_cast<std::uint8_t>((moved.key().value + 1) % 10)};
      x.reads.insert(std::move(moved));
    });
    lie(grid, 6,
        [](auto& x, const auto&) { x.reads.begin()->second.push_back(shared_bytes::copy_of("more")); });

    const auto health = grid.check();
    grid.run.settle();
    // Beyond the first read, a check proves signatures only.
    EXPECT_GE((*health)->bad.size(), small ? 7U : 3U) << (*health)->summary;
    const auto got = grid.get();
    ASSERT_TRUE(grid.wait(got, 5min));
    ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
    EXPECT_EQ(text((*got)->content), content);
  }
}

TEST(Operations, AReadNamesEveryLiarItMet) {
  test_grid grid;
  lie_about_data(grid);
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 5min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), long_content());
  for (const auto& bad : (*got)->bad)
    EXPECT_LT(bad.server, "s7") << bad.server << ": " << bad.reason;
}

TEST(Operations, AServerIsToldOfItsDamagedShareOnceAnHour) {
  test_grid grid;
  grid.create(long_content());
  const auto layout = layout_at(grid, 0);
  lie(grid, 0, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.signature.offset + 3); });
  lie(grid, 1, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset + 5000); });
  lie(grid, 2, [](auto& x, const auto&) { // it knows by itself
    x.damaged.emplace(x.reads.begin()->first, "the container does not parse");
    x.reads.clear();
  });
  const auto verify = [&] {
    messages::check_request deep;
    deep.cap = test_grid::write_cap();
    deep.verify = true;
    const auto health = grid.run.ask<messages::check_reply>(grid.gateway(), std::move(deep));
    ASSERT_TRUE(grid.wait(health, 5min));
    EXPECT_EQ((*health)->bad.size(), 3U) << (*health)->summary;
  };
  const auto told = [&](std::size_t server) { return grid.scripts[server]->advice.size(); };
  verify();
  verify();
  ASSERT_EQ(told(0), 1U);
  EXPECT_NE(grid.scripts[0]->advice[0].reason.find("signature"), std::string::npos)
      << grid.scripts[0]->advice[0].reason;
  ASSERT_EQ(told(1), 1U);
  EXPECT_NE(grid.scripts[1]->advice[0].reason.find("share data"), std::string::npos)
      << grid.scripts[1]->advice[0].reason;
  for (std::size_t i = 2; i < 10; ++i)
    EXPECT_EQ(told(i), 0U) << i;
}

TEST(Operations, AReaderTellsWhoseShareIsDamaged) {
  test_grid grid;
  lie_about_data(grid);
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 5min));
  grid.run.settle();
  EXPECT_FALSE((*got)->bad.empty());
  for (const auto& bad : (*got)->bad)
    EXPECT_EQ(grid.scripts[static_cast<std::size_t>(bad.server.at(1) - '0')]->advice.size(), 1U)
        << bad.server;
}

TEST(Operations, AnotherFilesSharesAreNotTaken) {
  test_grid grid;
  grid.create("mine", 0);
  grid.create("other", 1);
  const auto other = grid.scripts[0]->writes.at(1).slot;
  for (std::size_t i = 0; i < 3; ++i)
    grid.scripts[i]->read = [store = grid.scripts[i]->store, other](grid::slot_read x) {
      x.slot = other;
      return std::optional(store->read(x));
    };
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 5min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), "mine");
  const auto health = grid.check();
  ASSERT_TRUE(grid.wait(health, 5min));
  EXPECT_EQ((*health)->bad.size(), 3U);
  EXPECT_FALSE((*health)->healthy);
}

TEST(Operations, WithOneShareTooFewTheReadFailsAndSaysWhatWasWrong) {
  for (const bool small : {true, false}) {
    test_grid grid;
    grid.create(small ? "hello" : long_content());
    const auto layout = layout_at(grid, 0);
    for (std::size_t i = 0; i < 8; ++i)
      lie(grid, i, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset); });
    const auto got = grid.get();
    ASSERT_TRUE(grid.wait(got, 5min));
    EXPECT_FALSE((*got)->ok);
    EXPECT_EQ((*got)->failure.code, errc::not_enough_shares);
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_NE(all_reasons(**got).find("s" + std::to_string(i) + ":"), std::string::npos)
          << all_reasons(**got) << to_string((*got)->failure);
    EXPECT_EQ((*got)->content.size(), 0U);
  }
}

TEST(Operations, AReadWithHangingServersEnds) {
  test_grid grid;
  grid.create(long_content());
  for (std::size_t i = 0; i < 7; ++i)
    grid.scripts[i]->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 3min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), long_content());
}
