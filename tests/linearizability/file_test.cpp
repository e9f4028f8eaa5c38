#include "linearizability/file_histories.hpp"

#include <gtest/gtest.h>

using namespace truckee::test;

namespace {

using kind = file_operation::kind;

file_operation publish(std::uint64_t began, std::uint64_t ended, int line) {
  return {{began, ended}, kind::publish, line, {}};
}
file_operation modify(std::uint64_t began, std::uint64_t ended, int line) {
  return {{began, ended}, kind::modify, line, {}};
}
file_operation read(std::uint64_t began, std::uint64_t ended, file_content seen) {
  return {{began, ended}, kind::read, 0, std::move(seen)};
}
bool explained(std::vector<file_operation> all) {
  return file_history(std::move(all)).linearizable();
}

constexpr auto never = operation_times::never;

} // namespace

TEST(file_linearizability, an_order_is_found_where_there_is_one) {
  EXPECT_TRUE(explained({}));
  EXPECT_TRUE(explained({modify(1, 4, 1), modify(2, 3, 2), read(5, 6, {2, 1})}));
  EXPECT_TRUE(explained({modify(1, 2, 1), publish(3, 6, 2), read(4, 5, {1}), read(7, 8, {2})}));
  EXPECT_TRUE(explained({modify(1, never, 1), read(2, 3, {}), read(4, 5, {1})})) << "it took effect late";
  EXPECT_TRUE(explained({modify(1, never, 1), modify(2, 3, 2), read(4, 5, {2})})) << "or never";
}

TEST(file_linearizability, what_no_order_explains_is_refused) {
  EXPECT_FALSE(explained({modify(1, 2, 1), read(3, 4, {})})) << "an acknowledged line is lost";
  EXPECT_FALSE(explained({modify(1, 2, 1), read(3, 4, {1, 1})})) << "it is there twice";
  EXPECT_FALSE(explained({modify(1, 9, 1), read(2, 3, {1}), read(4, 5, {})})) << "a read goes back";
  EXPECT_FALSE(explained({modify(1, 2, 1), modify(3, 4, 2), read(5, 6, {2, 1})})) << "in another order";
  EXPECT_FALSE(explained({publish(1, 2, 1), modify(3, 4, 2), read(5, 6, {2})}))
      << "what it was put on is gone";
  EXPECT_FALSE(explained({read(1, 2, {7})})) << "nobody wrote it";
  EXPECT_FALSE(explained({read(1, 2, {7}), modify(3, never, 7)})) << "before it was asked for";
}

TEST(file_linearizability, published_updates_and_confirmed_reads_have_an_order) {
  const auto seen = histories(1, 1000);
  EXPECT_EQ(seen.unexplained, 0U) << "first seed " << seen.seeds.front();
  EXPECT_LE(seen.again, 1U)
      << "of unconfirmed versions; each append that was written over as a whole came again once: 6";
  EXPECT_TRUE(seen.broken.empty()) << seen.broken.front();
  EXPECT_GT(seen.published, 500U);
  EXPECT_GT(seen.modified, 2000U);
  EXPECT_GT(seen.read, 3000U);
  EXPECT_GT(seen.unknown, 500U);
  EXPECT_GT(seen.renewed, 50U);
  EXPECT_GT(seen.barriers, 500U);
  EXPECT_GT(seen.overlapping, 10'000U);
}

TEST(file_linearizability, neighbouring_stages_of_an_exchange_have_an_order_together) {
  for (const auto& [stage, beside] : {std::pair(1, 2), {2, 3}, {3, 4}}) {
    const auto seen = histories(1, 400, {.stage = stage, .beside = beside});
    EXPECT_EQ(seen.unexplained, 0U) << stage << " and " << beside << ", first seed " << seen.seeds.front();
    EXPECT_TRUE(seen.broken.empty()) << seen.broken.front();
    EXPECT_GT(seen.modified, 500U);
    EXPECT_GT(seen.read, 500U);
  }
}

TEST(file_linearizability, stages_that_are_not_neighbours_have_none) {
  for (const auto& [stage, beside] : {std::pair(1, 3), {2, 4}, {1, 4}}) {
    bool found = false;
    for (std::uint64_t seed = 1; seed <= 400 && !found; ++seed) // that there is none takes long to see
      found = one_history(seed, {.stage = stage, .beside = beside}).unexplained > 0;
    EXPECT_TRUE(found) << stage << " and " << beside;
  }
}

TEST(file_linearizability, reads_that_are_not_confirmed_are_found_out) {
  EXPECT_GT(histories(1, 1000, {.plain_reads = true}).unexplained, 3U);
}
