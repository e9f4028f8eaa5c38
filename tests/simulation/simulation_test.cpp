#include "simulation/run.hpp"

#include <gtest/gtest.h>
#include <set>

using namespace truckee::simulation;

namespace {

// Sanitizers and counters make a run ten times as long, and look for other things than these tests.
#if TRUCKEE_INSTRUMENTED
constexpr std::uint64_t shorter = 20;
#else
constexpr std::uint64_t shorter = 1;
#endif

void expect_clean(const scenario& s) {
  const auto result = run(s);
  for (const auto& v : result.violations)
    ADD_FAILURE() << v << "\n" << describe(s);
}

} // namespace

// Invariants 1 to 7; ./dev simulate runs more of the same.
TEST(simulation, two_thousand_drawn_seeds_break_no_invariant) {
  for (std::uint64_t seed = 1; seed <= 2000 / shorter; ++seed)
    expect_clean(draw_scenario(seed, 0));
}

// A server that was left had k shares of a newer version: where there are few servers, one may; and one may that a failed publish
// had given all of them (5017897), so nobody is left who is merely as slow as others now and then.
TEST(simulation, seeds_that_found_something_break_no_invariant) {
  for (const std::uint64_t seed : {1017609U, 1025952U, 1034471U, 1053753U, 1056015U, 1060462U, 1062387U,
                                   1075757U, 1081879U, 1083164U, 5017897U})
    expect_clean(draw_scenario(seed, 0));
}

// Invariants 10 and 11 where many appends are the same bytes: what looks like ours may be another's.
TEST(simulation, nothing_is_applied_twice_where_lines_look_alike) {
  for (std::uint64_t seed = 1; seed <= 1000 / shorter; ++seed) {
    auto s = draw_scenario(2'000'000 + seed, 0);
    s.alike = true;
    expect_clean(s);
  }
}

TEST(simulation, a_lone_writer_is_never_told) {
  for (std::uint64_t seed = 1; seed <= 1000 / shorter; ++seed) {
    const auto s = draw_scenario(1'000'000 + seed, 1);
    const auto result = run(s);
    if (s.honest() && s.writer_crash == 0) {
      EXPECT_EQ(result.counts.uncoordinated, 0U) << describe(s);
    }
  }
}

TEST(simulation, the_reference_setting_breaks_no_invariant) {
  for (const std::size_t writers : {2U, 4U, 8U})
    for (std::uint64_t seed = 1; seed <= 200 / shorter; ++seed)
      expect_clean(reference_scenario(seed, writers));
}

// Invariant 8.
TEST(simulation, the_same_seed_gives_the_same_trace) {
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto s = draw_scenario(seed, 0);
    const auto once = run(s).trace;
    EXPECT_EQ(run(s).trace, once) << describe(s);
    traces.insert(once);
  }
  EXPECT_EQ(traces.size(), 200U);
}

// Invariant 9. Where nothing breaks, nothing acknowledged is lost.
TEST(simulation, every_acknowledged_increment_is_in_the_final_value) {
  for (const std::size_t writers : {2U, 3U, 5U})
    for (std::uint64_t seed = 1; seed <= 150 / shorter; ++seed) {
      const auto s = contention_scenario(seed, writers);
      const auto result = run(s);
      EXPECT_EQ(result.counts.acknowledged_lost, 0U) << describe(s);
      EXPECT_EQ(result.counts.versions_lost, 0U) << describe(s);
      EXPECT_EQ(result.counts.may_be_applied, 0U) << describe(s);
      EXPECT_TRUE(result.violations.empty()) << result.violations.front();
    }
}

// What a writer keeps of its last write takes nothing from anybody: where it is stale, it maps as if nothing were kept.
TEST(simulation, writers_that_keep_maps_break_no_invariant) {
  tally kept;
  for (std::uint64_t seed = 1; seed <= 2000 / shorter; ++seed) {
    auto s = draw_scenario(3'000'000 + seed, 0);
    s.overwrites = 1;
    const auto result = run(s);
    kept += result.counts;
    for (const auto& v : result.violations)
      ADD_FAILURE() << v << "\n" << describe(s);
  }
  EXPECT_GT(kept.kept_used, 0U);
  EXPECT_GT(kept.kept_stale, 0U);
}

TEST(simulation, writers_that_keep_maps_lose_no_more_and_are_told_no_more_than_those_that_map) {
  tally kept;
  tally mapped;
  for (const std::size_t writers : {2U, 3U, 5U})
    for (std::uint64_t seed = 1; seed <= 200 / shorter; ++seed) {
      auto s = contention_scenario(seed, writers);
      s.overwrites = 1;
      s.operations = 6;
      s.pause_most = s.start_within;
      const auto result = run(s);
      EXPECT_TRUE(result.violations.empty()) << result.violations.front();
      kept += result.counts;
      s.keeps_maps = false;
      mapped += run(s).counts;
    }
  EXPECT_EQ(mapped.kept_used, 0U);
  EXPECT_GT(kept.kept_used, kept.operations / 20);
  EXPECT_GT(kept.kept_stale, kept.operations / 20);
  EXPECT_LE(kept.acknowledged_lost, mapped.acknowledged_lost);
  EXPECT_LE(kept.uncoordinated, mapped.uncoordinated);
}

TEST(simulation, a_lone_writer_that_keeps_its_map_uses_it_where_nothing_breaks) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto s = contention_scenario(seed, 1);
    s.overwrites = 1;
    s.delay_most = s.delay_least; // nobody is slower than the others
    const auto result = run(s);
    EXPECT_EQ(result.counts.kept_used, s.operations - 1) << describe(s);
    EXPECT_EQ(result.counts.kept_stale, 0U) << describe(s);
  }
}

// Invariants 1, 3, 4, 6, 7, 10, 11 and 12: in the strict order nothing acknowledged is lost and nothing is applied twice, whatever
// breaks but servers that forget.
TEST(simulation, in_the_strict_order_nothing_is_lost) {
  tally all;
  for (std::uint64_t seed = 1; seed <= 2000 / shorter; ++seed) {
    const auto s = strictly(draw_scenario(seed, 0));
    const auto result = run(s);
    all += result.counts;
    for (const auto& v : result.violations)
      ADD_FAILURE() << v << "\n" << describe(s);
  }
  EXPECT_EQ(all.acknowledged_lost, 0U);
  EXPECT_EQ(all.versions_lost, 0U);
  EXPECT_GT(all.acknowledged, all.operations / 4);
  EXPECT_GT(all.collisions, 0U);
  EXPECT_GT(all.may_be_applied, 0U);
}

// Here writers waited for lost answers until the deadline, several times, and then up to half an hour before each next try.
TEST(simulation, in_the_strict_order_every_operation_ends_where_answers_are_lost_again_and_again) {
  for (const std::uint64_t seed :
       {31795U, 1066696U, 1089505U, 1169116U, 1295502U, 1514935U, 1558675U, 1561824U, 1584853U, 1633201U})
    expect_clean(strictly(draw_scenario(seed, 0)));
}

TEST(simulation, in_the_strict_order_nothing_is_lost_in_the_reference_setting) {
  for (const std::size_t writers : {2U, 4U, 8U})
    for (std::uint64_t seed = 1; seed <= 200 / shorter; ++seed)
      expect_clean(strictly(reference_scenario(seed, writers)));
}

TEST(simulation, in_the_strict_order_every_writer_gets_through_where_nothing_breaks) {
  for (const std::size_t writers : {2U, 5U})
    for (std::uint64_t seed = 1; seed <= 100 / shorter; ++seed) {
      const auto s = strictly(contention_scenario(seed, writers));
      const auto result = run(s);
      EXPECT_EQ(result.counts.acknowledged, result.counts.operations) << describe(s);
      EXPECT_TRUE(result.violations.empty()) << result.violations.front();
    }
}

// The tests above prove nothing if nothing ever goes wrong in them.
TEST(simulation, every_kind_of_fault_happens) {
  tally all;
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    all += run(draw_scenario(seed, 0)).counts;
  for (std::size_t i = 0; i < fault_count; ++i)
    EXPECT_GT(all.faults.at(i), 0U) << to_string(static_cast<fault>(i));
  EXPECT_GT(all.acknowledged, 0U);
  EXPECT_GT(all.uncoordinated, 0U);
  EXPECT_GT(all.collisions, 0U);
  EXPECT_GT(all.left_slow, 0U);
  EXPECT_GT(all.hidden, 0U);
  EXPECT_GT(all.rescues, 0U);
}
