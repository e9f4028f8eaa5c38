#include "grid/model_grid.hpp"
#include "truckee/grid/read/map_update.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

map_request request(const model_grid& g, map_mode mode) {
  map_request out;
  out.mode = mode;
  out.servers = g.order;
  out.have_private_key = true;
  return out;
}

map_answer answer_of(const model_grid& g, const server_id& id) {
  map_answer out;
  for (const auto& [number, data] : g.slots.at(id).shares) {
    if (auto v = parse_prefix(data))
      out.good.push_back({number, *v, false});
    else
      out.bad.push_back({number, data, v.error().detail});
  }
  return out;
}

struct walked {
  std::vector<server_id> asked;
  std::size_t in_flight_max = 0;
};

/// Answers everything in the order asked; servers in `failing` fail.
walked drive(map_update& update, const model_grid& g, const std::set<server_id>& failing = {}) {
  walked out;
  std::vector<map_action> open;
  while (!update.done()) {
    for (const auto& action : update.next())
      open.push_back(action);
    out.in_flight_max = std::max(out.in_flight_max, update.servers_in_flight());
    if (open.empty())
      break;
    const auto action = open.front();
    open.erase(open.begin());
    if (action.what != map_action::kind::ask)
      continue;
    out.asked.push_back(action.server);
    if (failing.contains(action.server))
      update.on_failure(action.server, "timeout");
    else
      update.on_answer(action.server, answer_of(g, action.server));
  }
  return out;
}

} // namespace

TEST(map_anything, stops_at_any_recoverable_version) {
  model_grid g(30);
  g.fill(version(1));
  map_update update(request(g, map_mode::anything));
  EXPECT_EQ(drive(update, g).asked.size(), 3U);
  EXPECT_EQ(update.end(), map_end::satisfied);
}

TEST(map_read, asks_2k_first_and_stops_with_2k_answers_and_something_recoverable) {
  model_grid g(30);
  g.fill(version(1));
  map_update update(request(g, map_mode::read));
  EXPECT_EQ(update.next().size(), 6U);
  map_update again(request(g, map_mode::read));
  EXPECT_EQ(drive(again, g).asked.size(), 6U);
}

TEST(map_read, asks_nobody_else_while_the_first_answer_as_one) {
  model_grid g(30);
  g.fill(version(1));
  map_update update(request(g, map_mode::read));
  const auto open = update.next();
  ASSERT_EQ(open.size(), 6U);
  for (const auto& action : open) {
    EXPECT_FALSE(update.done());
    EXPECT_TRUE(update.next().empty());
    update.on_answer(action.server, answer_of(g, action.server));
  }
  EXPECT_TRUE(update.done());
}

TEST(map_read, asks_others_as_soon_as_the_first_may_not_be_enough) {
  model_grid g(30);
  g.fill(version(1));
  const auto asks_on = [&](auto happens) {
    map_update update(request(g, map_mode::read));
    const auto open = update.next();
    update.on_answer(open[0].server, answer_of(g, open[0].server));
    EXPECT_TRUE(update.next().empty());
    happens(update, open[1].server);
    return update.next().size();
  };
  EXPECT_EQ(asks_on([](map_update& x, const server_id& id) { x.on_failure(id, "gone"); }), 1U);
  EXPECT_EQ(asks_on([](map_update& x, const server_id& id) { x.on_answer(id, {}); }), 1U);
  EXPECT_EQ(asks_on([](map_update& x, const server_id& id) {
              x.on_answer(id, {{{share(1), version(2), false}}, {}});
            }),
            1U);
  EXPECT_EQ(asks_on([](map_update& x, const server_id& id) {
              x.on_answer(id, {{}, {{share(1), to_bytes(as_bytes("x")), "rot"}}});
            }),
            1U);
  map_update slow(request(g, map_mode::read));
  const auto open = slow.next();
  for (std::size_t i = 0; i < 3; ++i)
    slow.on_answer(open[i].server, answer_of(g, open[i].server));
  EXPECT_TRUE(slow.waits_for_the_first());
  slow.widen();
  EXPECT_FALSE(slow.waits_for_the_first());
  EXPECT_EQ(slow.next().size(), 2U) << "up to five in flight";
}

TEST(map_read, goes_on_while_a_newer_version_cannot_be_read) {
  model_grid g(30);
  g.fill(version(1));
  g.put(2, 2, version(2));
  map_update update(request(g, map_mode::read));
  EXPECT_EQ(drive(update, g).asked.size(), 30U);
  EXPECT_EQ(update.end(), map_end::all_answered);
  EXPECT_EQ(update.map().best(), version(1));
}

TEST(map_read, keeps_five_in_flight_after_the_first_batch) {
  model_grid g(40);
  map_update update(request(g, map_mode::read));
  auto open = update.next();
  ASSERT_EQ(open.size(), 6U);
  for (const auto& action : open)
    update.on_answer(action.server, {});
  EXPECT_EQ(update.next().size(), 5U);
  EXPECT_EQ(update.servers_in_flight(), 5U);
  EXPECT_TRUE(update.next().empty());
}

TEST(map_write, asks_n_plus_k_first_and_stops_k_empty_servers_after_the_last_holder) {
  model_grid g(40);
  g.fill(version(1));
  map_update update(request(g, map_mode::write));
  auto open = update.next();
  ASSERT_EQ(open.size(), 13U);
  for (std::size_t i = 0; i < 13; ++i) {
    EXPECT_FALSE(update.done()) << i;
    update.on_answer(open[i].server, answer_of(g, open[i].server));
  }
  EXPECT_EQ(update.end(), map_end::satisfied);
}

TEST(map_write, the_count_of_empty_servers_restarts_at_each_holder) {
  model_grid g(40);
  g.fill(version(1));
  g.put(12, 3, version(1));
  map_update update(request(g, map_mode::write));
  EXPECT_GE(drive(update, g).asked.size(), 16U);
  EXPECT_TRUE(update.map().answered(g.order[15]));
}

TEST(map_write, failed_servers_do_not_count_as_empty) {
  model_grid g(40);
  g.fill(version(1));
  map_update update(request(g, map_mode::write));
  drive(update, g, {g.order[10], g.order[11]});
  EXPECT_TRUE(update.map().answered(g.order[14]));
}

TEST(map_write, a_server_with_only_bad_shares_is_neither_holder_nor_empty) {
  model_grid g(40);
  g.fill(version(1));
  g.slots.at(g.order[11]).shares[share(1)] = to_bytes(as_bytes("\x09"));
  map_update update(request(g, map_mode::write));
  drive(update, g);
  EXPECT_TRUE(update.map().answered(g.order[13]));
  EXPECT_EQ(update.map().bad_shares().size(), 1U);
}

TEST(map_write, a_silent_server_before_the_boundary_is_waited_for) {
  model_grid g(40);
  g.fill(version(1));
  map_update update(request(g, map_mode::write));
  for (const auto& action : update.next())
    if (action.server != g.order[4])
      update.on_answer(action.server, answer_of(g, action.server));
  EXPECT_FALSE(update.done());
  update.on_failure(g.order[4], "timeout");
  EXPECT_EQ(update.end(), map_end::satisfied);
}

TEST(map_write, nothing_recoverable_asks_everybody) {
  model_grid g(40);
  g.put(39, 0, version(1));
  map_update update(request(g, map_mode::write));
  EXPECT_EQ(drive(update, g).asked.size(), 40U);
  EXPECT_EQ(update.end(), map_end::all_answered);
}

TEST(map_write, needs_the_private_key_and_tries_share_after_share) {
  model_grid g(20);
  g.fill(version(1));
  auto wish = request(g, map_mode::write);
  wish.have_private_key = false;
  map_update update(wish);
  for (const auto& action : update.next())
    update.on_answer(action.server, answer_of(g, action.server));
  ASSERT_FALSE(update.done());
  const auto first = update.next();
  ASSERT_FALSE(first.empty());
  ASSERT_EQ(first[0].what, map_action::kind::fetch_private_key);
  update.on_private_key(first[0].server, first[0].share, false); // not the right one
  const auto second = update.next();
  ASSERT_FALSE(second.empty());
  EXPECT_EQ(second[0].what, map_action::kind::fetch_private_key);
  EXPECT_NE(second[0].server, first[0].server);
  update.on_private_key(second[0].server, second[0].share, true);
  EXPECT_EQ(update.end(), map_end::satisfied);
  EXPECT_TRUE(update.private_key_found());
}

TEST(map_write, a_key_in_the_first_read_needs_no_second_trip) {
  model_grid g(13);
  g.fill(version(1));
  auto wish = request(g, map_mode::write);
  wish.have_private_key = false;
  map_update update(wish);
  for (const auto& action : update.next()) {
    auto answer = answer_of(g, action.server);
    for (auto& found : answer.good)
      found.private_key_at_hand = true;
    update.on_answer(action.server, answer);
  }
  EXPECT_EQ(update.end(), map_end::satisfied);
}

TEST(map_write, no_right_private_key_anywhere_is_said) {
  model_grid g(4);
  const auto v = version(1, 1, 1, 2);
  g.fill(v);
  for (const auto mode : {map_mode::write, map_mode::repair}) {
    auto wish = request(g, mode);
    wish.have_private_key = false;
    map_update update(wish);
    std::size_t fetched = 0;
    for (int i = 0; i < 50 && !update.done(); ++i)
      for (const auto& action : update.next()) {
        if (action.what == map_action::kind::ask)
          update.on_answer(action.server, answer_of(g, action.server));
        else if (++fetched)
          update.on_private_key(action.server, action.share, false);
      }
    EXPECT_EQ(update.end(), map_end::no_private_key);
    EXPECT_EQ(fetched, 2U);
  }
}

TEST(map_check, asks_all_servers_and_waits_for_all) {
  for (const auto mode : {map_mode::check, map_mode::repair}) {
    model_grid g(70);
    g.fill(version(1));
    map_update update(request(g, mode));
    const auto walk = drive(update, g, {g.order[69]});
    EXPECT_EQ(walk.asked.size(), 70U);
    EXPECT_LE(walk.in_flight_max, grid_limits{}.map_batch_max);
    EXPECT_EQ(update.end(), map_end::all_answered);
    EXPECT_EQ(update.map().servers_failed().size(), 1U);
  }
}

TEST(map_all, servers_already_in_the_map_come_first_and_must_answer) {
  model_grid g(30);
  g.fill(version(1));
  g.put(29, 0, version(1));
  auto wish = request(g, map_mode::anything);
  wish.known.add_share({g.order[29], share(0)}, version(1));
  map_update update(wish);
  const auto open = update.next();
  EXPECT_EQ(open.front().server, g.order[29]);
  for (std::size_t i = 1; i < open.size(); ++i)
    update.on_answer(open[i].server, answer_of(g, open[i].server));
  EXPECT_FALSE(update.done());
  update.on_failure(g.order[29], "gone");
  EXPECT_TRUE(update.done());
}

TEST(map_all, after_a_collision_every_server_is_asked_whatever_the_mode) {
  model_grid g(30);
  g.fill(version(1));
  auto wish = request(g, map_mode::read);
  wish.ask_all = true;
  map_update update(wish);
  EXPECT_EQ(drive(update, g).asked.size(), 30U);
}

TEST(map_all, good_shares_of_a_server_count_although_another_one_is_bad) {
  model_grid g(3);
  const auto v = version(1, 1, 3, 3);
  g.fill(v);
  g.slots.at(g.order[0]).shares[share(2)] = to_bytes(as_bytes("\x09"));
  map_update update(request(g, map_mode::read));
  drive(update, g);
  EXPECT_EQ(update.map().best(), v);
}

TEST(map_all, no_server_at_all_ends_at_once) {
  map_update update(map_request{});
  EXPECT_TRUE(update.done());
}

TEST(map_more, a_reader_that_lacks_shares_asks_more_servers) {
  model_grid g(20);
  g.fill(version(1));
  map_update update(request(g, map_mode::read));
  drive(update, g);
  ASSERT_EQ(update.map().servers_answered().size(), 6U);
  update.mark_bad({g.order[0], share(0)}, as_bytes("x"), "block hash");
  std::size_t rounds = 0;
  while (update.ask_more()) {
    drive(update, g);
    ++rounds;
  }
  EXPECT_EQ(rounds, 3U); // 14 servers, five at a time
  EXPECT_EQ(update.map().servers_answered().size(), 20U);
  EXPECT_EQ(update.map().share_numbers(version(1)).size(), 9U);
}

TEST(map_more, a_server_that_was_silent_when_the_map_was_good_enough_is_asked_again) {
  model_grid g(7);
  g.fill(version(1, 1, 1, 7));
  auto wish = request(g, map_mode::read);
  wish.k = 1;
  map_update update(wish);
  const auto open = update.next();
  ASSERT_EQ(open.size(), 2U);
  update.on_answer(open[1].server, answer_of(g, open[1].server));
  ASSERT_FALSE(update.done()); // one of two answers
  update.widen();
  for (const auto& action : update.next())
    update.on_answer(action.server, answer_of(g, action.server));
  ASSERT_TRUE(update.done());
  EXPECT_FALSE(update.map().answered(open[0].server));
  while (update.ask_more())
    drive(update, g);
  EXPECT_TRUE(update.map().answered(open[0].server));
}

TEST(map_cancel, ends_the_update_for_good) {
  model_grid g(5);
  map_update update(request(g, map_mode::check));
  update.next();
  update.cancel();
  EXPECT_EQ(update.end(), map_end::cancelled);
  EXPECT_TRUE(update.next().empty());
  EXPECT_FALSE(update.ask_more());
}

TEST(map_hostile, an_answer_twice_or_unasked_is_ignored_and_floods_are_cut) {
  model_grid g(2);
  map_update update(request(g, map_mode::check));
  update.on_answer(g.order[1], {{{share(0), version(9), false}}, {}});
  EXPECT_TRUE(update.map().shares().empty());
  update.next();
  map_answer flood;
  for (int i = 0; i < 100'000; ++i)
    flood.bad.push_back({share(static_cast<std::size_t>(i % 256)), {}, "x"});
  update.on_answer(g.order[0], flood);
  EXPECT_LE(update.map().bad_shares().size(), 255U);
}

// -- servers that are much slower than the others --

namespace {

/// Everybody but `silent` has answered.
map_update waiting_for(const model_grid& g, map_request what, const std::set<server_id>& silent) {
  map_update out(std::move(what));
  for (auto actions = out.next(); !actions.empty(); actions = out.next())
    for (const auto& action : actions)
      if (!silent.contains(action.server))
        out.on_answer(action.server, answer_of(g, action.server));
  return out;
}

} // namespace

TEST(map_slow, a_write_map_can_do_without_them_once_a_version_can_be_read) {
  model_grid g(10);
  g.fill(version(1));
  const std::set silent{g.order[2]};
  auto update = waiting_for(g, request(g, map_mode::write), silent);
  ASSERT_FALSE(update.done()) << "it may have what nobody else has";
  EXPECT_EQ(update.dispensable(), silent);
  update.on_failure(g.order[2], "no answer for 0.25 s");
  EXPECT_TRUE(update.done());
  EXPECT_EQ(update.map().servers_failed().at(g.order[2]), "no answer for 0.25 s");
  EXPECT_TRUE(update.dispensable().empty());
}

TEST(map_slow, nobody_is_dispensable_where_nothing_can_be_read_without_them) {
  model_grid g(10);
  for (std::size_t i = 0; i < 2; ++i)
    g.put(i, i, version(1));
  const auto update = waiting_for(g, request(g, map_mode::write), {g.order[9]});
  EXPECT_FALSE(update.done());
  EXPECT_TRUE(update.dispensable().empty());
}

TEST(map_slow, nobody_is_dispensable_where_more_are_silent_than_have_answered) {
  model_grid g(10);
  g.fill(version(1));
  const auto update = waiting_for(g, request(g, map_mode::write), {g.order.begin(), g.order.begin() + 5});
  EXPECT_TRUE(update.dispensable().empty());
}

TEST(map_slow, k_servers_may_have_a_version_that_can_be_read) {
  model_grid g(20);
  g.fill(version(1));
  const auto two = waiting_for(g, request(g, map_mode::write), {g.order[3], g.order[7]});
  EXPECT_EQ(two.dispensable().size(), 2U);
  const auto three = waiting_for(g, request(g, map_mode::write), {g.order[3], g.order[5], g.order[7]});
  EXPECT_TRUE(three.dispensable().empty());
}

TEST(map_slow, one_server_may_have_a_version_that_can_be_read_where_there_are_few_servers) {
  model_grid g(3);
  g.fill(version(1));
  EXPECT_TRUE(waiting_for(g, request(g, map_mode::write), {g.order[1]}).dispensable().empty());
}

TEST(map_slow, one_that_is_silent_may_have_as_many_shares_as_one_that_answered) {
  model_grid g(20);
  g.fill(version(1));
  g.put(0, 1, version(1)); // a second one, as where a server was away
  EXPECT_EQ(waiting_for(g, request(g, map_mode::write), {g.order[3]}).dispensable().size(), 1U);
  EXPECT_TRUE(waiting_for(g, request(g, map_mode::write), {g.order[3], g.order[7]}).dispensable().empty());
}

TEST(map_slow, nobody_is_dispensable_where_a_newer_version_shows) {
  model_grid g(10);
  g.fill(version(1));
  g.put(3, 3, version(2));
  const auto update = waiting_for(g, request(g, map_mode::write), {g.order[9]});
  EXPECT_TRUE(update.dispensable().empty());
}

TEST(map_slow, nobody_is_dispensable_for_a_check_a_repair_or_a_second_look) {
  model_grid g(10);
  g.fill(version(1));
  for (const auto mode : {map_mode::check, map_mode::repair}) {
    const auto update = waiting_for(g, request(g, mode), {g.order[9]});
    EXPECT_FALSE(update.done());
    EXPECT_TRUE(update.dispensable().empty()) << to_string(mode);
  }
  auto again = request(g, map_mode::write);
  again.ask_all = true;
  EXPECT_TRUE(waiting_for(g, again, {g.order[9]}).dispensable().empty());
}
