#include "truckee/grid/file/confirmation.hpp"

#include "grid/model_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::server;
using truckee::test::share;
using truckee::test::version;

namespace {

/// 3 of 10 on ten servers, H = 8: share i on server i, for the first `holders` servers; the first `heard` have answered.
slot_map seen(std::size_t heard, std::initializer_list<std::pair<std::size_t, file_version>> what) {
  strict_choice choice{3, 10, {}, 0, 1};
  for (std::size_t i = 0; i < 10; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  slot_map out(strict_setting::make(std::move(choice)).value());
  for (std::size_t i = 0; i < heard; ++i) {
    slot_contents slot;
    std::size_t number = i;
    for (const auto& [holders, which] : what)
      if (i < holders)
        slot[share(number++)] = sealed_share{which, {}};
    out.know(server(static_cast<std::uint8_t>(i)), std::move(slot));
  }
  return out;
}

using kind = confirmation_step::kind;

} // namespace

TEST(confirmation, a_version_on_enough_servers_is_read_at_once) {
  confirmation read(false);
  const auto step = read.on_map(seen(10, {{8, version(3)}}));
  EXPECT_EQ(step.what, kind::read);
  EXPECT_EQ(step.version, version(3));
}

TEST(confirmation, a_newer_one_that_can_be_read_and_never_be_confirmed_is_passed_over) {
  confirmation read(false);
  // Three show it, none is away: five more never took it.
  const auto step = read.on_map(seen(10, {{10, version(3)}, {3, version(4)}}));
  EXPECT_EQ(step.what, kind::read);
  EXPECT_EQ(step.version, version(3)) << "a dead writer's version is seen by one reader and not by the next";
}

TEST(confirmation, who_cannot_write_looks_three_times_and_gives_up) {
  confirmation read(false);
  const auto unclear = seen(10, {{7, version(3)}});
  EXPECT_EQ(read.on_map(unclear).what, kind::look_again);
  EXPECT_EQ(read.on_map(unclear).what, kind::look_again);
  EXPECT_EQ(read.on_map(unclear).what, kind::give_up);
}

TEST(confirmation, who_can_write_publishes_it_once_more_but_not_for_ever) {
  confirmation read(true);
  const auto unclear = seen(10, {{7, version(3)}});
  for (std::uint32_t renewal = 0; renewal < confirmation::renewals_max; ++renewal) {
    EXPECT_EQ(read.on_map(unclear).what, kind::look_again);
    EXPECT_EQ(read.on_map(unclear).what, kind::look_again);
    EXPECT_EQ(read.on_map(unclear).what, kind::renew);
  }
  read.on_map(unclear);
  read.on_map(unclear);
  EXPECT_EQ(read.on_map(unclear).what, kind::give_up);
}

TEST(confirmation, it_looks_for_the_confirmed_version_and_not_at_its_base) {
  confirmation read(true);
  // The base is on eight, and a newer version may be on the two that do not answer and on six that showed it.
  EXPECT_EQ(read.on_map(seen(8, {{8, version(3)}, {6, version(4)}})).what, kind::look_again);
}

TEST(confirmation, nothing_is_published_while_too_few_answer) {
  confirmation read(true);
  const auto few = seen(7, {{7, version(3)}});
  read.on_map(few);
  read.on_map(few);
  EXPECT_EQ(read.on_map(few).what, kind::give_up);
}
