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

TEST(grid_changes, servers_come_go_and_move) {
  const auto after = swapped(swapped(three, "127.0.0.1:2", "127.0.0.1:9"),
                             "name = \"c\"\ncaf = \"127.0.0.1:3\"", "name = \"d\"\ncaf = \"127.0.0.1:4\"");
  const auto changes = between(three, after);
  EXPECT_EQ(changes.changed, (texts{"server b is another one", "server c is gone", "server d is new"}));
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, parse(after));
}

TEST(grid_changes, a_server_with_another_id_is_another_one) {
  const auto pinned =
      swapped(three, "name = \"a\"\n", "name = \"a\"\nid = \"ot7v3kxzdpwqtzkm2zgkzwpsdyxjc2d6\"\n");
  EXPECT_EQ(between(three, pinned).changed, texts{"server a is another one"});
}

TEST(grid_changes, a_folder_of_this_process_keeps_its_servers_name_while_it_runs) {
  const std::string two = "[[server]]\nname = \"a\"\ndirectory = \"x\"\n[[server]]\nname = \"b\"\n"
                          "directory = \"y\"\n";
  const auto changes = between(two, swapped(two, "name = \"a\"", "name = \"c\""));
  EXPECT_EQ(changes.needs_restart,
            texts{"[[server]] \"c\" has the folder of \"a\"; servers stay as they are"});
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.in_use, parse(two)) << "nothing of it is half in use";
}

TEST(grid_changes, spread_read_only_and_limits_are_taken_on) {
  const auto after = std::string(three) + "[limits]\nheld-bytes = 1048576\noperations = 5\n"
                                          "operations-per-caller = 2\npublish-deadline-seconds = 9\n"
                                          "[encoding]\nneeded = 2\ntotal = 3\n[client]\nread-only = true\n";
  const auto changes = between(three, after);
  EXPECT_EQ(changes.changed,
            (texts{"new files: 2 of 3, happy with 3", "read-only: no writes are taken",
                   "[limits] held-bytes 1048576", "[limits] operations 5", "[limits] operations-per-caller 2",
                   "[limits] publish-deadline-seconds 9"}));
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, parse(after));
  const auto back = between(after, three);
  EXPECT_EQ(back.in_use, parse(three));
  EXPECT_EQ(back.changed.back(), "[limits] publish-deadline-seconds as the program has it");
}

TEST(grid_changes, what_only_a_new_process_takes_on_is_named_by_its_key) {
  const auto after =
      std::string(three) +
      "[tls]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n"
      "[client]\nlease-secret = \"d\"\n[metrics]\nlisten = \"127.0.0.1:1\"\n"
      "[status]\nlisten = \"127.0.0.1:2\"\n[http]\nlisten = \"127.0.0.1:3\"\n[log]\nlevel = \"debug\"\n";
  const auto changes = between(three, after);
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.needs_restart,
            (texts{"[tls]", "[client] lease-secret", "[metrics]", "[status] listen", "[http]", "[log]"}));
  EXPECT_EQ(changes.in_use, parse(three));
}

TEST(grid_changes, other_tls_files_are_taken_on_but_not_whether_there_is_tls) {
  const auto tls = [](const std::string& name) {
    return std::string(three) + "[tls]\nca = \"ca\"\ncertificate = \"" + name + "\"\nkey = \"key\"\n";
  };
  const auto changes = between(tls("a"), tls("b"));
  EXPECT_EQ(changes.changed, texts{"[tls] names other files"});
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, parse(tls("b")));
  const auto without = between(tls("a"), three);
  EXPECT_EQ(without.needs_restart, texts{"[tls]"});
  EXPECT_EQ(without.in_use, parse(tls("a")));
}

TEST(grid_changes, links_are_made_anew_for_their_own_limits_only) {
  for (const auto& key : limit_keys) {
    limit_settings one;
    set_limit(one, key, key.most);
    EXPECT_EQ(limit_in(one, key), key.most) << key.name;
    EXPECT_EQ(same_link_limits({}, one), key.name != "connect-timeout-seconds" &&
                                             key.name != "reconnect-seconds" && key.name != "link-bytes")
        << key.name;
  }
}

TEST(grid_changes, a_limit_is_set_by_its_name_within_its_bounds) {
  limit_settings x;
  EXPECT_TRUE(set_limit(x, "keys-ready", 0));
  EXPECT_EQ(x.keys_ready, 0U);
  EXPECT_TRUE(set_limit(x, "keys-ready", std::nullopt));
  EXPECT_EQ(x, limit_settings{});
  const auto beyond = set_limit(x, "held-bytes", 5);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().detail, "[limits] held-bytes is 5; expected 1048576 to 1099511627776");
  const auto unknown = set_limit(x, "wishes", 3);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().detail.find("[limits] has no wishes; expected one of connect-timeout-seconds, "),
            std::string::npos);
  EXPECT_EQ(x, limit_settings{});
}

TEST(grid_changes, an_exchange_of_servers_begins_changes_sides_and_ends) {
  const auto grid = [](const std::string& more) {
    std::string out =
        "[publish]\norder = \"strict\"\n" + more + "[encoding]\nneeded = 1\ntotal = 2\nhappy = 1\n";
    for (const char name : {'a', 'b', 'c'})
      out += std::string("[[server]]\nname = \"") + name + "\"\ncaf = \"127.0.0.1:" + std::to_string(name) +
             "\"\nid = \"" + std::string(31, name) + "a\"\n" +
             (name == 'c' ? "permutation-seed = \"" + std::string(31, 'b') + "a\"\n" : "");
    return out;
  };
  const std::string both = "leaving = \"b\"\ncoming = \"c\"\n";
  const auto begun = between(grid(""), grid(both));
  EXPECT_EQ(begun.changed, texts{"server c comes for b, and b's side decides"});
  EXPECT_EQ(begun.in_use, parse(grid(both)));
  EXPECT_EQ(between(grid(both), grid(both + "decides = \"new\"\n")).changed,
            texts{"server c comes for b, and c's side decides"});
  EXPECT_EQ(between(grid(both), grid("")).changed, texts{"no server is exchanged any more"});
}
