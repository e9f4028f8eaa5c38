#include "truckee/settings/grid_changes.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::settings;

namespace {

constexpr const char* three = "[[server]]\nname = \"a\"\ncaf = \"127.0.0.1:1\"\n"
                              "[[server]]\nname = \"b\"\ncaf = \"127.0.0.1:2\"\n"
                              "[[server]]\nname = \"c\"\ncaf = \"127.0.0.1:3\"\n";

grid_config parse(const std::string& text) {
  return parse_grid_file(text, "/etc/truckee/grid.toml").value();
}

std::string swapped(std::string text, std::string_view old, std::string_view with) {
  return text.replace(text.find(old), old.size(), with);
}

grid_changes between(const std::string& now, const std::string& wanted) {
  return changes_between(parse(now), parse(wanted));
}

using texts = std::vector<std::string>;

} // namespace

TEST(grid_changes, the_same_file_changes_nothing) {
  const auto same = between(three, three);
  EXPECT_TRUE(same.changed.empty());
  EXPECT_TRUE(same.needs_restart.empty());
  EXPECT_EQ(same.in_use, parse(three));
}

TEST(grid_changes, a_server_drains_and_takes_shares_again) {
  const auto drained = swapped(three, "name = \"a\"\n", "name = \"a\"\ndrain = true\npreferred = true\n");
  const auto there = between(three, drained);
  EXPECT_EQ(there.changed, (texts{"server a gets no new shares", "server a is preferred"}));
  EXPECT_TRUE(there.needs_restart.empty());
  EXPECT_EQ(there.in_use, parse(drained));
  EXPECT_EQ(between(drained, three).changed,
            (texts{"server a gets new shares again", "server a is not preferred any more"}));
}

TEST(grid_changes, servers_that_come_go_or_move_wait_for_a_restart_and_say_so_every_time) {
  const auto after = swapped(swapped(three, "127.0.0.1:2", "127.0.0.1:9"),
                             "name = \"c\"\ncaf = \"127.0.0.1:3\"", "name = \"d\"\ncaf = \"127.0.0.1:4\"");
  const auto changes = between(three, after);
  EXPECT_TRUE(changes.changed.empty());
  const texts restart{"[[server]] \"b\" is another one", "[[server]] \"c\" is gone",
                      "[[server]] \"d\" is new"};
  EXPECT_EQ(changes.needs_restart, restart);
  EXPECT_EQ(changes.in_use, parse(three)) << "nothing of it is half in use";
  EXPECT_EQ(changes_between(changes.in_use, parse(after)).needs_restart, restart);
}

TEST(grid_changes, spread_read_only_and_limits_of_the_door_are_taken_on) {
  const auto after = std::string(three) + "[limits]\nheld-bytes = 1048576\noperations = 5\n"
                                          "operations-per-caller = 2\n"
                                          "[encoding]\nneeded = 2\ntotal = 3\n[client]\nread-only = true\n";
  const auto changes = between(three, after);
  EXPECT_EQ(changes.changed, (texts{"new files: 2 of 3, happy with 3", "read-only: no writes are taken",
                                    "[limits] held-bytes 1048576", "[limits] operations 5",
                                    "[limits] operations-per-caller 2"}));
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, parse(after));
  const auto back = between(after, three);
  EXPECT_EQ(back.in_use, parse(three));
  EXPECT_EQ(back.changed.back(), "[limits] operations-per-caller as the program has it");
}

TEST(grid_changes, what_only_a_new_process_takes_on_is_named_by_its_key) {
  const auto after = std::string(three) +
                     "[tls]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n"
                     "[client]\nlease-secret = \"d\"\n[metrics]\nlisten = \"127.0.0.1:1\"\n"
                     "[status]\nlisten = \"127.0.0.1:2\"\n[log]\nlevel = \"debug\"\n"
                     "[limits]\npublish-deadline-seconds = 1\nserver-deadline-seconds = 1\n"
                     "connect-timeout-seconds = 1\nin-flight-bytes = 1048576\nkeys-ready = 1\n";
  const auto changes = between(three, after);
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.needs_restart,
            (texts{"[limits] publish-deadline-seconds", "[limits] server-deadline-seconds",
                   "[limits] connect-timeout-seconds", "[limits] in-flight-bytes", "[limits] keys-ready",
                   "[tls]", "[client] lease-secret", "[metrics]", "[status] listen", "[log]"}));
  EXPECT_EQ(changes.in_use, parse(three));
}
