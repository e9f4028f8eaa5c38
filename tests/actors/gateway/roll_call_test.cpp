#include "truckee/actors/gateway/roll_call.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;

namespace {

messages::introduction here() {
  messages::introduction out;
  out.known = out.reachable = true;
  return out;
}
messages::introduction away() {
  messages::introduction out;
  out.detail = "connection refused";
  return out;
}

} // namespace

TEST(roster, whoever_names_anothers_id_is_left_out) {
  server_id beta;
  beta.data.fill(std::byte{2});
  auto liar = here(), honest = here();
  liar.info.id = honest.info.id = beta;
  const auto found = [&](std::optional<server_id> pinned) {
    return make_roster({{.name = "alpha"}, {.name = "beta", .pinned = pinned}}, {liar, honest});
  };
  // The first in the file's order is not the one that is meant.
  ASSERT_EQ(found(beta).servers->entries().size(), 1U);
  EXPECT_EQ(found(beta).servers->entries()[0].name, "beta");
  ASSERT_EQ(found(beta).left_out.size(), 1U);
  EXPECT_EQ(found(beta).left_out[0].server, "alpha");
  EXPECT_EQ(found(beta).left_out[0].detail, "it has the id of another server");
  // Nobody is pinned: nothing tells which of them lies.
  EXPECT_EQ(found(std::nullopt).servers->entries()[0].name, "alpha");
}

TEST(roll_call, enough_are_enough_and_the_missing_are_named) {
  roll_call who(4, 2);
  EXPECT_FALSE(who.enough());
  who.arrived(3, here());
  who.arrived(1, away());
  EXPECT_FALSE(who.enough()) << "who is away helps nobody";
  who.arrived(0, here());
  EXPECT_TRUE(who.enough());
  EXPECT_FALSE(who.all());
  const auto answers = who.take("too slow");
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(answers[0]->reachable);
  EXPECT_EQ(answers[1]->detail, "connection refused");
  EXPECT_FALSE(answers[2]->known);
  EXPECT_EQ(answers[2]->detail, "too slow");
}

TEST(roll_call, who_wants_all_waits_for_all) {
  roll_call who(3, 0);
  who.arrived(0, here());
  who.arrived(1, here());
  EXPECT_FALSE(who.enough());
  who.arrived(1, here()); // twice
  EXPECT_FALSE(who.all());
  who.arrived(2, fail(errc::timeout, "no answer"));
  EXPECT_TRUE(who.all());
  EXPECT_TRUE(who.enough());
}

TEST(roll_call, all_that_are_away_have_answered_too) {
  roll_call who(2, 2);
  who.arrived(0, away());
  who.arrived(1, away());
  EXPECT_TRUE(who.enough());
  EXPECT_TRUE(roll_call(0, 0).all());
}

TEST(roll_call, says_how_many_servers_an_operation_begins_with) {
  const grid::spread spread{3, 10, 7};
  EXPECT_EQ(servers_to_begin(operation_kind::retrieve, false, spread, 20), 3U);
  EXPECT_EQ(servers_to_begin(operation_kind::publish, true, spread, 20), 7U);
  EXPECT_EQ(servers_to_begin(operation_kind::publish, false, spread, 10), 8U)
      << "two may be away, three could have a version";
  EXPECT_EQ(servers_to_begin(operation_kind::append, false, spread, 8), 7U);
  EXPECT_EQ(servers_to_begin(operation_kind::append, false, {1, 10, 1}, 10), 10U);
  EXPECT_EQ(servers_to_begin(operation_kind::append, false, {200, 255, 1}, 5), 5U)
      << "no more than there are";
  for (const auto kind :
       {operation_kind::check, operation_kind::verify, operation_kind::repair, operation_kind::leases})
    EXPECT_EQ(servers_to_begin(kind, false, spread, 10), 0U) << to_word(kind);
}

TEST(roll_call, only_what_changed_nothing_and_lacked_something_is_done_again) {
  EXPECT_TRUE(may_lack_servers({errc::not_enough_shares, ""}, std::nullopt));
  EXPECT_TRUE(may_lack_servers({errc::not_found, ""}, std::nullopt));
  EXPECT_TRUE(may_lack_servers({errc::not_enough_servers, ""}, effect::not_applied));
  EXPECT_FALSE(may_lack_servers({errc::not_enough_servers, ""}, effect::may_be_applied));
  EXPECT_FALSE(may_lack_servers({errc::timeout, ""}, std::nullopt));
  EXPECT_FALSE(may_lack_servers({errc::cancelled, ""}, effect::not_applied));
}
