#include "messages/serialised.hpp"
#include "truckee/messages/caf/door.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace truckee;
using namespace truckee::messages;

TEST(Door, lets_every_type_pass_that_crosses_the_network) {
  ASSERT_EQ(door_types().size(), wire_types.size());
  for (std::size_t i = 0; i < wire_types.size(); ++i) {
    EXPECT_EQ(door_types()[i].name, wire_types[i].name);
    EXPECT_EQ(door_types()[i].number, wire_types[i].number - wire_numbers_begin + first_type_id);
    EXPECT_LT(door_types()[i].name.size() + 4, doors::basp::longest_type_list);
  }
}

TEST(Door, knows_which_types_begin_with_an_actors_handle) {
  std::vector<std::string_view> found;
  for (const auto& each : door_types())
    if (each.names_an_actor)
      found.push_back(each.name);
  EXPECT_EQ(found, (std::vector<std::string_view>{"truckee::messages::progress_listener",
                                                  "truckee::messages::subscribe",
                                                  "truckee::messages::unsubscribe"}));
}

TEST(Door, knows_the_name_of_its_own_node_as_caf_writes_it) {
  test::type_system system;
  const auto rules = door_rules(*system, doors::basp::peer_side::dialler);
  const auto wire = test::to_wire(*system, (*system).node());
  const auto own = as_text(rules.own);
  ASSERT_GE(wire.size(), own.size());
  EXPECT_TRUE(std::equal(rules.own.begin(), rules.own.end(),
                         wire.end() - static_cast<std::ptrdiff_t>(own.size()),
                         [](std::byte a, std::uint8_t b) { return std::to_integer<std::uint8_t>(a) == b; }));
}
