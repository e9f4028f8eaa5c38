#include "truckee/grid/strict/strict_setting.hpp"

#include "grid/model_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::server;

namespace {

result<strict_setting> made(int k, int n, std::size_t servers, int rounds = 1, int liars = 0) {
  strict_choice choice;
  choice.k = static_cast<std::uint8_t>(k);
  choice.n = static_cast<std::uint8_t>(n);
  for (std::size_t i = 0; i < servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  choice.rounds = static_cast<std::uint8_t>(rounds);
  choice.liars = static_cast<std::uint8_t>(liars);
  return strict_setting::make(std::move(choice));
}

/// H; 0 where there is none.
std::size_t confirming(int k, int n, std::size_t servers, int rounds = 1, int liars = 0) {
  const auto setting = made(k, n, servers, rounds, liars);
  return setting ? setting->confirming() : 0;
}

} // namespace

// The table of the order's description, which an independent model made.
TEST(strict_setting, servers_that_confirm) {
  EXPECT_EQ(confirming(1, 3, 1), 1U);
  EXPECT_EQ(confirming(1, 3, 2), 2U);
  EXPECT_EQ(confirming(1, 3, 3), 3U);
  EXPECT_EQ(confirming(2, 3, 2), 2U);
  EXPECT_EQ(confirming(2, 3, 3), 2U);
  EXPECT_EQ(confirming(2, 4, 3), 2U);
  EXPECT_EQ(confirming(2, 4, 4), 3U);
  EXPECT_EQ(confirming(3, 5, 1), 1U);
  EXPECT_EQ(confirming(3, 5, 2), 2U);
  EXPECT_EQ(confirming(3, 5, 3), 3U);
  EXPECT_EQ(confirming(3, 5, 4), 3U);
  EXPECT_EQ(confirming(3, 5, 5), 3U);
  EXPECT_EQ(confirming(3, 10, 1), 1U);
  EXPECT_EQ(confirming(3, 10, 2), 2U);
  EXPECT_EQ(confirming(3, 10, 3), 3U);
  EXPECT_EQ(confirming(3, 10, 4), 4U);
  EXPECT_EQ(confirming(3, 10, 5), 4U);
  EXPECT_EQ(confirming(3, 10, 10), 8U);
}

TEST(strict_setting, servers_that_confirm_in_two_rounds) {
  EXPECT_EQ(confirming(1, 3, 2, 2), 2U);
  EXPECT_EQ(confirming(1, 3, 3, 2), 2U);
  EXPECT_EQ(confirming(3, 10, 2, 2), 2U);
  EXPECT_EQ(confirming(3, 10, 3, 2), 2U);
  EXPECT_EQ(confirming(3, 10, 4, 2), 3U);
  EXPECT_EQ(confirming(3, 10, 5, 2), 4U);
  EXPECT_EQ(confirming(3, 10, 10, 2), 7U);
}

TEST(strict_setting, servers_that_confirm_where_some_may_lie) {
  EXPECT_EQ(confirming(3, 10, 10, 1, 1), 9U);
  EXPECT_EQ(confirming(3, 10, 10, 1, 2), 10U);
  EXPECT_EQ(confirming(3, 10, 10, 1, 3), 0U);
  EXPECT_EQ(confirming(3, 10, 1, 1, 1), 0U);
}

TEST(strict_setting, servers_that_a_reader_hears) {
  EXPECT_EQ(made(3, 10, 10)->heard_by_readers(), 5U) << "two may be without it, and three give it back";
  EXPECT_EQ(made(3, 10, 10, 1, 1)->heard_by_readers(), 5U);
  EXPECT_EQ(made(1, 3, 3)->heard_by_readers(), 1U);
  EXPECT_EQ(made(3, 10, 10, 2)->heard_by_readers(), 6U);
}

TEST(strict_setting, shares_at_each_place) {
  const auto few = *made(3, 10, 4); // 0 4 8, 1 5 9, 2 6, 3 7
  EXPECT_EQ(few.shares_at(0), 3U);
  EXPECT_EQ(few.shares_at(1), 3U);
  EXPECT_EQ(few.shares_at(2), 2U);
  EXPECT_EQ(few.shares_at(3), 2U);
  EXPECT_EQ(made(2, 4, 3)->shares_at(0), 1U)
      << "never two where one of three servers would then have a version";
  EXPECT_EQ(made(3, 10, 1)->shares_at(0), 10U);
}

TEST(strict_setting, more_servers_than_shares_are_not_used) {
  const auto setting = *made(3, 10, 14);
  EXPECT_EQ(setting.places(), 10U);
  EXPECT_EQ(setting.servers().back(), server(9));
}

TEST(strict_setting, what_cannot_be_kept_is_refused_with_words) {
  const auto refusal = [](const result<strict_setting>& x) { return x ? "taken" : to_string(x.error()); };
  EXPECT_NE(refusal(made(3, 10, 10, 1, 3)).find("fewer liars"), std::string::npos);
  EXPECT_NE(refusal(made(3, 10, 0)).find("there are none"), std::string::npos);
  EXPECT_NE(refusal(made(0, 10, 5)).find("1 <= k"), std::string::npos);
  EXPECT_NE(refusal(made(11, 10, 5)).find("1 <= k"), std::string::npos);
  EXPECT_NE(refusal(made(3, 10, 10, 3)).find("1 or 2"), std::string::npos);
  EXPECT_NE(refusal(made(3, 10, 10, 2, 1)).find("rounds = 1"), std::string::npos);
  strict_choice twice;
  twice.servers = {server(1), server(1)};
  EXPECT_NE(refusal(strict_setting::make(twice)).find("twice"), std::string::npos);
}

// Two sets of H servers, each without liars, share enough of them for k shares; and H servers give a version back.
TEST(strict_setting, any_two_confirmed_versions_met) {
  for (int n = 1; n <= 16; ++n)
    for (int k = 1; k <= n; ++k)
      for (std::size_t m = 1; m <= 16; ++m)
        for (int liars = 0; liars <= 2; ++liars) {
          const auto setting = made(k, n, m, 1, liars);
          if (!setting)
            continue;
          const auto h = setting->confirming();
          ASSERT_LE(h, setting->places());
          std::vector<std::size_t> held;
          for (std::size_t place = 0; place < setting->places(); ++place)
            held.push_back(setting->shares_at(place));
          std::ranges::sort(held);
          // The most shares that servers without the version can have, with those that lie, and the fewest of those with it.
          std::size_t without = 0;
          std::size_t with = 0;
          for (std::size_t i = 0;
               i < setting->places() - h + static_cast<std::size_t>(liars) && i < held.size(); ++i)
            without += held[held.size() - 1 - i];
          for (std::size_t i = 0; i + static_cast<std::size_t>(liars) < h; ++i)
            with += held[i];
          EXPECT_LT(without, static_cast<std::size_t>(k)) << k << " of " << n << " on " << m;
          EXPECT_GE(with, static_cast<std::size_t>(k)) << k << " of " << n << " on " << m;
        }
}
