#include "grid/model_grid.hpp"
#include "truckee/grid/read/read_operation.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

using kind = read_action::kind;

read_operation an_operation() {
  return {{}, [](const server_id& id) { return "s" + std::to_string(std::to_integer<int>(id.data[0])); }};
}

error too_few() {
  return {errc::not_enough_shares, "too few good shares"};
}

/// One server answered with nothing; `left`: another one was not asked.
servermap empty_map(bool left) {
  servermap out(map_mode::read);
  out.set_answered(server(0));
  if (left)
    out.set_not_asked(server(1));
  return out;
}

} // namespace

TEST(read_operation, maps_reads_the_best_version_and_is_done) {
  model_grid g(10);
  g.fill(version(4));
  auto read = an_operation();
  EXPECT_EQ(read.next().what, kind::map);
  EXPECT_FALSE(read.next().ask_all);
  read.on_map(g.map({}, map_mode::read));
  ASSERT_EQ(read.next().what, kind::read);
  EXPECT_EQ(read.next().version, version(4));
  read.on_read(std::nullopt, false);
  EXPECT_TRUE(read.done());
  EXPECT_EQ(read.failure(), std::nullopt);
}

TEST(read_operation, starts_over_with_every_server_when_shares_were_bad_or_the_file_changed) {
  model_grid g(10);
  g.fill(version(4));
  for (const bool changed : {false, true}) {
    auto read = an_operation();
    read.on_map(g.map({}, map_mode::read));
    read.on_read(changed ? error{errc::timeout, "slow"} : too_few(), changed);
    ASSERT_EQ(read.next().what, kind::map) << changed;
    EXPECT_TRUE(read.next().ask_all);
  }
}

TEST(read_operation, a_file_that_changes_all_the_time_is_told_after_three_maps) {
  model_grid g(10);
  auto read = an_operation();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ASSERT_EQ(read.next().what, kind::map) << i;
    g.fill(version(i));
    read.on_map(g.map({}, map_mode::read));
    read.on_read(too_few(), true);
  }
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.failure()->code, errc::not_enough_shares);
}

TEST(read_operation, another_failure_is_not_tried_again) {
  model_grid g(10);
  g.fill(version(4));
  auto read = an_operation();
  read.on_map(g.map({}, map_mode::read));
  read.on_read(error{errc::too_large, "not enough memory"}, false);
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.failure()->code, errc::too_large);
}

TEST(read_operation, nothing_found_asks_the_servers_that_were_not_asked) {
  auto read = an_operation();
  read.on_map(empty_map(true));
  ASSERT_EQ(read.next().what, kind::map);
  EXPECT_TRUE(read.next().ask_all);
  read.on_map(empty_map(false));
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.failure()->code, errc::not_enough_shares);
  EXPECT_EQ(read.failure()->detail, "no server has a share of this file");
}

TEST(read_operation, says_of_which_version_how_many_shares_are_missing_and_which_server_failed) {
  model_grid g(3);
  g.put(0, 0, version(7));
  g.put(1, 1, version(7));
  auto map = g.map({server(2)}, map_mode::read);
  auto read = an_operation();
  read.on_map(map);
  ASSERT_TRUE(read.done());
  const auto& detail = read.failure()->detail;
  for (const auto* words :
       {"no version of this file can be read", "there are 2 shares and 3 are needed", "s2: away"})
    EXPECT_NE(detail.find(words), std::string::npos) << detail;
}

TEST(read_operation, a_stop_ends_it_and_what_comes_later_is_ignored) {
  model_grid g(10);
  g.fill(version(4));
  auto read = an_operation();
  read.stop({errc::cancelled, "the read was stopped"});
  EXPECT_TRUE(read.done());
  read.on_map(g.map({}, map_mode::read));
  read.on_read(std::nullopt, false);
  read.stop({errc::timeout, "later"});
  EXPECT_EQ(read.failure()->code, errc::cancelled);
}

TEST(read_operation, says_once_what_many_servers_answered) {
  servermap map(map_mode::read);
  for (std::uint8_t i = 0; i < 100; ++i)
    map.set_failed(server(i), i < 99 ? "no route to host" : "connection refused");
  auto read = an_operation();
  read.on_map(map);
  ASSERT_TRUE(read.failure());
  const auto& said = read.failure()->detail;
  EXPECT_LT(said.size(), 300U) << said;
  EXPECT_NE(said.find("and 94 more: no route to host"), std::string::npos) << said;
  EXPECT_NE(said.find("s99: connection refused"), std::string::npos) << said;
}

TEST(read_operation, looks_once_more_at_parts_of_several_versions) {
  servermap torn(map_mode::read);
  torn.add_share({server(0), share(0)}, version(4));
  torn.add_share({server(1), share(1)}, version(6));
  for (const auto i : {0, 1})
    torn.set_answered(server(static_cast<std::uint8_t>(i)));
  auto read = an_operation();
  read.on_map(torn);
  ASSERT_EQ(read.next().what, kind::map) << "somebody published meanwhile, and deleted what was older";
  EXPECT_TRUE(read.next().ask_all);
  read.on_map(torn);
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.failure()->code, errc::not_enough_shares);
}

TEST(read_operation, one_version_that_is_asked_for_is_read_though_a_newer_one_is_there) {
  model_grid g(10);
  g.fill(version(4));
  const version_condition only{version(4).sequence, to_hex(version(4).root.view()).substr(0, 8)};
  auto both = g.map({}, map_mode::read);
  for (std::uint8_t i = 0; i < 3; ++i)
    both.add_share({server(i), {static_cast<std::uint8_t>(i + 20)}}, version(5));
  ASSERT_EQ(both.best(), version(5));
  read_operation read(
      {}, [](const server_id&) { return "s"; }, only);
  read.on_map(both);
  ASSERT_EQ(read.next().what, kind::read);
  EXPECT_EQ(read.next().version, version(4));
}

TEST(read_operation, one_version_that_is_gone_is_told_with_the_one_that_is_there) {
  model_grid g(10);
  g.fill(version(5));
  read_operation read(
      {}, [](const server_id&) { return "s"; },
      version_condition{version(4).sequence, to_hex(version(4).root.view())});
  auto some = g.map({}, map_mode::read);
  some.set_not_asked(server(10));
  read.on_map(some);
  ASSERT_EQ(read.next().what, kind::map) << "a server may have it";
  EXPECT_TRUE(read.next().ask_all);
  read.on_map(g.map({}, map_mode::read));
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.failure()->code, errc::uncoordinated_write);
  EXPECT_NE(read.failure()->detail.find("seq 5"), std::string::npos) << read.failure()->detail;

  read_operation lost(
      {}, [](const server_id&) { return "s"; }, version_condition{version(4).sequence, {}});
  lost.on_map(empty_map(false));
  ASSERT_TRUE(lost.done());
  EXPECT_EQ(lost.failure()->code, errc::not_enough_shares) << "no other one is there either";
}
