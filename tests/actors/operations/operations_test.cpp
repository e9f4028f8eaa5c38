#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

TEST(Operations, ANewFileIsReadBackAndIsHealthy) {
  test_grid grid;
  const auto made = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(made));
  ASSERT_TRUE((*made)->ok) << to_string((*made)->failure);
  EXPECT_EQ((*made)->placed.size(), 10U);
  EXPECT_EQ((*made)->happiness, 10U);
  EXPECT_EQ((*made)->version.value, 1U);

  messages::retrieve_request read;
  read.cap = (*made)->write_cap;
  const auto got = grid.run.ask<messages::retrieve_reply>(grid.gateway(), read);
  messages::check_request look;
  look.cap = (*made)->write_cap;
  const auto checked = grid.run.ask<messages::check_reply>(grid.gateway(), look);
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "hello");
  EXPECT_TRUE((*checked)->healthy) << (*checked)->summary;
}

TEST(Operations, AnUpdateKeepsTheFilesOwnEncodingAndReplacesEveryShare) {
  test_grid grid;
  grid.create("one");
  const auto done = grid.put("two");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->version.value, 2U);
  EXPECT_EQ((*done)->placed.size(), 10U);
  const auto got = grid.get();
  const auto health = grid.check();
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "two");
  EXPECT_TRUE((*health)->healthy) << (*health)->summary;
}

TEST(Operations, AFileWhosePrivateKeyLiesBeyondTheFirstReadIsUpdated) {
  test_grid grid;
  grid.create(long_content());
  const auto done = grid.put("short now");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  const auto got = grid.get();
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "short now");
}

TEST(Operations, ThePublishEndsThoughAServerHangsForAllOfIt) {
  test_grid grid;
  hang_writes(grid, 3);
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 2min));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U) << "its share has a new home";
  EXPECT_FALSE(placed_at(**done, "s3"));
  ASSERT_EQ((*done)->unknown_servers.size(), 1U);
  EXPECT_EQ((*done)->unknown_servers[0], "s3");
  EXPECT_EQ(outcome_at(**done, "s3"), "unknown");
}

TEST(Operations, AServerThatDiesWithAMessageInHandIsUnknownAtOnce) {
  test_grid grid;
  hang_writes(grid, 4);
  grid.scripts[4]->ends = true;
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 9s)) << "well before the server's deadline";
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_EQ(outcome_at(**done, "s4"), "unknown");
}

TEST(Operations, AFullServersSharesGoElsewhere) {
  test_grid grid({.servers = 9});
  grid.add_server(test::make_script(9, 100));
  const auto done = grid.start_create(long_content());
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_EQ(outcome_at(**done, "s9"), "no_space");
  EXPECT_FALSE(placed_at(**done, "s9"));
}

TEST(Operations, GarbageInsteadOfAnAnswerIsAProtocolErrorAndDoesNoHarm) {
  using grid::read_test_write_answer;
  test_grid grid;
  auto garbage = [&](std::size_t server, std::function<void(read_test_write_answer&)> spoil) {
    grid.scripts[server]->write = [spoil = std::move(spoil)](const auto&) {
      read_test_write_answer x;
      spoil(x);
      return std::optional(x);
    };
  };
  garbage(0, [](auto& x) { x.reads[share_number{0}] = {shared_bytes::copy_of(std::string(76, 'x'))}; });
  garbage(1, [](auto& x) { x.reads[share_number{255}] = {shared_bytes::copy_of("x")}; });
  garbage(2, [](auto& x) { x.reads[share_number{200}] = {}; });
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 2min));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  for (const auto* server : {"s0", "s1", "s2"}) {
    EXPECT_EQ(outcome_at(**done, server), "malformed") << server;
    EXPECT_FALSE(placed_at(**done, server)) << server;
  }
}

TEST(Operations, AServerThatIsNotThereIsLeftOut) {
  test_grid grid({.servers = 9});
  // The discard port of this machine: nobody listens.
  grid.add_link(actors::remote_endpoint{{"127.0.0.1", 9}, {}, {}});
  const auto done = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(done));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_FALSE(placed_at(**done, "s9"));
}

TEST(Operations, WhoLacksServersIsToldWhichWereLeftOut) {
  test_grid grid({.servers = 1, .spread = {1, 2, 2}});
  grid.add_link(actors::remote_endpoint{{"127.0.0.1", 9}, {}, {}});
  const auto done = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(done));
  EXPECT_EQ((*done)->failure.code, errc::not_enough_servers);
  EXPECT_NE((*done)->failure.detail.find("left out: s1: 127.0.0.1:9"), std::string::npos)
      << (*done)->failure.detail;
}

TEST(Operations, NoServerAtAllIsToldWithEachReason) {
  test_grid grid({.servers = 0});
  grid.add_link(actors::remote_endpoint{{"127.0.0.1", 9}, {}, {}});
  const auto done = grid.get();
  ASSERT_TRUE(grid.wait(done));
  EXPECT_EQ((*done)->failure.code, errc::not_enough_servers);
  EXPECT_NE((*done)->failure.detail.find("s0: 127.0.0.1:9"), std::string::npos) << (*done)->failure.detail;
}

TEST(Operations, AGatewayWithoutServersAnswersToo) {
  test_grid grid({.servers = 0});
  const auto done = grid.get();
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  ASSERT_TRUE(grid.wait(done, 1min));
  EXPECT_EQ((*done)->failure.code, errc::not_enough_servers);
  ASSERT_TRUE(grid.wait(status, 1min));
  EXPECT_TRUE(status->value.has_value());
}

TEST(Operations, OfTwoServersWithOneIdTheSecondGetsNothing) {
  test_grid grid;
  grid.add_server(test::make_script(0));
  grid.gateway();
  const auto done = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(done));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_TRUE(grid.scripts[10]->writes.empty()) << "a write enabler must not reach two servers";
  EXPECT_EQ(grid.scripts[0]->writes.size(), 1U);
}

TEST(Operations, AWrongWriteEnablerIsToldAndTheShareGoesElsewhere) {
  test_grid grid;
  grid.create("one");
  // Another client made the slot of server 2 anew, with another enabler.
  const auto slot = grid.scripts[2]->writes.at(0).slot;
  const auto share = grid.scripts[2]->writes.at(0).changes.at(0).share;
  grid.scripts[2]->store = test::make_script(2)->store;
  grid::read_test_write other;
  other.slot = slot;
  other.secrets.write_enabler.data.fill(std::byte{7});
  other.changes.push_back({share, {}, {{0, shared_bytes::copy_of("somebody else's")}}, std::nullopt});
  ASSERT_EQ(grid.scripts[2]->store->read_test_write(other).status, grid::storage_status::ok);

  const auto done = grid.put("two");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ(outcome_at(**done, "s2"), "bad_write_enabler");
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_FALSE(placed_at(**done, "s2"));
}

TEST(Operations, NoActorIsLeftOverAfterOperationsHoweverTheyEnd) {
  test_grid grid;
  grid.create("one");
  grid.gateway();
  grid.run.settle();
  const auto before = grid.run.running();
  const auto put = grid.put("two");
  const auto get = grid.get();
  const auto check = grid.check();
  grid.run.settle();
  EXPECT_TRUE((*put)->ok && (*get)->ok && (*check)->ok);
  EXPECT_EQ(grid.run.running(), before) << "after good ones";

  hang_all_writes(grid);
  const auto stuck = grid.put_new("three", 1);
  grid.run.settle();
  grid.cancel(1);
  EXPECT_TRUE(stuck->done());
  EXPECT_EQ(grid.run.running(), before) << "after a cancelled write";
  release_all(grid);

  for (auto& script : grid.scripts)
    script->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto read = grid.get(2);
  grid.run.settle();
  grid.cancel(2);
  grid.run.settle();
  EXPECT_TRUE(read->done());
  EXPECT_EQ(grid.run.running(), before) << "after a cancelled map";
  EXPECT_EQ(grid.end(), 0U);
}

TEST(Operations, ACancelledReadLeavesNoReaderWaitingForHangingServers) {
  test_grid grid;
  grid.create(long_content());
  grid.gateway();
  grid.run.settle();
  const auto before = grid.run.running();
  for (auto& script : grid.scripts)
    script->read = [store = script->store](const grid::slot_read& x) {
      return x.reads.size() > 1 ? std::nullopt : std::optional(store->read(x)); // bodies never come
    };
  const auto read = grid.get(2);
  grid.run.advance(1s);
  EXPECT_FALSE(read->done());
  grid.cancel(2);
  grid.run.settle();
  EXPECT_TRUE(read->done());
  EXPECT_EQ(grid.run.running(), before);
}
