#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

/// Servers that answer nothing cost an operation that can do without them a moment.
namespace {

constexpr auto a_moment = 600ms; // twice the patience, and some more

void hang(test_grid& grid, std::size_t server) {
  hang_writes(grid, server);
  grid.scripts[server]->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
}

void hang_hello(test_grid& grid, std::size_t server) {
  grid.scripts[server]->hello = [] { return std::optional<grid::store_info>{}; };
}

template <class Reply>
bool names(const Reply& reply, const std::string& server) {
  return std::ranges::any_of(reply.servers, [&](const auto& each) { return each.server == server; });
}

} // namespace

TEST(slow_servers, an_update_leaves_one_that_hangs_out_and_names_it) {
  test_grid grid;
  grid.create("one");
  hang(grid, 4);
  const auto done = grid.put("two");
  ASSERT_TRUE(grid.wait(done, a_moment));
  EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->version.value, 2U);
  EXPECT_EQ((*done)->happiness, 9U);
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, a_moment));
  EXPECT_EQ(text((*got)->content), "two");
}

TEST(slow_servers, a_new_file_leaves_one_that_hangs_with_an_unknown_share) {
  test_grid grid;
  hang_writes(grid, 4);
  const auto done = grid.put_new("one");
  ASSERT_TRUE(grid.wait(done, 1min + a_moment)) << "a key may have to be made first";
  EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->unknown_servers, std::vector<std::string>{"s4"});
  EXPECT_EQ(outcome_at(**done, "s4"), "unknown");
}

TEST(slow_servers, an_update_whose_server_hangs_between_map_and_write_ends_as_well) {
  test_grid grid;
  grid.create("one");
  hang_writes(grid, 4);
  const auto done = grid.put("two");
  ASSERT_TRUE(grid.wait(done, a_moment));
  EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->unknown_servers, std::vector<std::string>{"s4"});
  // What was sent arrives late: it is ours, and the next update finds no stranger.
  grid.scripts[4]->write = nullptr;
  grid.scripts[4]->release(grid.run);
  grid.run.settle();
  const auto next = grid.put("three");
  ASSERT_TRUE(grid.wait(next, a_moment));
  EXPECT_TRUE((*next)->ok) << to_string((*next)->failure);
  EXPECT_EQ((*next)->happiness, 10U);
}

TEST(slow_servers, are_waited_for_where_the_file_needs_them) {
  test_grid grid;
  grid.create("one");
  for (std::size_t i = 0; i < 8; ++i)
    hang(grid, i);
  const auto done = grid.get();
  EXPECT_FALSE(grid.wait(done, 5s)) << "two of three shares are no content";
  for (std::size_t i = 0; i < 8; ++i) {
    grid.scripts[i]->read = nullptr;
    grid.scripts[i]->release(grid.run);
  }
  ASSERT_TRUE(grid.wait(done, a_moment));
  EXPECT_EQ(text((*done)->content), "one");
}

TEST(slow_servers, an_operation_begins_without_those_that_do_not_say_who_they_are) {
  test_grid grid;
  grid.create("one"); // all links know their servers, so new ones are needed
  grid.end_links();
  for (std::size_t i = 0; i < grid.servers.size(); ++i) {
    if (i == 2 || i == 7)
      hang_hello(grid, i);
    grid.add_link(grid.servers[i]);
  }
  const auto done = grid.put("two");
  ASSERT_TRUE(grid.wait(done, a_moment));
  EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->happiness, 8U);
  EXPECT_TRUE(names(**done, "s2")) << "left out, and named";
  EXPECT_TRUE(names(**done, "s7"));
}

TEST(slow_servers, a_read_that_lacks_those_it_did_not_wait_for_is_done_again_with_them) {
  test_grid grid({.spread = {1, 10, 1}});
  {
    // A file of another shape than this client's own.
    messages::publish_request x;
    x.write_cap = test_grid::write_cap();
    x.content = shared_bytes::copy_of("one");
    grid.create("one");
    x.spread = grid::spread{5, 10, 7};
    const auto made = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
    ASSERT_TRUE(grid.wait(made));
    ASSERT_TRUE((*made)->ok) << to_string((*made)->failure);
  }
  grid.end_gateway();
  grid.end_links();
  for (std::size_t i = 0; i < grid.servers.size(); ++i) {
    if (i > 1)
      hang_hello(grid, i);
    grid.add_link(grid.servers[i]);
  }
  const auto done = grid.get();
  EXPECT_FALSE(grid.wait(done, 2s)) << "two servers have two of five shares";
  for (auto& script : grid.scripts) {
    script->hello = nullptr;
    script->release(grid.run);
  }
  ASSERT_TRUE(grid.wait(done, a_moment));
  EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ(text((*done)->content), "one");
}

TEST(slow_servers, a_server_known_to_be_away_costs_no_wait_while_it_is_tried_again) {
  test_grid grid;
  grid.create("one");
  grid.end_links();
  for (std::size_t i = 0; i < grid.servers.size(); ++i) {
    if (i == 3)
      hang_hello(grid, i);
    grid.add_link(grid.servers[i]);
  }
  grid.run.wait_for([] { return false; }, 6s); // its first try has come to nothing, the next one waits
  const auto done = grid.check();
  ASSERT_TRUE(grid.wait(done, 10ms)) << "a check asks everybody, and is told at once";
  EXPECT_TRUE(names(**done, "s3"));
}
