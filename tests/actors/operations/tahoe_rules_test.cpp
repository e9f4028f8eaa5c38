#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"

#include <gtest/gtest.h>

/// Rules that the tests of the real client prove, proved of Truckee's actors; docs/tahoe-tests.md lists them.
using namespace truckee;
using namespace std::chrono_literals;
using test::long_content;
using test::stored_shares;
using test::test_grid;
using test::text;

namespace {

messages::retrieve_reply read(test_grid& grid) {
  const auto got = grid.get();
  EXPECT_TRUE(grid.wait(got));
  return **got;
}
messages::publish_reply write(test_grid& grid, const std::string& content,
                              std::optional<grid::spread> spread = {}) {
  messages::publish_request x;
  x.write_cap = test_grid::write_cap();
  x.content = shared_bytes::copy_of(content);
  x.spread = spread;
  const auto done = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  EXPECT_TRUE(grid.wait(done));
  return **done;
}
messages::check_reply look(test_grid& grid, bool verify) {
  messages::check_request x;
  x.cap = test_grid::write_cap();
  x.verify = verify;
  const auto done = grid.run.ask<messages::check_reply>(grid.gateway(), x);
  EXPECT_TRUE(grid.wait(done));
  return **done;
}
messages::repair_reply mend(test_grid& grid, bool force = false,
                            const std::string& cap = test_grid::write_cap()) {
  const auto done =
      grid.run.ask<messages::repair_reply>(grid.gateway(), messages::repair_request{{}, cap, force, 0});
  EXPECT_TRUE(grid.wait(done));
  return **done;
}

/// Each part of a share, and a byte in it.
std::vector<std::pair<std::string, std::uint64_t>> places(const codec::share_layout& l) {
  return {{"version", 0},
          {"sequence number", 8},
          {"root hash", 9},
          {"salt", 41},
          {"k", 57},
          {"N", 58},
          {"segment size", 66},
          {"data length", 74},
          {"offset of the signature", 78},
          {"offset of the share hash chain", 82},
          {"offset of the block hash tree", 86},
          {"offset of the share data", 90},
          {"public key", l.public_key.offset + 40},
          {"signature", l.signature.offset + 10},
          {"share hash chain", l.share_hash_chain.offset + 5},
          {"block hash tree", l.block_hash_tree.offset},
          {"share data", l.share_data.offset}};
}

} // namespace

TEST(TahoeRules, CorruptionOfAnyPartBeforeMappingIsReadAroundAndTooMuchOfItIsTold) {
  for (const bool small : {true, false}) {
    const auto content = small ? std::string("hello") : long_content();
    test_grid grid;
    grid.create(content);
    stored_shares stored(grid);
    const auto whole = stored.all();
    for (const auto& [what, offset] : places(stored.layout(0))) {
      stored.set_all(whole);
      for (std::size_t i = 0; i < 7; ++i)
        stored.flip(i, offset);
      const auto good = read(grid);
      EXPECT_TRUE(good.ok) << what << ": " << to_string(good.failure);
      EXPECT_EQ(text(good.content), content) << what;
      stored.flip(7, offset);
      const auto bad = read(grid);
      EXPECT_FALSE(bad.ok) << what;
      EXPECT_EQ(bad.failure.code, errc::not_enough_shares) << what << ": " << to_string(bad.failure);
      EXPECT_FALSE(bad.bad.empty()) << what;
    }
  }
}

TEST(TahoeRules, CorruptionAfterMappingIsReadAround) {
  test_grid grid;
  grid.create(long_content());
  const auto layout = stored_shares(grid).layout(0);
  for (const auto& part : {layout.share_hash_chain, layout.block_hash_tree, layout.share_data}) {
    for (std::size_t i = 0; i < 7; ++i)
      grid.scripts[i]->read = [store = grid.scripts[i]->store, part,
                               calls = 0](const grid::slot_read& x) mutable {
        auto answer = store->read(x);
        if (++calls > 1)
          for (auto& [number, reads] : answer.reads)
            for (std::size_t r = 0; r < reads.size(); ++r) {
              const auto begin = x.reads.at(r).offset;
              if (part.offset < begin || part.offset >= begin + reads[r].size())
                continue;
              auto changed = to_bytes(reads[r].view());
              changed.at(part.offset - begin) ^= std::byte{1};
              reads[r] = shared_bytes(std::move(changed));
            }
        return std::optional(answer);
      };
    const auto got = read(grid);
    EXPECT_TRUE(got.ok) << part.offset << ": " << to_string(got.failure);
    EXPECT_EQ(text(got.content), long_content());
  }
}

TEST(TahoeRules, ADamagedPrivateKeyDoesNotKeepAReaderAndOneGoodKeyIsEnoughForAWriter) {
  test_grid grid;
  grid.services->limits.kept_map_age = {}; // a gateway that keeps a map has the key as well
  grid.create("one");
  stored_shares stored(grid);
  const auto key = stored.layout(0).encrypted_private_key.offset + 100;
  for (std::size_t i = 0; i < 9; ++i)
    stored.flip(i, key);
  const auto second = write(grid, "two");
  EXPECT_TRUE(second.ok) << to_string(second.failure);
  for (std::size_t i = 0; i < 10; ++i)
    stored.flip(i, key);
  EXPECT_EQ(text(read(grid).content), "two");
  const auto third = write(grid, "three");
  EXPECT_FALSE(third.ok);
  EXPECT_NE(third.failure.detail.find("private key"), std::string::npos) << to_string(third.failure);
  EXPECT_EQ(text(read(grid).content), "two") << "nothing was written";
}

TEST(TahoeRules, SharesThatVanishedAreNotEnoughAndSomeLeftAreRead) {
  test_grid grid;
  grid.create("hello");
  stored_shares stored(grid);
  for (std::size_t i = 0; i < 7; ++i)
    stored.lose(i);
  EXPECT_EQ(text(read(grid).content), "hello");
  stored.lose(7);
  EXPECT_EQ(read(grid).failure.code, errc::not_enough_shares);
  stored.lose(8);
  stored.lose(9);
  const auto none = read(grid);
  EXPECT_FALSE(none.ok);
  EXPECT_TRUE(none.failure.code == errc::not_enough_shares || none.failure.code == errc::not_found)
      << to_string(none.failure);
}

TEST(TahoeRules, ServersThatLoseTheirDataOrDieBetweenMapAndReadAreReplaced) {
  for (const bool die : {false, true}) {
    test_grid grid;
    grid.create(long_content());
    for (std::size_t i = 0; i < 7; ++i) {
      grid.scripts[i]->ends = die;
      grid.scripts[i]->read = [store = grid.scripts[i]->store, die,
                               calls = 0](const grid::slot_read& x) mutable {
        if (++calls == 1)
          return std::optional(store->read(x));
        return die ? std::nullopt : std::optional(grid::slot_read_answer{});
      };
    }
    const auto got = read(grid);
    EXPECT_TRUE(got.ok) << to_string(got.failure);
    EXPECT_EQ(text(got.content), long_content());
  }
}

TEST(TahoeRules, OfThreeEncodingsMixedInOneSlotOneThatDecodesIsRead) {
  test_grid grid;
  grid.create("three of ten");
  stored_shares stored(grid);
  const auto first = stored.all();
  ASSERT_TRUE(write(grid, "two of eight", grid::spread{2, 8, 7}).ok);
  const auto second = stored.all();
  ASSERT_TRUE(write(grid, "four of nine", grid::spread{4, 9, 7}).ok);
  auto mixed = stored.all();
  std::size_t seconds = 0;
  std::size_t thirds = 0;
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    if (!mixed[i].empty() && thirds < 3)
      ++thirds; // three of four
    else if (!second[i].empty() && seconds < 2)
      mixed[i] = second[i], ++seconds; // two of two
    else
      mixed[i] = first[i];
  }
  ASSERT_EQ(seconds, 2U);
  stored.set_all(mixed);
  const auto got = read(grid);
  EXPECT_TRUE(got.ok) << to_string(got.failure);
  EXPECT_EQ(text(got.content), "two of eight");
  const auto health = look(grid, false);
  EXPECT_EQ(health.versions.size(), 3U) << health.summary;
  EXPECT_FALSE(health.healthy);
}

TEST(TahoeRules, OfSeveralVersionsMixedTheBestIsReadAndAPublishReplacesThemAll) {
  test_grid grid;
  grid.services->limits.kept_map_age = {}; // or a try on a kept map takes number 5 for itself
  grid.create("version 1");
  stored_shares stored(grid);
  std::vector<std::vector<std::vector<test::stored_share>>> versions{stored.all()};
  for (int i = 2; i <= 4; ++i) {
    ASSERT_TRUE(write(grid, "version " + std::to_string(i)).ok);
    versions.push_back(stored.all());
  }
  const std::array<std::size_t, 10> which{0, 1, 2, 3, 2,
                                          3, 2, 1, 0, 1}; // version 4 has two shares, 3 has three
  for (std::size_t i = 0; i < which.size(); ++i)
    stored.set(i, versions[which[i]][i]);
  EXPECT_EQ(text(read(grid).content), "version 3");
  const auto done = write(grid, "version 5");
  ASSERT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_EQ(done.version.value, 5U) << "above the one that cannot be read";
  const auto health = look(grid, true);
  EXPECT_TRUE(health.healthy) << health.summary;
}

TEST(TahoeRules, OneShareOnSeveralServersCountsOnceAndAllCopiesAreReplaced) {
  test_grid grid;
  grid.create("one");
  stored_shares stored(grid);
  for (std::size_t i = 1; i < 5; ++i)
    stored.set(i, stored.at(0));
  EXPECT_EQ(text(read(grid).content), "one");
  const auto hurt = look(grid, false);
  ASSERT_EQ(hurt.versions.size(), 1U);
  EXPECT_EQ(hurt.versions[0].distinct_shares, 6U);
  EXPECT_FALSE(hurt.healthy);
  const auto done = write(grid, "two");
  ASSERT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_TRUE(look(grid, true).healthy);
  EXPECT_EQ(text(read(grid).content), "two");
}

TEST(TahoeRules, AnEmptyFileIsReadCheckedVerifiedAndRepaired) {
  test_grid grid;
  grid.create("");
  EXPECT_TRUE(look(grid, false).healthy);
  EXPECT_TRUE(look(grid, true).healthy);
  EXPECT_EQ(mend(grid).done, messages::repair_action::nothing);
  stored_shares stored(grid);
  stored.lose(2);
  stored.lose(5);
  EXPECT_FALSE(look(grid, false).healthy);
  const auto mended = mend(grid);
  EXPECT_TRUE(mended.ok) << to_string(mended.failure);
  EXPECT_EQ(mended.done, messages::repair_action::refilled);
  EXPECT_TRUE(look(grid, true).healthy);
  const auto got = read(grid);
  EXPECT_TRUE(got.ok);
  EXPECT_EQ(got.content.size(), 0U);
  EXPECT_EQ(got.version.value, 1U);
}

TEST(TahoeRules, ACheckNamesABadSignatureAndAVerifyEveryByteOfABlockChainAndTree) {
  for (const bool small : {true, false}) {
    test_grid grid;
    grid.create(small ? "hello" : long_content());
    stored_shares stored(grid);
    const auto whole = stored.all();
    const auto l = stored.layout(0);
    for (const auto offset : {l.signature.offset + 3, std::uint64_t{9}, l.public_key.offset + 40}) {
      stored.set_all(whole);
      stored.flip(4, offset);
      const auto health = look(grid, false);
      EXPECT_FALSE(health.healthy) << offset;
      ASSERT_EQ(health.bad.size(), 1U) << offset;
      EXPECT_EQ(health.bad[0].server, "s4");
    }
    for (const auto offset : {l.share_data.offset, l.share_data.end() - 1, l.share_hash_chain.offset + 5,
                              l.block_hash_tree.offset, l.encrypted_private_key.offset + 9}) {
      stored.set_all(whole);
      stored.flip(4, offset);
      const auto health = look(grid, true);
      EXPECT_FALSE(health.healthy) << offset;
      EXPECT_EQ(health.bad.size(), 1U) << offset << ": " << health.summary;
    }
  }
}

TEST(TahoeRules, EveryShareDamagedIsUnrecoverable) {
  test_grid grid;
  grid.create("hello");
  stored_shares stored(grid);
  const auto l = stored.layout(0);
  const auto whole = stored.all();
  for (const auto offset : {l.signature.offset, l.share_data.offset}) {
    stored.set_all(whole);
    for (std::size_t i = 0; i < 10; ++i)
      stored.flip(i, offset);
    const auto health = look(grid, true);
    EXPECT_FALSE(health.healthy);
    EXPECT_FALSE(health.recoverable) << health.summary;
    EXPECT_EQ(health.bad.size(), 10U);
  }
}

TEST(TahoeRules, RepairWithNoShareOrOneFailsAndWithFiveRefillsAtTheSameVersion) {
  for (const std::size_t left : {0U, 1U, 5U}) {
    test_grid grid;
    grid.create(long_content());
    stored_shares stored(grid);
    const auto whole = stored.all();
    for (std::size_t i = left; i < 10; ++i)
      stored.lose(i);
    const auto done = mend(grid);
    EXPECT_EQ(done.ok, left == 5) << left << ": " << to_string(done.failure);
    if (left < 5)
      continue;
    EXPECT_EQ(done.done, messages::repair_action::refilled);
    EXPECT_EQ(read(grid).version.value, 1U);
    EXPECT_TRUE(look(grid, true).healthy);
    EXPECT_EQ(stored.count(), 10U);
    EXPECT_EQ(mend(grid).done, messages::repair_action::nothing) << "and the next repair finds nothing";
  }
}

TEST(TahoeRules, RepairRefusesToChooseBetweenTwoHeadsUnlessForcedAndThenMakesOne) {
  test_grid grid;
  grid.create("one");
  stored_shares stored(grid);
  const auto base = stored.all();
  ASSERT_TRUE(write(grid, "two").ok);
  const auto two = stored.all();
  stored.set_all(base);
  const auto deux = grid.put_of_another("deux");
  ASSERT_TRUE(grid.wait(deux));
  ASSERT_TRUE((*deux)->ok);
  for (std::size_t i = 0; i < 5; ++i)
    stored.set(i, two[i]);
  const auto refused = mend(grid);
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.before.versions.size(), 2U) << "both are shown";
  const auto forced = mend(grid, true);
  EXPECT_TRUE(forced.ok) << to_string(forced.failure);
  EXPECT_EQ(forced.done, messages::repair_action::republished);
  EXPECT_TRUE(look(grid, true).healthy);
  EXPECT_EQ(read(grid).version.value, 3U);
}

TEST(TahoeRules, RepairReplacesLeftoversOfOlderVersionsWithoutAMerge) {
  test_grid grid;
  grid.create("one");
  stored_shares stored(grid);
  const auto base = stored.all();
  ASSERT_TRUE(write(grid, "two").ok);
  stored.set(3, base[3]);
  stored.set(6, base[6]);
  const auto done = mend(grid);
  EXPECT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_TRUE(look(grid, true).healthy);
  EXPECT_EQ(text(read(grid).content), "two");
  EXPECT_EQ(read(grid).version.value, 2U);
}

TEST(TahoeRules, RepairWithAReadCapIsRefused) {
  test_grid grid;
  grid.create("one");
  const auto cap = crypto::parse_capability(test_grid::write_cap()).value();
  const auto done = mend(grid, false, to_text(crypto::file_cap(*crypto::to_read_cap(cap.file))));
  EXPECT_FALSE(done.ok);
  EXPECT_EQ(done.failure.code, errc::insufficient_capability);
}

TEST(TahoeRules, FilesOfOneShareAndOf255SharesArePublishedReadAndHealthy) {
  for (const auto& spread : {grid::spread{1, 1, 1}, grid::spread{3, 255, 10}, grid::spread{255, 255, 10}}) {
    test_grid grid({.spread = spread});
    grid.create(long_content());
    EXPECT_EQ(stored_shares(grid).count(), spread.total);
    EXPECT_EQ(text(read(grid).content), long_content());
    EXPECT_TRUE(look(grid, true).healthy);
    const auto done = write(grid, "two");
    EXPECT_TRUE(done.ok) << to_string(done.failure);
    EXPECT_EQ(done.spread, spread);
    EXPECT_EQ(text(read(grid).content), "two");
  }
}
